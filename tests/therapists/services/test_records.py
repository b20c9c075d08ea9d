from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.core.errors import StaleState
from apps.core.weekly import Interval
from apps.events.models import DomainEvent
from apps.therapists.models import ContactGroup, Practice, Therapist
from apps.therapists.services import records
from tests.factories.therapists import PracticeFactory, TherapistFactory

pytestmark = pytest.mark.django_db

PRACTICE = {"name": "Praxis Linde", "street": "Lindenstraße 1", "plz": "04109", "city": "Leipzig"}
VT = ("VT", "adults", "individual")


def create(at: datetime, **values: Any) -> Therapist:
    given = {"data": {"last_name": "Linde"}, "practices": [PRACTICE], "approvals": [VT], "actor": None}
    return records.create(**(given | values), at=at)


def told(therapist: Therapist) -> list[tuple[str, Any]]:
    events = DomainEvent.objects.filter(subject_id=str(therapist.pk)).order_by("id")
    return [(event.type, event.payload) for event in events]


def test_create_records_everything(at: datetime, coordinator: User) -> None:
    therapist = create(
        at,
        data={
            "last_name": " Linde ",
            "first_name": "Eva",
            "wished_diagnoses": ["f32 g"],
            "languages": ["de", "tr"],
        },
        approvals=[VT, ("TP", "minors", "group"), VT],
        phone_hours=[Interval(0, 480, 540), Interval(0, 540, 600)],
        working_hours=[Interval(1, 480, 1080)],
        actor=coordinator,
    )
    fresh = Therapist.objects.get()
    assert fresh == therapist
    assert (fresh.last_name, fresh.first_name) == ("Linde", "Eva")
    assert (fresh.wished_diagnoses, fresh.languages) == (["F32"], ["de", "tr"])
    assert (fresh.status, fresh.review_status) == ("active", "unreviewed")
    assert fresh.is_working_hours_known is True
    rows = fresh.approvals.values_list("method", "age_group", "setting")
    assert list(rows) == [("TP", "minors", "group"), ("VT", "adults", "individual")]
    hours = [(row.kind, row.interval) for row in fresh.hours.all()]
    assert hours == [("phone", (0, 480, 600)), ("working", (1, 480, 1080))]


def test_create_leaves_history_and_event(at: datetime, coordinator: User) -> None:
    therapist = create(at, actor=coordinator)
    row = therapist.history.get()
    assert (row.old, row.new, row.actor, row.at) == ("", "active", coordinator, at)
    assert told(therapist) == [("therapist.created", {"to": "active"})]


def test_create_asks_the_database_seldom(at: datetime) -> None:
    with CaptureQueriesContext(connection) as captured:
        create(at, practices=[{**PRACTICE, "email": "a@example.org"}], phone_hours=[Interval(0, 480, 540)])
    assert sum("SAVEPOINT" not in query["sql"] for query in captured) == 18


def test_create_makes_the_first_practice_the_main_one(at: datetime) -> None:
    known = PracticeFactory()
    therapist = create(at, practices=[known, PRACTICE])
    places = therapist.workplaces.values_list("practice__name", "is_main")
    assert list(places) == [(known.name, True), ("Praxis Linde", False)]


def test_create_takes_the_same_practice_once(at: datetime) -> None:
    therapist = create(at, practices=[PRACTICE, {**PRACTICE, "street": "Lindenstr. 1"}])
    assert therapist.workplaces.count() == 1


def test_create_without_working_hours_leaves_them_unknown(at: datetime) -> None:
    assert create(at).is_working_hours_known is False


