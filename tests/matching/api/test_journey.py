"""The main job through the interface for programs."""

import pytest

from apps.communication.models import EmailMessage
from apps.matching.models import PlacementRequest, PlacementSearch
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import deliver, status_of

pytestmark = pytest.mark.django_db


def test_from_search_to_confirmed_place(caller):
    patient = PatientFactory()
    for _count in range(3):
        TherapistFactory()

    opened = caller.post("/searches", {"patient_id": patient.pk})
    assert opened.status_code == 201
    search_id = opened.json()["id"]
    assert opened["Location"] == f"/api/v1/searches/{search_id}"
    assert caller.get(f"/searches/{search_id}/candidates").json()["candidate_count"] == 3

    planned = caller.post("/rounds")
    assert planned.status_code == 201
    round_id = planned.json()["id"]
    assert (planned.json()["draft_count"], planned.json()["request_count"]) == (3, 3)
    released = caller.post(f"/rounds/{round_id}/release").json()
    assert (len(released["released"]), released["refused"]) == (3, [])
    assert caller.get(f"/rounds/{round_id}").json()["status"] == "released"
    assert deliver() == 3

    first, second, third = caller.get("/requests", search_id=search_id).json()["items"]
    yes = {"outcome": "accepted", "source": "phone"}
    assert caller.post(f"/requests/{first['id']}/answer", yes).json()["status"] == "accepted"
    late = caller.post(f"/requests/{second['id']}/answer", yes)
    assert (late.status_code, late.json()["status"]) == (200, "conflict")
    assert caller.get(f"/requests/{third['id']}").json()["status"] == "withdrawn"
    assert caller.get(f"/searches/{search_id}").json()["status"] == "trial"
    letters = EmailMessage.objects.filter(kind="withdrawal").order_by("status")
    assert [letter.status for letter in letters] == ["cancelled", "queued"]  # a late yes is not told of a no

    settled = caller.post(f"/requests/{second['id']}/resolve-conflict", {"is_taken": False})
    assert settled.json()["status"] == "withdrawn"

    session = {"planned_at": "2026-12-01T09:00:00+01:00"}
    noted = caller.post(f"/requests/{first['id']}/trial-sessions", session).json()
    (noted_session,) = noted["trial_sessions"]
    outcome = f"/requests/{first['id']}/trial-sessions/{noted_session['id']}/outcome"
    assert caller.post(outcome, {"outcome": "held"}).json()["trial_sessions"][0]["outcome"] == "held"
    assert caller.post(f"/requests/{first['id']}/confirm").json()["status"] == "confirmed"

    search = PlacementSearch.objects.get()
    assert status_of(search, search.patient) == ["placed", "in_therapy"]
    history = caller.get(f"/searches/{search_id}/history").json()["steps"]
    assert [step["new"] for step in history if step["request_id"] is None] == ["active", "trial", "placed"]
    assert {step["actor"] for step in history if step["new"] in ("accepted", "confirmed")} == {"Website"}


def test_planning_twice_with_one_key_plans_once(caller):
    PatientFactory()
    TherapistFactory()
    caller.post("/searches", {"patient_id": PatientFactory().pk})
    first = caller.post("/rounds", Idempotency_Key="monday")
    again = caller.post("/rounds", Idempotency_Key="monday")
    assert (first.status_code, again.status_code, again["Idempotent-Replay"]) == (201, 201, "true")
    assert first.json() == again.json()
    assert PlacementRequest.objects.count() == 1


def test_answer_with_one_key_is_one_act(caller):
    search_id = caller.post("/searches", {"patient_id": PatientFactory().pk}).json()["id"]
    therapist = TherapistFactory()
    added = caller.post("/requests", {"search_id": search_id, "therapist_id": therapist.pk}).json()
    caller.post(f"/inquiries/{added['inquiry_id']}/release")
    deliver()
    body = {"outcome": "rejected", "reason": "capacity", "source": "phone"}
    answers = [
        caller.post(f"/requests/{added['id']}/answer", body, Idempotency_Key="call-7") for _time in range(2)
    ]
    assert [answer.json()["status"] for answer in answers] == ["rejected", "rejected"]
    assert PlacementRequest.objects.get().history.filter(new="rejected").count() == 1
