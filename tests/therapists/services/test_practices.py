from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.core.errors import StaleState
from apps.events.models import DomainEvent
from apps.geocoding.models import PostalCode
from apps.therapists.models import Practice, Therapist
from apps.therapists.services import practices, records
from tests.factories.therapists import PracticeFactory, TherapistFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _places(db: None) -> None:
    PostalCode.objects.bulk_create(
        [
            PostalCode(plz="04109", place_name="Leipzig", state="SN", latitude=51.34, longitude=12.37),
            PostalCode(plz="06108", place_name="Halle (Saale)", state="ST", latitude=51.48, longitude=11.97),
        ]
    )


def update(at: datetime, practice: Practice, **changes: Any) -> Practice:
    return records.update_practice(practice=practice, changes=changes, actor=None, at=at)


def told() -> list[tuple[str, str, Any]]:
    rows = DomainEvent.objects.order_by("id")
    return [(row.type, row.subject_id, row.payload["changed"]) for row in rows]


def test_update_practice_locates_a_new_address(at: datetime) -> None:
    therapist = TherapistFactory()
    practice = update(at, therapist.practices.get(), plz="06108", city="Halle", street="Markt 1")
    assert (practice.latitude, practice.longitude, practice.precision) == (51.48, 11.97, "plz")
    assert practice.state == "ST"
    names = ["city", "latitude", "longitude", "plz", "precision", "state", "street"]
    assert told() == [("therapist.moved", str(therapist.pk), names)]


def test_update_practice_forgets_a_place_it_cannot_find(at: datetime) -> None:
    practice = update(at, PracticeFactory(), plz="99999", city="Nirgendwo")
    assert (practice.latitude, practice.longitude, practice.precision, practice.state) == (
        None,
        None,
        "none",
        "",
    )


def test_update_practice_keeps_a_place_set_by_hand(at: datetime) -> None:
    practice = PracticeFactory(precision="manual", latitude=51.0, longitude=12.0)
    fresh = update(at, practice, plz="06108")
    assert (fresh.latitude, fresh.longitude, fresh.precision) == (51.0, 12.0, "manual")


def test_update_practice_takes_coordinates_as_set_by_hand(at: datetime) -> None:
    fresh = update(at, PracticeFactory(), latitude=51.0, longitude=12.0)
    assert (fresh.latitude, fresh.longitude, fresh.precision) == (51.0, 12.0, "manual")


def test_update_practice_takes_a_given_precision(at: datetime) -> None:
    fresh = update(at, PracticeFactory(), latitude=51.0, longitude=12.0, precision="house")
    assert fresh.precision == "house"


def test_update_practice_tells_everybody_who_works_there(at: datetime) -> None:
    practice = PracticeFactory(phone="+493411111111")
    first, second = TherapistFactory.create_batch(2, practice=practice)
    update(at, practice, phone="0341 222222")
    assert practice.phone == "+49341222222"
    assert told() == [("therapist.changed", str(pk), ["phone"]) for pk in (first.pk, second.pk)]


def test_update_practice_regroups_when_the_mailbox_changes(at: datetime) -> None:
    one, other = TherapistFactory(practice__email="a@example.org"), TherapistFactory()
    update(at, other.practices.get(), email="A@example.org")
    groups = set(Therapist.objects.values_list("contact_group_id", flat=True))
    assert groups == {one.contact_group_id}


def test_update_practice_parts_who_no_longer_shares(at: datetime) -> None:
    one, other = (TherapistFactory(practice__email="a@example.org") for _ in range(2))
    update(at, one.practices.get(), website="a.example")
    update(at, other.practices.get(), email="b@example.org")
    one.refresh_from_db()
    other.refresh_from_db()
    assert one.contact_group_id != other.contact_group_id


def test_update_practice_without_change_is_silent(at: datetime) -> None:
    practice = TherapistFactory().practices.get()
    before = practice.updated_at
    update(at, practice, city="Leipzig")
    assert Practice.objects.get().updated_at == before
    assert told() == []


def test_update_practice_refuses_a_row_changed_meanwhile(at: datetime) -> None:
    practice = PracticeFactory(city="Leipzig")
    seen_at = practice.updated_at - timedelta(seconds=1)
    with pytest.raises(StaleState):
        records.update_practice(practice=practice, changes={"city": "B"}, actor=None, at=at, seen_at=seen_at)
    assert Practice.objects.get().city == "Leipzig"


@pytest.mark.parametrize(
    ("name", "value"), [("phone", "x"), ("fax", "x"), ("email", "x"), ("website", "x y"), ("city", "")]
)
def test_update_practice_names_the_wrong_field(at: datetime, name: str, value: str) -> None:
    with pytest.raises(ValidationError) as error:
        update(at, PracticeFactory(), **{name: value})
    assert list(error.value.error_dict) == [name]


DATA = {"name": "Praxis Linde", "street": "Lindenstraße 1", "plz": "04109", "city": "Leipzig"}


def test_find_or_create_locates_and_normalises() -> None:
    practice = practices.find_or_create(data={**DATA, "phone": "0341 222222", "email": "A@Example.org"})
    fresh = Practice.objects.get()
    assert fresh == practice
    assert (fresh.phone, fresh.email) == ("+49341222222", "a@example.org")
    assert (fresh.latitude, fresh.precision, fresh.state) == (51.34, "plz", "SN")


def test_find_or_create_keeps_given_coordinates() -> None:
    practice = practices.find_or_create(
        data={**DATA, "latitude": 51.1, "longitude": 12.1, "precision": "house", "state": "SN"}
    )
    assert (practice.latitude, practice.longitude, practice.precision) == (51.1, 12.1, "house")


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"name": "PRAXIS  linde"},
        {"street": "Lindenstr. 1"},
        {"phone": "0341 999999"},
        {"city": "Leipzig-Mitte"},
    ],
)
def test_find_or_create_finds_again(other: dict[str, str]) -> None:
    known = practices.find_or_create(data={**DATA, "phone": "0341 222222"})
    assert practices.find_or_create(data={**DATA, **other}) == known
    assert Practice.objects.get().phone == "+49341222222"


@pytest.mark.parametrize("other", [{"name": "Praxis Buche"}, {"street": "Lindenstraße 11"}, {"plz": "06108"}])
def test_find_or_create_makes_another(other: dict[str, str]) -> None:
    known = practices.find_or_create(data=DATA)
    assert practices.find_or_create(data={**DATA, **other}) != known


def test_find_or_create_fills_what_was_blank() -> None:
    practices.find_or_create(data=DATA)
    practices.find_or_create(data={**DATA, "email": "a@example.org"})
    assert Practice.objects.get().email == "a@example.org"


@pytest.mark.parametrize(("phone", "is_same"), [("0341 222222", True), ("", True), ("0341 333333", False)])
def test_find_or_create_without_a_name_looks_at_the_number(phone: str, is_same: bool) -> None:
    known = practices.find_or_create(data={**DATA, "name": "", "phone": "0341 222222"})
    assert (practices.find_or_create(data={**DATA, "name": "", "phone": phone}) == known) is is_same


@pytest.mark.parametrize(("phone", "is_same"), [("0341 222222", True), ("", False), ("0341 333333", False)])
def test_find_or_create_without_name_and_street_needs_the_number(phone: str, is_same: bool) -> None:
    bare = {"plz": "04109", "city": "Leipzig"}
    known = practices.find_or_create(data={**bare, "phone": "0341 222222"})
    assert (practices.find_or_create(data={**bare, "phone": phone}) == known) is is_same
