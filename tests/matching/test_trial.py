"""Trial sessions and how they end. Only a confirmed place counts as success."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from apps.core.errors import StaleState
from apps.matching.engine.reasons import Reason
from apps.matching.enums import ExclusionSource, SessionOutcome
from apps.matching.models import PlacementRequest, TherapistExclusion
from apps.matching.services import answers, patient_news, trial
from apps.patients.enums import PatientStatus, Purpose
from apps.patients.services import consents
from tests.factories.matching import SearchFactory
from tests.factories.patients import PatientFactory
from tests.matching.acts import (
    AT,
    TODAY,
    accept,
    asked,
    fresh,
    operations,
    reasons,
    refused,
    status_of,
    steps,
)

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(days=30)
LATER_DAY = TODAY + timedelta(days=30)
FIRST_SESSION = datetime(2026, 12, 1, 15, 0, tzinfo=AT.tzinfo)


@pytest.fixture
def accepted() -> PlacementRequest:
    request = asked()
    accept(request)
    return fresh(request)


def _confirm(request: Any) -> Any:
    return trial.confirm(request=request, actor=None, at=LATER, today=LATER_DAY)


def test_plan_session_twice_is_one_session(accepted: PlacementRequest) -> None:
    first = trial.plan_session(request=accepted, planned_at=FIRST_SESSION)
    assert trial.plan_session(request=accepted, planned_at=FIRST_SESSION) == first
    assert (first.outcome, accepted.trial_sessions.count()) == (SessionOutcome.PLANNED, 1)


def test_plan_session_before_an_acceptance_is_stale() -> None:
    with pytest.raises(StaleState):
        trial.plan_session(request=asked(), planned_at=FIRST_SESSION)


@pytest.mark.parametrize("outcome", [SessionOutcome.HELD, SessionOutcome.NO_SHOW, SessionOutcome.CANCELLED])
def test_record_session_keeps_the_outcome_and_ends_nothing(
    accepted: PlacementRequest, outcome: SessionOutcome
) -> None:
    session = trial.plan_session(request=accepted, planned_at=FIRST_SESSION)
    trial.record_session(session=session, outcome=outcome)
    assert fresh(session).outcome == outcome
    assert status_of(accepted, accepted.search) == ["accepted", "trial"]


def test_release_identity_without_the_consent_is_refused() -> None:
    patient = PatientFactory(searching=True, consents=[Purpose.HEALTH_DATA, Purpose.PSEUDONYMOUS])
    request = asked(SearchFactory(patient=patient))
    accept(request)
    with refused():
        trial.release_identity(request=request, actor=None, at=AT, today=TODAY)
    assert fresh(request).identity_released_at is None
    consents.give(patient=patient, purpose=Purpose.IDENTITY, on=TODAY, proof="phone", at=AT)
    trial.release_identity(request=request, actor=None, at=AT, today=TODAY)
    assert fresh(request).identity_released_at == AT


def test_release_identity_after_the_consent_was_withdrawn_is_refused(accepted: PlacementRequest) -> None:
    consents.withdraw(patient=accepted.search.patient, purpose=Purpose.IDENTITY, on=TODAY, at=AT)
    with refused():
        trial.release_identity(request=accepted, actor=None, at=AT, today=TODAY)


def test_release_identity_twice_keeps_the_first_moment(accepted: PlacementRequest) -> None:
    trial.release_identity(request=accepted, actor=None, at=AT, today=TODAY)
    trial.release_identity(request=accepted, actor=None, at=LATER, today=LATER_DAY)
    assert fresh(accepted).identity_released_at == AT


def test_release_identity_to_somebody_who_has_not_accepted_is_stale() -> None:
    with pytest.raises(StaleState):
        trial.release_identity(request=asked(), actor=None, at=AT, today=TODAY)


def test_confirm_ends_the_search_and_brings_the_patient_into_therapy(accepted: PlacementRequest) -> None:
    _confirm(accepted)
    search = fresh(accepted.search)
    assert (fresh(accepted).status, search.status, search.ended_on) == ("confirmed", "placed", LATER_DAY)
    patient = fresh(search.patient)
    assert (patient.status, patient.place_confirmed_on, patient.first_place_on) == (
        PatientStatus.IN_THERAPY,
        LATER_DAY,
        TODAY,
    )
    assert len(operations(LATER)) == 1


def test_confirm_twice_or_too_early_is_stale(accepted: PlacementRequest) -> None:
    _confirm(accepted)
    for request in (fresh(accepted), asked()):
        with pytest.raises(StaleState):
            _confirm(request)


def test_undo_confirm_goes_back_to_trial_sessions(accepted: PlacementRequest) -> None:
    _confirm(accepted)
    later = LATER + timedelta(hours=1)
    trial.undo_confirm(request=fresh(accepted), actor=None, at=later, reason="wrong row")
    search = fresh(accepted.search)
    assert (fresh(accepted).status, search.status, search.ended_on) == ("accepted", "trial", None)
    patient = fresh(search.patient)
    assert (patient.status, patient.place_confirmed_on) == (PatientStatus.SEARCHING, None)
    assert steps(accepted)[-2:] == [("accepted", "confirmed"), ("confirmed", "accepted")]
    assert accepted.history.order_by("-id").first().reason == "wrong row"
    assert len(operations(later)) == 1
    _confirm(fresh(accepted))
    assert status_of(accepted) == ["confirmed"]


def test_undo_confirm_of_what_is_not_confirmed_is_stale(accepted: PlacementRequest) -> None:
    with pytest.raises(StaleState):
        trial.undo_confirm(request=accepted, actor=None, at=LATER, reason="wrong row")


def test_did_not_fit_goes_on_without_this_therapist(accepted: PlacementRequest) -> None:
    trial.did_not_fit(request=accepted, reason="no trust", actor=None, at=LATER)
    ended = fresh(accepted)
    assert (ended.status, ended.ended_at) == ("not_fitting", LATER)
    assert status_of(accepted.search) == ["active"]
    exclusion = TherapistExclusion.objects.get()
    assert (exclusion.patient, exclusion.therapist, exclusion.source, exclusion.reason) == (
        accepted.search.patient,
        accepted.therapist,
        ExclusionSource.NOT_FITTING,
        "no trust",
    )
    assert Reason.EXCLUDED_BY_PATIENT in reasons(accepted.search, accepted.therapist, date(2027, 6, 1))
    assert len(operations(LATER)) == 1


def test_did_not_fit_calls_the_letter_to_the_patient_off(accepted: PlacementRequest) -> None:
    trial.release_identity(request=accepted, actor=None, at=AT, today=TODAY)
    letter = patient_news.send_place_call(request=accepted, actor=None, at=AT)
    trial.did_not_fit(request=accepted, reason="no trust", actor=None, at=LATER)
    assert status_of(letter) == ["cancelled"]


def test_did_not_fit_without_a_reason_is_refused(accepted: PlacementRequest) -> None:
    with refused():
        trial.did_not_fit(request=accepted, reason=" ", actor=None, at=LATER)
    assert status_of(accepted) == ["accepted"]


def test_did_not_fit_then_somebody_else_is_confirmed(accepted: PlacementRequest) -> None:
    trial.did_not_fit(request=accepted, reason="no trust", actor=None, at=AT)
    second = asked(fresh(accepted.search))
    accept(second)
    _confirm(fresh(second))
    assert status_of(accepted, second, accepted.search) == ["not_fitting", "confirmed", "placed"]
    with pytest.raises(StaleState):
        answers.undo_answer(request=fresh(second), actor=None, at=LATER, reason="late")
