"""A register and a second source of the same people, with the mistakes that sources make.

Five in a hundred values are wrong or missing; some people of the source are not known, among them namesakes
in the same town and relatives in the same practice.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from apps.workspace.demo import people as demo

NOISE = 0.05
UNKNOWN_SHARE = 0.15
TWO_PRACTICES = 0.12


@dataclass(frozen=True)
class Person:
    id: int | None  # None: not on file
    first_name: str
    last_name: str
    gender: str
    street: str
    plz: str
    email: str
    phone: str


def draw_known(seed: int, count: int) -> list[Person]:
    """People at practices of one to five; practices share street, number and often the mailbox."""
    rng = random.Random(seed)
    found: list[Person] = []
    while len(found) < count:
        address, phone = demo.random_address(rng, rng.choice(demo.REGIONS)), _phone(rng)
        shared = f"praxis{rng.randrange(10**9)}@example.org" if rng.random() < 0.4 else ""
        for _ in range(rng.choice((1, 1, 1, 1, 2, 2, 3, 5))):
            found.append(_person(rng, len(found), address, phone, shared))
    return found[:count]


def _person(rng: random.Random, pk: int | None, address: demo.Address, phone: str, mailbox: str) -> Person:
    name = demo.random_name(rng, rng.choice(("female", "female", "male")), rng.randrange(1955, 1995))
    own = f"{rng.randrange(10**9)}@example.com" if rng.random() < 0.5 else ""
    number = phone if rng.random() < 0.6 else _phone(rng)
    return Person(pk, name.first, name.last, name.gender, address.street, address.plz, mailbox or own, number)


def draw_source(seed: int, known: list[Person]) -> list[Person]:
    """What the second source shows; `id` says who it really is."""
    rng = random.Random(seed)
    shown = [_with_noise(rng, person) for person in known]
    return shown + [_stranger(rng, rng.choice(known)) for _ in range(int(len(known) * UNKNOWN_SHARE))]


def _stranger(rng: random.Random, near: Person) -> Person:
    """Somebody not on file: anybody, a namesake in the same town, a colleague or relative next door."""
    address = demo.random_address(rng, rng.choice(demo.REGIONS))
    person = _person(rng, None, address, _phone(rng), "")
    kind = rng.random()
    if kind < 0.03:  # a namesake in the same PLZ: rare, but there are such
        return replace(person, first_name=near.first_name, last_name=near.last_name, plz=near.plz)
    if kind < 0.15:  # a namesake elsewhere
        return replace(person, first_name=near.first_name, last_name=near.last_name)
    if kind < 0.35:  # a colleague in the same practice
        return replace(person, street=near.street, plz=near.plz, phone=near.phone, email=near.email)
    if kind < 0.40:  # husband or daughter, with the same last name in the same practice
        relative = replace(person, last_name=near.last_name, street=near.street, plz=near.plz)
        return replace(relative, phone=near.phone) if relative.first_name != near.first_name else person
    return person


def _with_noise(rng: random.Random, person: Person) -> Person:
    for change in MISTAKES:
        if rng.random() < NOISE:
            person = change(rng, person)
    return person


def _phone(rng: random.Random) -> str:
    return f"+49{rng.randrange(10**9, 10**10)}"


def _slip(rng: random.Random, text: str) -> str:
    at = rng.randrange(1, max(len(text), 2))
    letter = rng.choice("abcdefghijklmnoprstuvwz")
    forms = (text[:at] + text[at + 1 :], text[:at] + letter + text[at:], text[:at] + letter + text[at + 1 :])
    return rng.choice(forms)


def _slip_in_name(rng: random.Random, person: Person) -> Person:
    if rng.random() < 0.5:
        return replace(person, last_name=_slip(rng, person.last_name))
    return replace(person, first_name=_slip(rng, person.first_name))


def _other_name(rng: random.Random, person: Person) -> Person:
    form = rng.randrange(6)
    if form == 0:
        return replace(person, first_name=f"{person.first_name[0]}.")
    if form == 1:
        return replace(person, first_name=f"{person.first_name} {rng.choice(('Maria', 'Paul', 'Anna'))}")
    if form == 2:
        return replace(person, last_name=f"{person.last_name}-{rng.choice(('Schmidt', 'Lang', 'Vogt'))}")
    if form == 3:
        umlauts = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
        return replace(person, last_name=person.last_name.translate(umlauts))
    if form == 4:
        return replace(person, last_name=rng.choice(("Kranz", "Ostmann", "Brandl")))
    return replace(person, last_name=person.last_name.upper())


def _moved(rng: random.Random, person: Person) -> Person:
    address = demo.random_address(rng, rng.choice(demo.REGIONS))
    return replace(person, street=address.street, plz=address.plz)


MISTAKES: tuple[Callable[[random.Random, Person], Person], ...] = (
    _slip_in_name,
    _other_name,
    _moved,
    lambda rng, person: replace(person, street=f"{person.street} (Hinterhaus)"),
    lambda rng, person: replace(person, street=""),
    lambda rng, person: replace(person, email=""),
    lambda rng, person: replace(person, email=f"{rng.randrange(10**9)}@example.net"),
    lambda rng, person: replace(person, phone=""),
    lambda rng, person: replace(person, phone=_phone(rng)),
    lambda rng, person: replace(person, gender=""),
)
