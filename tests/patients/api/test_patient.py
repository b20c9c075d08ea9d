from datetime import date

import pytest
from django.test import Client

from apps.gateway.models import ApiClient
from apps.patients.api.schemas import PatientIn
from apps.patients.models import SECRET_FIELDS, Patient
from tests.factories.patients import PatientFactory
from tests.patients.api.asking import URL, accesses, patch, paths, put

pytestmark = pytest.mark.django_db

READ, WRITE = "patients:read", "patients:write"
NAMES = {"first_name": "Mara", "last_name": "Klein"}


def tag(client: Client, patient: Patient) -> str:
    return client.get(f"{URL}/{patient.pk}")["ETag"]


def test_read_shows_all_but_health_data(calling):
    patient = PatientFactory(wished_methods=["VT"])
    body = calling(READ).get(f"{URL}/{patient.pk}").json()
    assert (body["wished_methods"], body["max_distance_km"], body["precision"]) == (["VT"], 25, "plz")
    assert not set(SECRET_FIELDS) & set(body)
    assert accesses() == [(patient.pk, "API: read_patient", "Website")]


@pytest.mark.parametrize(("pk", "status"), [("999999", 404), (str(10**30), 422), ("x", 422), ("0", 422)])
def test_read_of_nobody(calling, pk, status):
    answer = calling(READ).get(f"{URL}/{pk}")
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert accesses() == []


def test_change_writes_what_is_sent_and_leaves_the_rest(calling):
    patient = PatientFactory(city="Leipzig", max_distance_km=25)
    client = calling(READ, WRITE)
    answer = patch(client, f"/{patient.pk}", {"gp_name": "Dr. Ulme"}, tag(client, patient))
    assert (answer.json()["gp_name"], answer.json()["city"], answer.json()["max_distance_km"]) == (
        "Dr. Ulme",
        "Leipzig",
        25,
    )
    assert answer["ETag"] == tag(client, patient)


def test_change_to_null_empties(calling):
    patient = PatientFactory(birth_date=date(1990, 5, 17))
    client = calling(READ, WRITE)
    changes = {"birth_date": None, "insurer_id": None}
    answer = patch(client, f"/{patient.pk}", changes, tag(client, patient))
    assert (answer.json()["birth_date"], answer.json()["insurer_id"]) == (None, None)


def test_change_of_nothing_keeps_the_version(calling):
    patient = PatientFactory()
    client = calling(READ, WRITE)
    before = tag(client, patient)
    answer = patch(client, f"/{patient.pk}", {}, before)
    assert (answer.status_code, answer["ETag"]) == (200, before)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"city": None}, ["city"]),
        ({"last_name": ""}, ["last_name"]),
        ({"case_code": "AAA-AAA"}, ["case_code"]),
        ({"kvnr": "A123456780"}, ["kvnr"]),
        ({"plz": "1"}, ["plz"]),
        ({"insurer_id": 999_999}, ["insurer_id"]),
        ({"group_wish": "never"}, ["group_wish"]),
    ],
)
def test_change_names_the_wrong_field(calling, changes, wrong):
    patient = PatientFactory()
    client = calling(READ, WRITE)
    assert paths(patch(client, f"/{patient.pk}", changes, tag(client, patient))) == wrong


def test_replace_gives_defaults_to_what_is_left_out(calling):
    patient = PatientFactory(gp_name="Dr. Ulme", languages=["de", "tr"])
    client = calling(READ, WRITE)
    body = put(client, f"/{patient.pk}", {**NAMES, "city": "Halle"}, tag(client, patient)).json()
    assert (body["first_name"], body["city"], body["gp_name"], body["languages"]) == ("Mara", "Halle", "", [])
    assert (body["insurer_id"], body["birth_date"], body["plz"]) == (None, None, "")


def test_replace_leaves_health_data_and_what_the_system_keeps(calling):
    patient = PatientFactory(diagnosis="F32.1", searching=True)
    client = calling(READ, WRITE)
    put(client, f"/{patient.pk}", NAMES, tag(client, patient))
    fresh = Patient.objects.get()
    assert (fresh.diagnosis, fresh.kvnr, fresh.status, fresh.case_code) == (
        "F32.1",
        "A123456780",
        "searching",
        patient.case_code,
    )


def test_replace_with_what_was_read_changes_nothing(calling):
    patient = PatientFactory()
    client = calling(READ, WRITE)
    answer = client.get(f"{URL}/{patient.pk}")
    kept = {name: value for name, value in answer.json().items() if name in PatientIn.model_fields}
    assert put(client, f"/{patient.pk}", kept, answer["ETag"])["ETag"] == answer["ETag"]


@pytest.mark.parametrize("method", [put, patch])
def test_second_of_two_clients_is_told_and_nothing_is_lost(calling, method):
    patient = PatientFactory()
    one, two = calling(READ, WRITE, name="One"), calling(READ, WRITE, name="Two")
    seen = tag(one, patient)
    assert method(one, f"/{patient.pk}", {**NAMES, "city": "Halle"}, seen).status_code == 200
    answer = method(two, f"/{patient.pk}", {**NAMES, "city": "Berlin"}, seen)
    assert (answer.status_code, answer.json()["type"]) == (412, "urn:problem:changed")
    assert Patient.objects.get().city == "Halle"


@pytest.mark.parametrize("method", [put, patch])
def test_change_without_an_etag_is_428(calling, method):
    patient = PatientFactory(city="Leipzig")
    answer = method(calling(WRITE), f"/{patient.pk}", {**NAMES, "city": "Halle"}, "")
    assert answer.status_code == 428
    assert Patient.objects.get().city == "Leipzig"


def test_change_names_the_client_in_the_audit_trail(calling):
    patient = PatientFactory()
    client = calling(READ, WRITE, name="Partner")
    patch(client, f"/{patient.pk}", {"gp_name": "Dr. Ulme"}, tag(client, patient))
    event = patient.events.select_related("pgh_context").order_by("pgh_id").last()
    assert event.pgh_context.metadata["user"] == ApiClient.objects.get(name="Partner").account_id
