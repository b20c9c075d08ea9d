"""Invented but believable people for the demonstration: names, addresses, numbers.

Pure: every function draws from the `random.Random` it is given, so the same seed gives the same people.
No phone number can reach anybody and no e-mail address can receive anything (facts/README.md says why).
"""

import random
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import TypeVar

from apps.workspace.demo import facts

REGIONS = ("saxony", "franconia", "rhineland")
PARTICLES = ("von", "von", "von", "von der", "zu", "von und zu")
SPECIAL_LETTERS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ı": "i", "ł": "l", "đ": "d", "ø": "o", "'": ""}
)
EMAIL_DOMAINS = ("example.org", "example.com", "post.example", "mail.example")
CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without the look-alikes I, O, 0 and 1
UNIQUE_TRIES = 10_000

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Name:
    """`gender` is male or female even for people who state neither; `languages` are ISO 639-1 codes."""

    first: str
    last: str
    gender: str
    origin: str
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Address:
    """An invented house in a real town; the point lies within about 1 km of the middle of the PLZ."""

    street: str
    plz: str
    city: str
    state: str
    latitude: float
    longitude: float


def random_name(rng: random.Random, gender: str, birth_year: int, origin: str | None = None) -> Name:
    """`gender`: male or female, anything else draws one of the two sorts of first names."""
    sort = gender if gender in ("male", "female") else rng.choice(("male", "female"))
    row = _origin(rng, origin)
    first = by_rank(rng, _first_names(row["origin"], sort, birth_year))
    last = _last_name(rng, row["origin"], sort, birth_year)
    return Name(first, last, sort, row["origin"], _languages(rng, row))


def _origin(rng: random.Random, wanted: str | None) -> dict[str, str]:
    rows = facts.table("origins")
    if wanted is not None:
        return next(row for row in rows if row["origin"] == wanted)
    return weighted(rng, rows, [float(row["weight"]) for row in rows])


def _languages(rng: random.Random, origin: dict[str, str]) -> tuple[str, ...]:
    speaks = origin["language"] and rng.random() * 100 < float(origin["language_share"])
    return ("de", origin["language"]) if speaks else ("de",)


