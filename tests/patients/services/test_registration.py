from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.core.encryption import blind_index
from apps.core.errors import StaleState
from apps.core.weekly import Interval
from apps.events.models import DomainEvent
from apps.geocoding.models import PostalCode
from apps.patients.enums import Purpose
from apps.patients.models import Patient
from apps.patients.services import registration
from tests.factories.patients import InsurerFactory, PatientFactory

pytestmark = pytest.mark.django_db

NAMES = {"first_name": "Mara", "last_name": "Klein"}


@pytest.fixture(autouse=True)
def leipzig(db: None) -> None:
    PostalCode.objects.create(
        plz="04109", place_name="Leipzig", state="SN", latitude=51.338, longitude=12.366
    )
    PostalCode.objects.create(plz="10115", place_name="Berlin", state="BE", latitude=52.532, longitude=13.384)


def events(patient: Patient) -> list[tuple[str, Any]]:
    rows = DomainEvent.objects.filter(subject_id=str(patient.pk)).order_by("id")
    return [(row.type, row.payload) for row in rows]


def test_register_normalises_what_was_typed(at: datetime, coordinator: User) -> None:
    data = {
        **NAMES,
        "kvnr": " a 123456780",
        "diagnosis": "f32.1 G",
        "referral_code": "a1b2 c3d4 e5f6",
        "phone": "0341 / 123 45-67",
        "email": " Mara.Klein@Example.ORG ",
        "plz": "D-04109",
        "city": " Leipzig ",
        "symptoms": ["anxiety", "rumination", "anxiety"],
        "wished_methods": ["TP", "VT"],
    }
    patient = registration.register(data=data, actor=coordinator, at=at)
    patient.refresh_from_db()
    stored = {name: getattr(patient, name) for name in data}
    assert stored == {
        **NAMES,
        "kvnr": "A123456780",
        "diagnosis": "F32.1",
        "referral_code": "A1B2-C3D4-E5F6",
        "phone": "+493411234567",
        "email": "mara.klein@example.org",
        "plz": "04109",
        "city": "Leipzig",
        "symptoms": ["anxiety", "rumination"],
        "wished_methods": ["VT", "TP"],
    }
    assert patient.kvnr_index == blind_index("A123456780")
    assert (patient.latitude, patient.longitude, patient.precision) == (51.338, 12.366, "plz")


def test_register_writes_history_event_hours_and_consents(at: datetime, coordinator: User) -> None:
    patient = registration.register(
        data=NAMES,
        actor=coordinator,
        at=at,
        availability=[Interval(0, 480, 600), Interval(0, 600, 720)],
        consents=[Purpose.HEALTH_DATA],
        proof="contract",
    )
    row = patient.history.get()
    assert (row.old, row.new, row.actor, row.at) == ("", "open", coordinator, at)
    assert [hours.interval for hours in patient.availability.all()] == [Interval(0, 480, 720)]
    consent = patient.consents.get()
    assert (consent.purpose, consent.given_on, consent.proof) == (
        "health_data",
        date(2026, 11, 23),
        "contract",
    )
    assert [name for name, _payload in events(patient)] == [
        "patient.created",
        "patient.consent_given",
        "patient.wishes_changed",
    ]


def test_register_asks_the_database_seldom(at: datetime) -> None:
    """Symptoms, place, patient, history, lock, consents, hours and six events."""
    data = {**NAMES, "plz": "04109", "city": "Leipzig", "symptoms": ["anxiety"]}
    hours = [Interval(0, 480, 600), Interval(2, 480, 600)]
    with CaptureQueriesContext(connection) as captured:
        registration.register(
            data=data, actor=None, at=at, availability=hours, consents=list(Purpose), proof="contract"
        )
    assert sum("SAVEPOINT" not in query["sql"] for query in captured) == 14


