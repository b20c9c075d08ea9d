from datetime import date

import pytest
import time_machine

from apps.core.transitions import record_start, write_history
from apps.patients.models import Patient
from tests.factories.patients import PatientFactory
from tests.patients.api.asking import URL, accesses, paths, post

pytestmark = pytest.mark.django_db

READ, WRITE, HEALTH = "patients:read", "patients:write", "health:read"
BECAUSE = {"reason": "phoned today"}


@pytest.fixture(autouse=True)
def monday(at):
    with time_machine.travel(at, tick=False):
        yield


def in_therapy() -> Patient:
    return PatientFactory(status="in_therapy", started_on=date(2026, 10, 6))


def test_prerequisites_of_a_complete_patient(calling):
    patient = PatientFactory()
    body = calling(READ).get(f"{URL}/{patient.pk}/prerequisites").json()
    assert body["is_ready"] is True
    assert {one["is_met"] for one in body["items"]} == {True}
    assert accesses() == [(patient.pk, "API: read_prerequisites", "Website")]


def test_prerequisites_name_what_is_missing(calling):
    patient = PatientFactory(sprechstunde_on=None, diagnosis="")
    answer = calling(READ).get(f"{URL}/{patient.pk}/prerequisites", headers={"accept-language": "en"})
    missing = [(one["code"], one["field"]) for one in answer.json()["items"] if not one["is_met"]]
    assert (answer.json()["is_ready"], missing) == (
        False,
        [("sprechstunde", "sprechstunde_on"), ("diagnosis", "diagnosis")],
    )


@pytest.mark.parametrize(("scopes", "is_told"), [([READ], False), ([READ, HEALTH], True)])
def test_prerequisites_tell_of_a_former_therapy_only_with_the_scope(calling, scopes, is_told):
    patient = PatientFactory(has_previous_therapy=True, previous_therapy_last_session_on=date(2026, 1, 5))
    body = calling(*scopes).get(f"{URL}/{patient.pk}/prerequisites").json()
    assert ("two_years" in [one["code"] for one in body["items"]]) is is_told


def test_history_is_newest_first_and_paged(calling, at, coordinator):
    patient = in_therapy()
    write_history(patient, old="searching", new="in_therapy", actor=coordinator, at=at, reason="weint viel")
    client = calling(READ, WRITE, name="Partner")
    post(client, f"/{patient.pk}/complete-therapy", BECAUSE)
    first = client.get(f"{URL}/{patient.pk}/history?limit=1").json()
    second = client.get(f"{URL}/{patient.pk}/history", {"limit": 1, "cursor": first["next"]}).json()
    rows = [*first["items"], *second["items"]]
    assert [(row["old"], row["new"], row["actor"], row["reason"]) for row in rows] == [
        ("in_therapy", "therapy_completed", "Partner", None),
        ("searching", "in_therapy", coordinator.display_name, None),
    ]
    assert second["next"] == ""


def test_history_tells_reasons_with_the_scope(calling):
    patient = in_therapy()
    client = calling(READ, WRITE, HEALTH)
    post(client, f"/{patient.pk}/complete-therapy", BECAUSE)
    assert client.get(f"{URL}/{patient.pk}/history").json()["items"][0]["reason"] == "phoned today"


@pytest.mark.parametrize("count", [1, 10])
def test_history_costs_the_same_queries_for_any_number(
    calling, coordinator, at, count, django_assert_num_queries
):
    patient = PatientFactory()
    for _number in range(count):
        record_start(patient, actor=coordinator, at=at)
    client = calling(READ)
    client.get(URL)
    with django_assert_num_queries(4):  # token, patient, log of accesses, rows with their actors
        assert len(client.get(f"{URL}/{patient.pk}/history").json()["items"]) == count


@pytest.mark.parametrize(
    ("step", "status"),
    [("complete-therapy", "therapy_completed"), ("discontinue-therapy", "therapy_discontinued")],
)
def test_therapy_ends_and_is_reopened(calling, step, status):
    patient = in_therapy()
    client = calling(WRITE, READ)
    answer = post(client, f"/{patient.pk}/{step}", BECAUSE)
    assert (answer.json()["id"], answer.json()["status"]) == (patient.pk, status)
    assert answer["ETag"] == client.get(f"{URL}/{patient.pk}")["ETag"]
    assert Patient.objects.get().status == status
    assert post(client, f"/{patient.pk}/reopen-therapy", BECAUSE).json()["status"] == "in_therapy"
    assert list(patient.history.values_list("new", "reason")) == [
        (status, "phoned today"),
        ("in_therapy", "phoned today"),
    ]


@pytest.mark.parametrize("step", ["complete-therapy", "discontinue-therapy", "reopen-therapy"])
def test_step_out_of_another_state_is_409(calling, step):
    patient = PatientFactory(searching=True)
    answer = post(calling(WRITE), f"/{patient.pk}/{step}", BECAUSE)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:problem:stale")
    assert Patient.objects.get().status == "searching"


@pytest.mark.parametrize("reason", ["", "  ", "x" * 301, "\x00"])
def test_step_without_a_usable_reason_is_refused(calling, reason):
    patient = in_therapy()
    assert paths(post(calling(WRITE), f"/{patient.pk}/complete-therapy", {"reason": reason})) == ["reason"]
    assert Patient.objects.get().status == "in_therapy"