def _first_names(origin: str, gender: str, birth_year: int) -> list[str]:
    if origin != "german":
        return facts.words("first_names", origin, gender)
    decade = min(max(birth_year // 10 * 10, 1930), 2010)
    return facts.words("first_names", "german", gender, str(decade))


def _last_name(rng: random.Random, origin: str, gender: str, birth_year: int) -> str:
    if origin == "german" and rng.random() < 0.008:
        return f"{rng.choice(PARTICLES)} {rng.choice(facts.words('last_names', 'noble'))}"
    # Some carry a spouse's name of another origin.
    source = "german" if birth_year < 2000 and rng.random() < 0.05 else origin
    last = _one_last_name(rng, source, gender)
    is_double = birth_year < 2005 and rng.random() < (0.07 if gender == "female" else 0.015)
    if is_double and (second := _one_last_name(rng, "german", gender)) != last:
        return f"{last}-{second}"
    return last


def _one_last_name(rng: random.Random, origin: str, gender: str) -> str:
    forms = by_rank(rng, facts.words("last_names", origin)).split("/")
    return forms[-1] if gender == "female" else forms[0]


def random_birth_date(rng: random.Random, *, age: int, today: date) -> date:
    """A birthday that makes somebody `age` years old on `today`."""
    year = today.year - age
    latest = date(year, today.month, min(today.day, 28))
    return latest - timedelta(days=rng.randrange(360))


@cache
def _postal_codes(region: str) -> list[dict[str, str]]:
    cities = {row["city"] for row in facts.table("towns") if row["region"] == region}
    return [
        row for row in facts.table("postal_codes_de", facts.GEOCODING_DATA) if row["place_name"] in cities
    ]


def random_address(rng: random.Random, region: str, city: str | None = None) -> Address:
    """An address in one of `REGIONS`, in `city` if given. Large towns have more codes and so more people."""
    rows = [row for row in _postal_codes(region) if city in (None, row["place_name"])]
    row = rng.choice(rows)
    return Address(
        street=f"{rng.choice(facts.lines('streets'))} {random_house_number(rng)}",
        plz=row["plz"],
        city=row["place_name"],
        state=row["state"],
        latitude=round(float(row["latitude"]) + rng.uniform(-0.008, 0.008), 5),
        longitude=round(float(row["longitude"]) + rng.uniform(-0.012, 0.012), 5),
    )


def random_house_number(rng: random.Random) -> str:
    """Mostly small numbers, now and then with a letter."""
    number = 1 + int(rng.expovariate(1 / 28)) % 160
    return f"{number}{rng.choice('abc')}" if rng.random() < 0.1 else str(number)


@cache
def _reserved_numbers(kind: str) -> dict[str, list[tuple[str, int]]]:
    """Town ("" for mobiles) → blocks of (prefix, free digits)."""
    blocks: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for row in facts.table("reserved_phones"):
        if row["kind"] == kind:
            blocks[row["city"]].append((row["prefix"], int(row["digits"])))
    return dict(blocks)


def random_landline(rng: random.Random, city: str) -> str:
    """A number nobody has: from the town's reserved block, else its area code and 0000."""
    reserved = _reserved_numbers("landline")
    if city in reserved:
        return _number_from(rng, reserved[city])
    area_code = next((row["area_code"] for row in facts.table("towns") if row["city"] == city), None)
    if area_code is None:
        return _number_from(rng, [block for blocks in reserved.values() for block in blocks])
    return f"{area_code} 0000{rng.randrange(1000):03d}"


def random_mobile(rng: random.Random) -> str:
    """One of the 210 mobile numbers reserved for media; repeats are to be expected among many people."""
    return _number_from(rng, _reserved_numbers("mobile")[""])


def _number_from(rng: random.Random, blocks: Sequence[tuple[str, int]]) -> str:
    prefix, digits = weighted(rng, blocks, [10.0**digits for _prefix, digits in blocks])
    return f"{prefix}{rng.randrange(10**digits):0{digits}d}" if digits else prefix


def random_email(rng: random.Random, name: Name) -> str:
    """A private address at a domain reserved for examples."""
    first, last = slug(name.first), slug(name.last)
    local = rng.choice((f"{first}.{last}", f"{first}.{last}", f"{first[0]}.{last}", f"{first}{last}"))
    number = str(rng.randrange(1, 100)) if rng.random() < 0.3 else ""
    return f"{local}{number}@{rng.choice(EMAIL_DOMAINS)}"


def random_kvnr(rng: random.Random) -> str:
    """A letter and nine digits with the right check digit."""
    body = f"{rng.choice('ABCDEFGHIJKLMNOPQRSTUVWXYZ')}{rng.randrange(10**8):08d}"
    return body + str(_check_digit(body))


def _check_digit(body: str) -> int:
    digits = f"{ord(body[0]) - ord('A') + 1:02d}{body[1:]}"
    products = (int(digit) * (1 if position % 2 == 0 else 2) for position, digit in enumerate(digits))
    return sum(product // 10 + product % 10 for product in products) % 10


def random_referral_code(rng: random.Random) -> str:
    """A Vermittlungscode in its printed form, e.g. K7MQ-4XRA-22ZD."""
    return "-".join("".join(rng.choices(CODE_LETTERS, k=4)) for _block in range(3))


def random_insurer(rng: random.Random, kind: str) -> str | None:
    """The name of an insurer of one kind (gkv, pkv, beihilfe), by size; None where the kind has none."""
    rows = [row for row in facts.table("insurers") if row["kind"] == kind]
    return weighted(rng, rows, [float(row["weight"]) for row in rows])["name"] if rows else None


def fresh(draw: Callable[[], str], taken: set[str]) -> str:
    """A value not yet in `taken`, to which it is added. Raises RuntimeError when all seem used up."""
    for _attempt in range(UNIQUE_TRIES):
        if (value := draw()) not in taken:
            taken.add(value)
            return value
    raise RuntimeError(f"no unused value after {UNIQUE_TRIES} draws")


def slug(text: str) -> str:
    """ASCII letters, digits and single hyphens, for e-mail addresses and web sites."""
    folded = unicodedata.normalize("NFKD", text.lower().translate(SPECIAL_LETTERS))
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in plain).split())


def by_rank(rng: random.Random, names: Sequence[str]) -> str:
    """Draw from a list sorted by frequency: the first is about four times as likely as the tenth."""
    return weighted(rng, names, [1 / (rank + 3) for rank in range(len(names))])


def weighted(rng: random.Random, items: Sequence[Item], weights: Sequence[float]) -> Item:
    return rng.choices(items, weights)[0]