def test_register_takes_the_days_of_consents(at: datetime, coordinator: User) -> None:
    days = {Purpose.EMAIL: date(2026, 10, 1)}
    patient = registration.register(data=NAMES, actor=coordinator, at=at, consents=days, proof="mail")
    assert patient.consents.get().given_on == date(2026, 10, 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kvnr", "A123456789"),
        ("diagnosis", "Depression"),
        ("referral_code", "A1B2"),
        ("phone", "call me"),
        ("email", "nobody"),
        ("plz", "4109"),
        ("birth_date", date(2026, 11, 24)),
        ("birth_date", date(1890, 1, 1)),
        ("ptv11_on", date(2026, 11, 24)),
        ("symptoms", ["anxiety", "pain", "grief", "guilt"]),
        ("symptoms", ["made_up"]),
        ("languages", ["xx"]),
        ("max_distance_km", 0),
        ("first_name", " "),
        ("insurance_kind", "unknown"),
    ],
)
def test_register_names_the_wrong_field(at: datetime, coordinator: User, name: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        registration.register(data={**NAMES, name: value}, actor=coordinator, at=at)
    assert name in caught.value.message_dict
    assert Patient.objects.count() == 0


def test_register_names_all_wrong_fields_at_once(at: datetime, coordinator: User) -> None:
    with pytest.raises(ValidationError) as caught:
        registration.register(data={**NAMES, "plz": "1", "kvnr": "x"}, actor=coordinator, at=at)
    assert sorted(caught.value.message_dict) == ["kvnr", "plz"]


@pytest.mark.parametrize("name", ["status", "case_code", "kvnr_index", "started_on", "no_such_field"])
def test_register_refuses_what_the_system_keeps(at: datetime, coordinator: User, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        registration.register(data={**NAMES, name: "x"}, actor=coordinator, at=at)


def test_register_with_a_consent_without_proof_leaves_nothing(at: datetime, coordinator: User) -> None:
    with pytest.raises(ValidationError):
        registration.register(data=NAMES, actor=coordinator, at=at, consents=[Purpose.EMAIL])
    assert Patient.objects.count() == 0


def test_update_saves_and_tells_only_what_differs(at: datetime, coordinator: User) -> None:
    patient = PatientFactory(diagnosis="F32.1", city="Leipzig")
    changes = {"diagnosis": "f40.1", "city": "Leipzig", "occupation": "Tischlerin"}
    fresh = registration.update(patient=patient, changes=changes, actor=coordinator, at=at)
    fresh.refresh_from_db()
    assert (fresh.diagnosis, fresh.occupation) == ("F40.1", "Tischlerin")
    assert events(patient) == [("patient.wishes_changed", {"changed": ["diagnosis"]})]


def test_update_leaves_columns_of_others_alone(at: datetime, coordinator: User) -> None:
    patient = PatientFactory(city="Leipzig")
    Patient.objects.filter(pk=patient.pk).update(referrer="Hausarztpraxis")
    registration.update(patient=patient, changes={"occupation": "Koch"}, actor=coordinator, at=at)
    assert Patient.objects.get(pk=patient.pk).referrer == "Hausarztpraxis"


def test_update_without_difference_saves_nothing(at: datetime, coordinator: User) -> None:
    patient = PatientFactory()
    before = patient.updated_at
    changes = {"insurer": patient.insurer, "languages": ("de",), "kvnr": patient.kvnr}
    fresh = registration.update(patient=patient, changes=changes, actor=coordinator, at=at)
    assert (fresh.updated_at, events(patient)) == (before, [])


def test_update_moves_the_place_with_the_address(at: datetime, coordinator: User) -> None:
    patient = PatientFactory()
    changes = {"plz": "10115", "city": "Berlin"}
    fresh = registration.update(patient=patient, changes=changes, actor=coordinator, at=at)
    fresh.refresh_from_db()
    assert (fresh.latitude, fresh.longitude, fresh.precision) == (52.532, 13.384, "plz")
    changed = {"changed": ["city", "latitude", "longitude", "plz"]}
    assert events(patient) == [("patient.moved", changed)]


def test_update_to_an_unknown_place_forgets_the_old_one(at: datetime, coordinator: User) -> None:
    patient = PatientFactory()
    changes = {"plz": "99999", "city": "Nirgendwo"}
    fresh = registration.update(patient=patient, changes=changes, actor=coordinator, at=at)
    assert (fresh.latitude, fresh.longitude, fresh.precision) == (None, None, "none")


def test_update_of_the_street_keeps_the_place(at: datetime, coordinator: User) -> None:
    patient = PatientFactory()
    registration.update(patient=patient, changes={"street": "Birkenweg 1"}, actor=coordinator, at=at)
    fresh = Patient.objects.get(pk=patient.pk)
    assert (fresh.latitude, fresh.longitude) == (51.3397, 12.3913)
    assert events(patient) == [("patient.moved", {"changed": ["street"]})]


def test_update_keeps_a_place_set_by_hand(at: datetime, coordinator: User) -> None:
    patient = PatientFactory()
    by_hand = {"latitude": 51.3, "longitude": 12.4}
    registration.update(patient=patient, changes=by_hand, actor=coordinator, at=at)
    registration.update(patient=patient, changes={"plz": "10115"}, actor=coordinator, at=at)
    fresh = Patient.objects.get(pk=patient.pk)
    assert (fresh.latitude, fresh.longitude, fresh.precision) == (51.3, 12.4, "manual")


def test_update_with_half_a_place_is_refused(at: datetime, coordinator: User) -> None:
    patient = PatientFactory()
    with pytest.raises(ValidationError) as caught:
        registration.update(patient=patient, changes={"latitude": None}, actor=coordinator, at=at)
    assert list(caught.value.message_dict) == ["latitude"]


def test_update_of_the_precision_locates_again(at: datetime, coordinator: User) -> None:
    patient = PatientFactory(plz="04109", precision="manual", latitude=51.0, longitude=12.0)
    fresh = registration.update(patient=patient, changes={"precision": "none"}, actor=coordinator, at=at)
    assert (fresh.latitude, fresh.longitude, fresh.precision) == (51.338, 12.366, "plz")


def test_update_of_the_kvnr_moves_the_index(at: datetime, coordinator: User) -> None:
    patient = PatientFactory()
    registration.update(patient=patient, changes={"kvnr": "A000500015"}, actor=coordinator, at=at)
    fresh = Patient.objects.get(pk=patient.pk)
    assert (fresh.kvnr, fresh.kvnr_index) == ("A000500015", blind_index("A000500015"))


def test_update_of_the_insurer(at: datetime, coordinator: User) -> None:
    patient = PatientFactory()
    insurer = InsurerFactory(name="Birkenkasse")
    registration.update(patient=patient, changes={"insurer": insurer}, actor=coordinator, at=at)
    assert Patient.objects.get(pk=patient.pk).insurer == insurer


def test_update_keeps_a_symptom_no_longer_in_the_list(at: datetime, coordinator: User) -> None:
    patient = PatientFactory(symptoms=["old_word"])
    changes = {"symptoms": ["old_word", "anxiety"]}
    fresh = registration.update(patient=patient, changes=changes, actor=coordinator, at=at)
    assert fresh.symptoms == ["old_word", "anxiety"]


def test_update_after_somebody_else_saved_is_refused(at: datetime, coordinator: User) -> None:
    patient = PatientFactory(city="Leipzig")
    seen_at = patient.updated_at - timedelta(seconds=1)
    with pytest.raises(StaleState):
        registration.update(
            patient=patient, changes={"city": "Halle"}, actor=coordinator, at=at, seen_at=seen_at
        )
    assert Patient.objects.get(pk=patient.pk).city == "Leipzig"


def test_update_of_the_row_one_has_seen(at: datetime, coordinator: User) -> None:
    patient = PatientFactory()
    fresh = registration.update(
        patient=patient, changes={"gp_name": "Dr. Ulme"}, actor=coordinator, at=at, seen_at=patient.updated_at
    )
    assert fresh.gp_name == "Dr. Ulme"


def test_update_names_the_actor_in_the_audit_trail(at: datetime, coordinator: User) -> None:
    patient = PatientFactory()
    registration.update(patient=patient, changes={"gp_name": "Dr. Ulme"}, actor=coordinator, at=at)
    event = patient.events.select_related("pgh_context").order_by("pgh_id").last()
    assert event is not None
    assert (event.gp_name, event.pgh_context.metadata["user"]) == ("Dr. Ulme", coordinator.pk)


def test_set_availability_replaces_and_joins(at: datetime) -> None:
    patient = PatientFactory(availability=[(0, 480, 540)])
    intervals = [Interval(2, 600, 660), Interval(1, 480, 600), Interval(2, 660, 720), Interval(1, 540, 630)]
    fresh = registration.set_availability(patient=patient, intervals=intervals, at=at)
    assert [row.interval for row in fresh.availability.all()] == [
        Interval(1, 480, 630),
        Interval(2, 600, 720),
    ]
    assert events(patient) == [("patient.wishes_changed", {"changed": ["availability"]})]


def test_set_availability_of_the_same_hours_tells_nobody(at: datetime) -> None:
    patient = PatientFactory(availability=[(0, 480, 600)])
    before = Patient.objects.get(pk=patient.pk).updated_at
    registration.set_availability(
        patient=patient, intervals=[Interval(0, 540, 600), Interval(0, 480, 540)], at=at
    )
    assert (events(patient), Patient.objects.get(pk=patient.pk).updated_at) == ([], before)


def test_set_availability_marks_known_and_unknown(at: datetime) -> None:
    patient = PatientFactory(availability=())
    registration.set_availability(patient=patient, intervals=[Interval(0, 480, 600)], at=at)
    assert Patient.objects.get(pk=patient.pk).is_availability_known is True
    registration.set_availability(patient=patient, intervals=[], at=at)
    fresh = Patient.objects.get(pk=patient.pk)
    assert (fresh.is_availability_known, fresh.availability.count()) == (False, 0)
