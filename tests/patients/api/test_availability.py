import pytest

from apps.core.weekly import Interval
from apps.events.models import DomainEvent
from apps.gateway.models import ApiClient
from apps.patients.models import Patient
from tests.factories.patients import PatientFactory
from tests.patients.api.asking import URL, accesses, paths, put

pytestmark = pytest.mark.django_db

READ, WRITE = "patients:read", "patients:write"
MORNING = {"weekday": 1, "start_minute": 480, "end_minute": 600}
NOON = {"weekday": 1, "start_minute": 600, "end_minute": 720}


def test_read_by_day_and_time(calling):
    patient = PatientFactory(availability=[(1, 600, 720), (0, 480, 540)])
    answer = calling(READ).get(f"{URL}/{patient.pk}/availability")
    assert answer.json() == {
        "is_availability_known": True,
        "intervals": [{"weekday": 0, "start_minute": 480, "end_minute": 540}, NOON],
    }
    assert accesses() == [(patient.pk, "API: read_availability", "Website")]


def test_replace_joins_and_is_another_version(calling):
    patient = PatientFactory(availability=[(0, 480, 540)])
    client = calling(READ, WRITE)
    seen = client.get(f"{URL}/{patient.pk}")["ETag"]
    answer = put(client, f"/{patient.pk}/availability", {"intervals": [NOON, MORNING]}, seen)
    assert answer.json()["intervals"] == [{**MORNING, "end_minute": 720}]
    assert [row.interval for row in patient.availability.all()] == [Interval(1, 480, 720)]
    assert answer["ETag"] != seen
    assert answer["ETag"] == client.get(f"{URL}/{patient.pk}")["ETag"]
    assert put(client, f"/{patient.pk}/availability", {"intervals": []}, seen).status_code == 412


def test_replace_by_the_same_keeps_the_version_and_tells_nobody(calling):
    patient = PatientFactory(availability=[(1, 480, 600)])
    client = calling(READ, WRITE)
    seen = client.get(f"{URL}/{patient.pk}")["ETag"]
    assert put(client, f"/{patient.pk}/availability", {"intervals": [MORNING]}, seen)["ETag"] == seen
    assert DomainEvent.objects.count() == 0


def test_replace_by_nothing_means_unknown(calling):
    patient = PatientFactory()
    client = calling(READ, WRITE)
    seen = client.get(f"{URL}/{patient.pk}")["ETag"]
    answer = put(client, f"/{patient.pk}/availability", {}, seen)
    assert answer.json() == {"is_availability_known": False, "intervals": []}
    assert Patient.objects.get().is_availability_known is False


def test_replace_names_the_client_in_the_audit_trail(calling):
    patient = PatientFactory(availability=())
    client = calling(READ, WRITE, name="Partner")
    seen = client.get(f"{URL}/{patient.pk}")["ETag"]
    put(client, f"/{patient.pk}/availability", {"intervals": [MORNING]}, seen)
    event = patient.events.select_related("pgh_context").order_by("pgh_id").last()
    assert event.pgh_context.metadata["user"] == ApiClient.objects.get(name="Partner").account_id


def test_replace_without_an_etag_is_428(calling):
    patient = PatientFactory()
    assert put(calling(WRITE), f"/{patient.pk}/availability", {}, "").status_code == 428


@pytest.mark.parametrize(
    ("interval", "wrong"),
    [
        ({"weekday": 7}, "intervals.0.weekday"),
        ({"start_minute": -1}, "intervals.0.start_minute"),
        ({"end_minute": 1441}, "intervals.0.end_minute"),
        ({"start_minute": 600}, "intervals.0"),
        ({"note": "x"}, "intervals.0.note"),
    ],
)
def test_replace_names_the_wrong_interval(calling, interval, wrong):
    patient = PatientFactory()
    body = {"intervals": [{**MORNING, **interval}]}
    assert paths(put(calling(WRITE), f"/{patient.pk}/availability", body, '"any"')) == [wrong]
