from dataclasses import asdict

import pytest

from apps.scraping.recognition import NOBODY, Answer, Face, People, parts
from tests.scraping import noisy_people

KNOWN = 10_000


def face(**values: str) -> Face:
    return Face.of(**{"first_name": "Mira", "last_name": "Beispielhuber", "plz": "04103", **values})


def people(*faces: Face) -> People:
    known = People()
    for pk, one in enumerate(faces, start=1):
        known.add(pk, one)
    return known


def face_of(person: noisy_people.Person) -> Face:
    values = asdict(person)
    values.pop("id")
    return Face.of(**values)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_recognise_with_five_percent_of_noise(seed, capsys):
    known = noisy_people.draw_known(seed, KNOWN)
    source = noisy_people.draw_source(seed + 100, known)
    index = People()
    for person in known:
        index.add(person.id, face_of(person))
    answers = [(person.id, index.recognise(face_of(person))) for person in source]
    linked = [(real, answer.person) for real, answer in answers if answer.person is not None]
    right = sum(real == found for real, found in linked)
    unclear = sum(bool(answer.candidates) for _real, answer in answers)
    precision, recall = right / len(linked), right / KNOWN
    with capsys.disabled():
        print(
            f"\nrecognition seed={seed} records={len(source)} precision={precision:.4f}"
            f" recall={recall:.4f} unclear={unclear}"
        )
    assert precision >= 0.999
    assert recall >= 0.97


def test_parts_without_particles_and_hyphens():
    assert parts("von der Müller-Schmidt") == ("mueller", "schmidt")
    assert parts("Von") == ("von",)


def test_recognise_by_name_and_plz():
    assert people(face()).recognise(face(street="Anderer Weg 1")) == Answer(1, by="name_plz")


def test_recognise_namesake_elsewhere_is_nobody():
    assert people(face()).recognise(face(plz="80331")) == NOBODY


def test_recognise_namesake_elsewhere_with_the_same_number():
    known = people(face(phone="+49341"))
    assert known.recognise(face(plz="80331", phone="+49341")) == Answer(1, by="name_contact")


def test_recognise_namesakes_in_one_plz_is_unclear():
    answer = people(face(street="A-Weg 1"), face(street="B-Weg 2")).recognise(face(street="C-Weg 3"))
    assert answer == Answer(candidates=(1, 2), by="name_plz")


def test_recognise_namesakes_in_one_plz_by_street():
    answer = people(face(street="A-Weg 1"), face(street="B-Weg 2")).recognise(face(street="B-Weg 2"))
    assert answer == Answer(2, by="name_contact")


def test_recognise_slip_of_the_pen_only_with_more_evidence():
    known = people(face(phone="+49341"))
    assert known.recognise(face(last_name="Beispielhubr")) == NOBODY
    assert known.recognise(face(last_name="Beispielhubr", phone="+49341")).person == 1


def test_recognise_colleague_in_the_same_practice_is_nobody():
    known = people(face(street="A-Weg 1", phone="+49341", email="praxis@example.org"))
    other = face(first_name="Jonas", street="A-Weg 1", phone="+49341", email="praxis@example.org")
    assert known.recognise(other) == NOBODY


def test_recognise_new_last_name_asks_a_person():
    known = people(face(email="mira@example.org"))
    answer = known.recognise(face(last_name="Neumann", email="mira@example.org"))
    assert answer == Answer(candidates=(1,), by="changed_name")


def test_recognise_other_gender_is_nobody():
    assert people(face(gender="female")).recognise(face(gender="male")) == NOBODY