def test_create_joins_the_contact_group_of_a_shared_mailbox(at: datetime) -> None:
    colleague = TherapistFactory(practice__email="praxis@example.org")
    therapist = create(at, practices=[{**PRACTICE, "email": "Praxis@Example.org"}])
    assert therapist.contact_group_id == colleague.contact_group_id
    assert ContactGroup.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"data": {"last_name": ""}}, "last_name"),
        ({"data": {"last_name": "Linde", "wished_diagnoses": ["Angst"]}}, "wished_diagnoses"),
        ({"data": {"last_name": "Linde", "wished_age_from": 30, "wished_age_to": 20}}, "wished_age_to"),
        ({"data": {"last_name": "L", "email_permission_since": date(2026, 1, 1)}}, "email_permission_how"),
        ({"data": {"last_name": "L", "email_permission_how": "oral"}}, "email_permission_since"),
        ({"practices": []}, "practices"),
        ({"practices": [{**PRACTICE, "plz": "123"}]}, "plz"),
        ({"practices": [{**PRACTICE, "phone": "none"}]}, "phone"),
        ({"approvals": [("XX", "adults", "individual")]}, "approvals"),
        ({"phone_hours": [Interval(0, 600, 480)]}, "hours"),
        ({"working_hours": [Interval(7, 480, 600)]}, "hours"),
    ],
)
def test_create_refuses_what_is_wrong(at: datetime, values: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as error, transaction.atomic():
        create(at, **values)
    assert list(error.value.error_dict) == [field]
    assert not Therapist.objects.exists()
    assert not Practice.objects.exists()
    assert not ContactGroup.objects.exists()


@pytest.mark.parametrize(
    "name", ["status", "review_status", "do_not_contact_since", "contact_group", "id", "nonsense"]
)
def test_create_takes_no_field_that_has_a_door_of_its_own(at: datetime, name: str) -> None:
    with pytest.raises(TypeError):
        create(at, data={"last_name": "Linde", name: "verified"})


def test_update_saves_only_what_changed(at: datetime, coordinator: User) -> None:
    therapist = TherapistFactory(last_name="Linde", seat="half")
    Therapist.objects.filter(pk=therapist.pk).update(title="Dr.")
    fresh = records.update(
        therapist=therapist, changes={"last_name": "Buche", "seat": "half"}, actor=coordinator, at=at
    )
    assert (fresh.last_name, fresh.title) == ("Buche", "Dr.")
    assert Therapist.objects.get().title == "Dr."
    assert therapist.last_name == "Buche"
    assert told(therapist) == [("therapist.changed", {"changed": ["last_name"]})]


def test_update_without_change_is_silent(at: datetime) -> None:
    therapist = TherapistFactory(last_name="Linde")
    before = therapist.updated_at
    records.update(therapist=therapist, changes={"last_name": " Linde "}, actor=None, at=at)
    assert Therapist.objects.get().updated_at == before
    assert told(therapist) == []


def test_update_names_the_person_in_the_audit_trail(at: datetime, coordinator: User) -> None:
    therapist = TherapistFactory()
    records.update(therapist=therapist, changes={"title": "Dr."}, actor=coordinator, at=at)
    newest = therapist.events.latest("pgh_id")
    assert newest.pgh_context.metadata["user"] == coordinator.pk


def test_update_refuses_a_row_changed_meanwhile(at: datetime) -> None:
    therapist = TherapistFactory(last_name="Linde")
    seen_at = therapist.updated_at - timedelta(seconds=1)
    with pytest.raises(StaleState):
        records.update(therapist=therapist, changes={"last_name": "B"}, actor=None, at=at, seen_at=seen_at)
    assert Therapist.objects.get().last_name == "Linde"


def test_update_names_the_wrong_field(at: datetime) -> None:
    therapist = TherapistFactory(wished_age_from=30)
    with pytest.raises(ValidationError) as error:
        records.update(therapist=therapist, changes={"wished_age_to": 20}, actor=None, at=at)
    assert list(error.value.error_dict) == ["wished_age_to"]
    assert therapist.wished_age_to == 0


def test_update_event_carries_names_and_no_values(at: datetime) -> None:
    therapist = TherapistFactory()
    records.update(therapist=therapist, changes={"internal_note": "confidential"}, actor=None, at=at)
    assert "confidential" not in str(told(therapist))
