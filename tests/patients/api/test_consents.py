from datetime import date

import pytest
import time_machine

from apps.patients.enums import Purpose
from tests.factories.patients import ConsentFactory, PatientFactory
from tests.patients.api.asking import URL, accesses, paths, post

pytestmark = pytest.mark.django_db

READ, WRITE = "patients:read", "patients:write"
BODY = {"purpose": "email", "given_on": "2026-11-01", "proof": "contract, page 3"}


@pytest.fixture(autouse=True)
def monday(at):
    with time_machine.travel(at, tick=False):
        yield


def test_list_shows_withdrawn_ones_too(calling):
    patient = PatientFactory(consents=[Purpose.EMAIL])
    ConsentFactory(
        patient=patient, purpose=Purpose.EMAIL, given_on=date(2026, 1, 1), withdrawn_on=date(2026, 2, 1)
    )
    items = calling(READ).get(f"{URL}/{patient.pk}/consents").json()["items"]
    assert [(one["given_on"], one["withdrawn_on"], one["is_in_force"]) for one in items] == [
        ("2026-10-01", None, True),
        ("2026-01-01", "2026-02-01", False),
    ]
    assert accesses() == [(patient.pk, "API: list_consents", "Website")]


def test_give_records_day_and_proof(calling):
    patient = PatientFactory(consents=())
    answer = post(calling(WRITE), f"/{patient.pk}/consents", BODY)
    row = patient.consents.get()
    assert (answer.status_code, answer.json()) == (
        201,
        {**BODY, "id": row.pk, "withdrawn_on": None, "is_in_force": True},
    )
    assert (row.purpose, row.given_on, row.proof) == ("email", date(2026, 11, 1), "contract, page 3")


def test_give_twice_is_refused(calling):
    patient = PatientFactory(consents=[Purpose.EMAIL])
    answer = post(calling(WRITE), f"/{patient.pk}/consents", BODY)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:problem:refused")
    assert patient.consents.count() == 1


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"purpose": "all"}, ["purpose"]),
        ({"given_on": "2026-11-24"}, ["given_on"]),
        ({"given_on": 1}, ["given_on"]),
        ({"proof": " "}, ["proof"]),
        ({"proof": "\x00"}, ["proof"]),
    ],
)
def test_give_names_the_wrong_field(calling, change, wrong):
    patient = PatientFactory(consents=())
    assert paths(post(calling(WRITE), f"/{patient.pk}/consents", {**BODY, **change})) == wrong


def test_withdraw_ends_the_one_in_force(calling):
    patient = PatientFactory(consents=[Purpose.EMAIL])
    body = {"withdrawn_on": "2026-11-20"}
    answer = post(calling(WRITE), f"/{patient.pk}/consents/email/withdraw", body)
    assert (answer.json()["withdrawn_on"], answer.json()["is_in_force"]) == ("2026-11-20", False)
    assert patient.consents.get().withdrawn_on == date(2026, 11, 20)
    assert accesses() == [(patient.pk, "API: withdraw_consent", "Website")]


def test_withdraw_of_none_is_refused(calling):
    patient = PatientFactory(consents=())
    body = {"withdrawn_on": "2026-11-20"}
    answer = post(calling(WRITE), f"/{patient.pk}/consents/email/withdraw", body)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:problem:stale")


@pytest.mark.parametrize("day", ["2026-11-24", "2026-09-30"])
def test_withdraw_on_an_impossible_day_names_the_field(calling, day):
    patient = PatientFactory(consents=[Purpose.EMAIL])
    answer = post(calling(WRITE), f"/{patient.pk}/consents/email/withdraw", {"withdrawn_on": day})
    assert paths(answer) == ["withdrawn_on"]


def test_withdraw_of_an_unknown_purpose_is_422(calling):
    patient = PatientFactory()
    answer = post(calling(WRITE), f"/{patient.pk}/consents/all/withdraw", {"withdrawn_on": "2026-11-20"})
    assert paths(answer) == ["purpose"]
