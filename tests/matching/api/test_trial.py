import pytest

from apps.matching.enums import SessionOutcome
from apps.matching.models import TrialSession
from apps.patients.models import Consent
from tests.factories.matching import SessionFactory
from tests.matching.acts import accept, asked, fresh, status_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def accepted(db):
    return accept(asked())


def test_same_session_twice_is_one(caller, accepted):
    for _time in range(2):
        answer = caller.post(
            f"/requests/{accepted.pk}/trial-sessions", {"planned_at": "2026-12-01T09:00:00+01:00"}
        )
        assert answer.status_code == 200
    assert [row["outcome"] for row in answer.json()["trial_sessions"]] == ["planned"]
    assert TrialSession.objects.count() == 1


@pytest.mark.parametrize("moment", ["2026-12-01T09:00:00", "2026-12-01", 5, "0001-01-01T00:00:00Z"])
def test_session_needs_a_moment_with_offset(caller, accepted, moment):
    answer = caller.post(f"/requests/{accepted.pk}/trial-sessions", {"planned_at": moment})
    assert (answer.status_code, [error["path"] for error in answer.json()["errors"]]) == (422, ["planned_at"])


def test_session_needs_an_acceptance(caller):
    body = {"planned_at": "2026-12-01T09:00:00+01:00"}
    assert caller.post(f"/requests/{asked().pk}/trial-sessions", body).status_code == 409


@pytest.mark.parametrize("outcome", SessionOutcome.values)
def test_outcome_of_a_session(caller, outcome):
    session = SessionFactory()
    path = f"/requests/{session.request_id}/trial-sessions/{session.pk}/outcome"
    told = caller.post(path, {"outcome": outcome}).json()
    assert [row["outcome"] for row in told["trial_sessions"]] == [outcome]


def test_session_of_another_request_is_404(caller, accepted):
    session = SessionFactory()
    path = f"/requests/{accepted.pk}/trial-sessions/{session.pk}/outcome"
    assert caller.post(path, {"outcome": "held"}).status_code == 404


def test_confirm_and_undo(caller, accepted):
    assert caller.post(f"/requests/{accepted.pk}/confirm").json()["status"] == "confirmed"
    assert status_of(accepted.search) == ["placed"]
    assert caller.post(f"/requests/{accepted.pk}/confirm").status_code == 409
    undone = caller.post(f"/requests/{accepted.pk}/undo-confirm", {"reason": "wrong row"})
    assert undone.json()["status"] == "accepted"
    assert status_of(accepted.search) == ["trial"]


def test_did_not_fit_and_undo(caller, accepted):
    answer = caller.post(f"/requests/{accepted.pk}/did-not-fit", {"reason": "no trust"})
    assert answer.json()["status"] == "not_fitting"
    assert status_of(accepted.search) == ["active"]
    undone = caller.post(f"/requests/{accepted.pk}/undo-did-not-fit", {"reason": "wrong row"})
    assert undone.json()["status"] == "accepted"
    assert status_of(accepted.search) == ["trial"]


@pytest.mark.parametrize("act", ["confirm", "undo-confirm", "did-not-fit", "undo-did-not-fit"])
def test_act_at_the_wrong_time_is_409(caller, act):
    row = asked()
    assert caller.post(f"/requests/{row.pk}/{act}", {"reason": "x"}).status_code == 409
    assert status_of(row) == ["sent"]


def test_undo_of_the_other_end_is_409(caller, accepted):
    caller.post(f"/requests/{accepted.pk}/confirm")
    assert caller.post(f"/requests/{accepted.pk}/undo-did-not-fit", {"reason": "x"}).status_code == 409
    assert status_of(accepted, accepted.search) == ["confirmed", "placed"]


def test_identity_needs_consent(caller, accepted):
    Consent.objects.filter(patient=accepted.patient_id, purpose="identity").update(withdrawn_on="2026-11-20")
    assert caller.post(f"/requests/{accepted.pk}/release-identity").status_code == 409
    assert fresh(accepted).identity_released_at is None


def test_identity_is_released(caller, accepted):
    told = caller.post(f"/requests/{accepted.pk}/release-identity").json()
    assert told["identity_released_at"] == "2026-11-23T08:00:00Z"
