import random
import re
from datetime import date
from itertools import pairwise

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.geocoding.distance import haversine_km
from apps.workspace.demo import facts, people
from apps.workspace.demo.people import (
    REGIONS,
    fresh,
    random_address,
    random_birth_date,
    random_email,
    random_house_number,
    random_insurer,
    random_kvnr,
    random_landline,
    random_mobile,
    random_name,
    random_referral_code,
    slug,
)

seeds = st.integers(0, 2**32)


def rng(seed: int = 7) -> random.Random:
    return random.Random(seed)


def crowd(size: int, gender: str = "female", birth_year: int = 1985) -> list[people.Name]:
    source = rng()
    return [random_name(source, gender, birth_year) for _person in range(size)]


@given(seeds, st.sampled_from(["male", "female", "diverse", "not_stated"]), st.integers(1925, 2021))
def test_random_name_is_whole(seed: int, gender: str, birth_year: int) -> None:
    name = random_name(rng(seed), gender, birth_year)
    assert name.first.strip() == name.first != ""
    assert name.last.strip() == name.last != ""
    assert name.gender in ("male", "female")
    assert name.gender == gender or gender in ("diverse", "not_stated")
    assert name.languages[0] == "de"
    assert not {"/", ","} & set(name.first + name.last)


def test_random_name_same_seed_same_people() -> None:
    assert crowd(50) == crowd(50)
    assert len({(name.first, name.last) for name in crowd(200)}) > 150


def test_random_name_shares_of_origin_are_realistic() -> None:
    names = crowd(4000)
    share = {origin: sum(name.origin == origin for name in names) / 4000 for origin in ("german", "turkish")}
    assert 0.70 < share["german"] < 0.79
    assert 0.035 < share["turkish"] < 0.075
    assert 0.03 < sum("-" in name.last for name in names) / 4000 < 0.11
    assert any(name.last.startswith("von ") for name in names)


def test_random_name_first_names_follow_the_decade() -> None:
    def first_names(birth_year: int) -> set[str]:
        return {name.first for name in crowd(400, "male", birth_year) if name.origin == "german"}

    assert "Günter" in first_names(1936)
    assert not first_names(1936) & first_names(2012) - {"Karl", "Kurt"}


def test_random_name_of_a_wanted_origin_takes_the_womans_form() -> None:
    source = rng()
    names = [random_name(source, "female", 2006, "polish") for _person in range(100)]
    assert {name.origin for name in names} == {"polish"}
    assert "Kowalska" in {name.last for name in names}
    assert not any(name.last.endswith("ski") for name in names)


@given(seeds, st.integers(0, 95), st.dates(date(2024, 1, 1), date(2030, 12, 31)))
def test_random_birth_date_gives_exactly_that_age(seed: int, age: int, today: date) -> None:
    born = random_birth_date(rng(seed), age=age, today=today)
    had_birthday = (today.month, today.day) >= (born.month, born.day)
    assert today.year - born.year - (not had_birthday) == age


@given(seeds, st.sampled_from(REGIONS))
def test_random_address_is_in_the_table_of_postal_codes(seed: int, region: str) -> None:
    address = random_address(rng(seed), region)
    rows = facts.table("postal_codes_de", facts.GEOCODING_DATA)
    row = next(row for row in rows if (row["plz"], row["place_name"]) == (address.plz, address.city))
    assert address.state == row["state"]
    middle = float(row["latitude"]), float(row["longitude"])
    assert haversine_km(*middle, address.latitude, address.longitude) < 1.3
    assert re.fullmatch(r"\D+ \d{1,3}[abc]?", address.street)


@pytest.mark.parametrize("region", REGIONS)
def test_every_town_of_a_region_has_addresses(region: str) -> None:
    towns = [row["city"] for row in facts.table("towns") if row["region"] == region]
    assert [random_address(rng(), region, city).city for city in towns] == towns


@given(seeds)
def test_random_house_number_is_small(seed: int) -> None:
    assert 1 <= int(random_house_number(rng(seed)).rstrip("abc")) <= 160


