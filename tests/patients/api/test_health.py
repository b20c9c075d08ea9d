from datetime import date

import pytest
from django.db import connection

from apps.patients.models import SECRET_FIELDS, Patient
from tests.factories.patients import PatientFactory
from tests.patients.api.asking import URL, accesses, patch, paths, put

pytestmark = pytest.mark.django_db

READ, WRITE, PATIENTS = "health:read", "health:write", "patients:read"


def test_read_shows_every_encrypted_field(calling):
    patient = PatientFactory(referral_code="A1B2-C3D4-E5F6", medication="Sertralin")
    body = calling(READ).get(f"{URL}/{patient.pk}/health").json()
    assert set(body) == set(SECRET_FIELDS) - {"kvnr_index"} | {"patient_id"}
    assert (body["diagnosis"], body["kvnr"], body["referral_code"], body["medication"]) == (
        "F32.1",
        "A123456780",
        "A1B2-C3D4-E5F6",
        "Sertralin",
    )
    assert accesses() == [(patient.pk, "API: read_health", "Website")]


def test_read_of_an_empty_record(calling):
    patient = PatientFactory(empty=True)
    body = calling(READ).get(f"{URL}/{patient.pk}/health").json()
    assert (body["diagnosis"], body["symptoms"], body["has_previous_therapy"]) == ("", [], None)


@pytest.mark.parametrize("scope", [PATIENTS, "patients:write", WRITE])
def test_read_needs_its_own_scope(calling, scope):
    patient = PatientFactory()
    assert calling(scope).get(f"{URL}/{patient.pk}/health").status_code == 403
    assert accesses() == []


def test_change_writes_what_is_sent_and_shows_none_of_it(calling):
    patient = PatientFactory(diagnosis="F32.1", medication="Sertralin")
    client = calling(PATIENTS, WRITE)
    seen = client.get(f"{URL}/{patient.pk}")["ETag"]
    changes = {"diagnosis": "f40.1", "previous_therapy_last_session_on": "2024-03-01"}
    answer = patch(client, f"/{patient.pk}/health", changes, seen)
    fresh = Patient.objects.get()
    assert (fresh.diagnosis, fresh.medication) == ("F40.1", "Sertralin")
    assert fresh.previous_therapy_last_session_on == date(2024, 3, 1)
    assert set(answer.json()) == {"patient_id", "updated_at"}
    assert answer["ETag"] != seen


def test_replace_empties_what_is_left_out_and_nothing_else(calling):
    patient = PatientFactory(has_previous_therapy=True, city="Leipzig")
    client = calling(READ, WRITE)
    seen = client.get(f"{URL}/{patient.pk}/health")["ETag"]
    assert put(client, f"/{patient.pk}/health", {"diagnosis": "F40.1"}, seen).status_code == 200
    fresh = Patient.objects.get()
    assert (fresh.diagnosis, fresh.symptoms, fresh.kvnr, fresh.kvnr_index) == ("F40.1", [], "", "")
    assert (fresh.has_previous_therapy, fresh.city) == (None, "Leipzig")


def test_change_is_encrypted_at_rest(calling):
    patient = PatientFactory()
    client = calling(READ, WRITE)
    seen = client.get(f"{URL}/{patient.pk}/health")["ETag"]
    patch(client, f"/{patient.pk}/health", {"complaints": "Herzklopfen"}, seen)
    with connection.cursor() as cursor:
        cursor.execute("SELECT complaints FROM patients_patient")
        assert "Herzklopfen" not in cursor.fetchone()[0]


def test_change_after_the_patient_was_changed_is_412(calling):
    patient = PatientFactory()
    client = calling(READ, WRITE, PATIENTS, "patients:write")
    seen = client.get(f"{URL}/{patient.pk}/health")["ETag"]
    patch(client, f"/{patient.pk}", {"city": "Halle"}, seen)
    assert patch(client, f"/{patient.pk}/health", {"medication": "x"}, seen).status_code == 412


@pytest.mark.parametrize("method", [put, patch])
def test_change_without_an_etag_is_428(calling, method):
    patient = PatientFactory()
    assert method(calling(WRITE), f"/{patient.pk}/health", {}, "").status_code == 428


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"diagnosis": "Depression"}, ["diagnosis"]),
        ({"kvnr": "A123456789", "referral_code": "A1"}, ["kvnr", "referral_code"]),
        ({"symptoms": ["anxiety", "pain", "grief", "guilt"]}, ["symptoms"]),
        ({"symptoms": ["made_up"]}, ["symptoms"]),
        ({"symptoms": None}, ["symptoms"]),
        ({"marital_status": "complicated"}, ["marital_status"]),
        ({"complaints": "x" * 10_001}, ["complaints"]),
        ({"medication": "\ud800"}, ["medication"]),
        ({"city": "Halle"}, ["city"]),
    ],
)
def test_change_names_the_wrong_field(calling, changes, wrong):
    patient = PatientFactory()
    client = calling(READ, WRITE)
    seen = client.get(f"{URL}/{patient.pk}/health")["ETag"]
    assert paths(patch(client, f"/{patient.pk}/health", changes, seen)) == wrong
