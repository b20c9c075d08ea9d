"""Who is taken for the same therapist, and who is not: pairs as they come in real lists."""

import random
import time
from typing import Any

import pytest

from apps.core.merging.likeness import FirstName, LastName
from apps.therapists import duplicates
from apps.therapists.duplicates import SENTENCES, Around, Practice, Therapist, compare, compare_practices
from apps.therapists.normalise import address_key
from apps.therapists.services.duplicates import find

LEIPZIG = {"plz": "04109", "street": "Lindenstraße 4", "town": "Leipzig"}
HALLE = {"plz": "06108", "street": "Markt 1", "town": "Halle (Saale)"}
MUNICH = {"plz": "80331", "street": "Tal 9", "town": "München"}
PHONE, EMAIL = "+493411234567", "praxis@linde.example"


def person(last: str, first: str, **values: Any) -> Therapist:
    return Therapist(
        last=LastName.of(last),
        first=FirstName.of(first),
        title=values.get("title", ""),
        gender=values.get("gender", ""),
        phones=frozenset(filter(None, [values.get("phone", "")])),
        emails=frozenset(filter(None, [values.get("email", "")])),
        addresses=frozenset([(values["plz"], address_key(values["street"]))]),
        towns=frozenset([duplicates.town(values["town"])]),
    )


SAME = [
    (person("Müller", "Anna", **LEIPZIG), person("Mueller", "Anna", **LEIPZIG)),
    (person("von der Heide", "Karl", **LEIPZIG), person("Heide", "Karl", **LEIPZIG)),
    (
        person("Linde-Maier", "Anna", **LEIPZIG, phone=PHONE),
        person("Linde Maier", "Anna", **HALLE, phone=PHONE),
    ),
    (person("Linde-Maier", "Anna", **LEIPZIG), person("Linde", "Anna", **LEIPZIG)),
    (person("Linde", "Anna", **LEIPZIG), person("Linde", "A.", **LEIPZIG)),
    (person("Linde", "Anna-Maria", **LEIPZIG), person("Linde", "Anna", **LEIPZIG)),
    (person("Schmitt", "Petra", **LEIPZIG, phone=PHONE), person("Schmidt", "Petra", **LEIPZIG, phone=PHONE)),
    (person("Linde", "Anna", **LEIPZIG, email=EMAIL), person("Linde", "Anna", **MUNICH, email=EMAIL)),
    # a changed name: same number, first name and PLZ
    (person("Linde", "Anna", **LEIPZIG, phone=PHONE), person("Buche", "Anna", **LEIPZIG, phone=PHONE)),
    (person("Linde", "Anna", **LEIPZIG), person("Buche geb. Linde", "Anna", **LEIPZIG, email=EMAIL)),
    # two practices of one person in one town
    (person("Lindenau", "Anna", **LEIPZIG), person("Lindenau", "Anna", **LEIPZIG | {"plz": "04277"})),
]
OTHERS = [
    # namesakes in another town with other contacts
    (person("Müller", "Anna", **LEIPZIG, phone=PHONE), person("Müller", "Anna", **MUNICH, phone="+49891")),
    (person("Müller", "Anna", **LEIPZIG), person("Müller", "Anna", **HALLE)),
    # colleagues, couples and relatives behind one number
    (person("Linde", "Anna", **LEIPZIG, phone=PHONE), person("Linde", "Karl", **LEIPZIG, phone=PHONE)),
    (person("Linde", "Anna", **LEIPZIG, phone=PHONE), person("Buche", "Karl", **LEIPZIG, phone=PHONE)),
    (person("Linde", "Anna", **LEIPZIG), person("Buche", "Anna", **LEIPZIG)),
    (person("Linde", "Kim", **LEIPZIG, gender="male"), person("Linde", "Kim", **LEIPZIG, gender="female")),
    (person("Abel", "Anna", **LEIPZIG), person("Adel", "Anna", **LEIPZIG)),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_variants_of_one_person_are_suggested(one: Therapist, other: Therapist) -> None:
    verdict = compare(one, other)
    assert verdict.is_suggested, verdict
    assert verdict == compare(other, one)
    assert set(verdict.reasons) <= SENTENCES.keys()


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_different_people_are_not(one: Therapist, other: Therapist) -> None:
    assert not compare(one, other).is_suggested


def test_team_behind_one_number_is_no_changed_name() -> None:
    one, other = SAME[8]
    assert compare(one, other, Around(sharers=9)).score < duplicates.SUGGESTED


def test_frequent_name_in_one_town_is_not_enough() -> None:
    one, other = SAME[10]
    assert not compare(one, other, Around(namesakes=5)).is_suggested


def test_reasons_say_why() -> None:
    assert compare(*SAME[8]).reasons == (
        "last_name_changed",
        "first_name_same",
        "phone",
        "address",
    )


def practice(**values: str) -> Practice:
    known = {"name": "", "plz": "04109", "street": "lindenstr4", "phone": "", "email": ""}
    return Practice(**(known | values))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other", "is_suggested"),
    [
        (practice(phone="1"), practice(phone="1"), True),
        (practice(name="praxislinde"), practice(name="praxislinde", phone="2"), True),
        (practice(email="a@b.de"), practice(email="a@b.de", name="mvz"), True),
        (practice(), practice(), False),  # a house with several practices
        (practice(phone="1"), practice(phone="2"), False),
        (practice(phone="1"), practice(phone="1", plz="04277"), False),
        (practice(phone="1"), practice(phone="1", street="markt1"), False),
    ],
)
def test_practices(one: Practice, other: Practice, is_suggested: bool) -> None:
    assert compare_practices(one, other).is_suggested is is_suggested


def test_forty_thousand_are_compared_in_seconds() -> None:
    """One in fifty is there twice, in another spelling; every one of them is found again."""
    rng = random.Random(7)
    syllables = ["ber", "lin", "kar", "mei", "hof", "stein", "wald", "bach", "ler", "ner", "rot", "neu"]
    firsts = ["Anna", "Karl", "Petra", "Jörg", "Maria", "Uwe", "Sabine", "Thomas", "Julia", "Andreas"]
    names = ["".join(rng.choices(syllables, k=3)).title() for _number in range(4000)]
    people: dict[int, Therapist] = {}
    doubles: set[tuple[int, int]] = set()
    while len(people) < 40_000:
        pk = len(people)
        last, first = rng.choice(names), rng.choice(firsts)
        plz = f"{rng.randrange(1000, 99999):05d}"
        place = {"plz": plz, "street": f"Weg {rng.randrange(90)}", "town": f"Ort {plz[:3]}"}
        people[pk] = person(last, first, **place, phone=f"+49{pk:08d}")
        if pk % 50 == 0:
            people[pk + 1] = person(f"{last}-Buche", first, **place, phone=f"+49{pk:08d}")
            doubles.add((pk, pk + 1))
    started = time.perf_counter()
    found = {(one.first, one.second) for one in find(people)}
    seconds = time.perf_counter() - started
    print(f"therapists=40000 doubles={len(doubles)} suggested={len(found)} seconds={seconds:.1f}")
    assert doubles <= found
    assert len(found - doubles) < 400
    assert seconds < 60  # two seconds on an idle machine