@given(seeds)
def test_random_kvnr_has_the_right_check_digit(seed: int) -> None:
    """§ 290 SGB V, worked out once more as a Luhn sum from the right over the letter's two digits."""
    kvnr = random_kvnr(rng(seed))
    assert re.fullmatch(r"[A-Z]\d{9}", kvnr)
    digits = [
        int(digit) for digit in str("ABCDEFGHIJKLMNOPQRSTUVWXYZ".index(kvnr[0]) + 1).zfill(2) + kvnr[1:9]
    ]
    doubled = {0: 0, 1: 2, 2: 4, 3: 6, 4: 8, 5: 1, 6: 3, 7: 5, 8: 7, 9: 9}
    total = sum(doubled[digit] if place % 2 == 0 else digit for place, digit in enumerate(reversed(digits)))
    assert int(kvnr[9]) == total % 10


@pytest.mark.parametrize("kvnr", ["A000500015", "A123456780"])
def test_check_digit_of_known_numbers(kvnr: str) -> None:
    assert people._check_digit(kvnr[:9]) == int(kvnr[9])


@given(seeds)
def test_random_referral_code_has_the_printed_form(seed: int) -> None:
    assert re.fullmatch(r"([A-HJ-NP-Z2-9]{4}-){2}[A-HJ-NP-Z2-9]{4}", random_referral_code(rng(seed)))


RESERVED_LANDLINES = r"(030 23125|069 90009|040 66969|0221 4710|089 99998)\d{3}"


@pytest.mark.parametrize(
    ("city", "form"),
    [
        ("Köln", r"0221 4710\d{3}"),
        ("Leipzig", r"0341 0000\d{3}"),
        ("Bamberg", r"0951 0000\d{3}"),
        ("Berlin", r"030 23125\d{3}"),
        ("Nirgendwo", RESERVED_LANDLINES),
    ],
)
def test_random_landline_belongs_to_nobody(city: str, form: str) -> None:
    source = rng()
    assert all(re.fullmatch(form, random_landline(source, city)) for _call in range(30))


@given(seeds)
def test_random_mobile_is_reserved_for_media_and_well_formed(seed: int) -> None:
    mobile = random_mobile(rng(seed))
    blocks = [row["prefix"] for row in facts.table("reserved_phones") if row["kind"] == "mobile"]
    assert any(mobile.startswith(block) for block in blocks)
    assert phonenumbers.is_valid_number(phonenumbers.parse(mobile, "DE"))


def test_every_landline_is_understood_by_the_number_library() -> None:
    source = rng()
    for row in facts.table("towns"):
        number = phonenumbers.parse(random_landline(source, row["city"]), "DE")
        assert phonenumbers.is_valid_number(number), row


@given(seeds, st.sampled_from([row["origin"] for row in facts.table("origins")]))
def test_random_email_is_plain_and_at_a_reserved_domain(seed: int, origin: str) -> None:
    source = rng(seed)
    email = random_email(source, random_name(source, "female", 1980, origin))
    assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*@(example\.(org|com)|[a-z]+\.example)", email)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Größer-Öztürk", "groesser-oeztuerk"),
        ("Łukasz Wójcik", "lukasz-wojcik"),
        ("Yılmaz Şahin", "yilmaz-sahin"),
        ("von und zu Stein", "von-und-zu-stein"),
        ("Đorđević", "dordevic"),
    ],
)
def test_slug(text: str, expected: str) -> None:
    assert slug(text) == expected


def test_random_insurer_is_of_the_kind() -> None:
    kinds = {row["name"]: row["kind"] for row in facts.table("insurers")}
    source = rng()
    for kind in ("gkv", "pkv", "beihilfe"):
        insurer = random_insurer(source, kind)
        assert insurer is not None
        assert kinds[insurer] == kind
    assert random_insurer(source, "self_payer") is None


def test_fresh_never_repeats_and_ends_with_an_error() -> None:
    source, taken = rng(), set[str]()
    drawn = [fresh(lambda: str(source.randrange(3)), taken) for _call in range(3)]
    assert sorted(drawn) == ["0", "1", "2"]
    with pytest.raises(RuntimeError, match="no unused value"):
        fresh(lambda: str(source.randrange(3)), taken)


def test_by_rank_prefers_the_front_of_the_list() -> None:
    source = rng()
    drawn = [people.by_rank(source, ["a", "b", "c", "d"]) for _call in range(2000)]
    counts = [drawn.count(letter) for letter in "abcd"]
    assert all(more > fewer for more, fewer in pairwise(counts))
