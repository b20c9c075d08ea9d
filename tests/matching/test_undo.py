"""Second acceptances settled, answers undone: with trace, and as far as nobody outside was told."""

from datetime import date, timedelta
from typing import Any

import pytest

from apps.communication.enums import EmailStatus
from apps.core.errors import StaleState
from apps.events import services as events
from apps.matching.enums import ExclusionSource, RequestStatus
from apps.matching.models import TherapistExclusion
from apps.matching.services import answers, patient_news, trial
from apps.therapists.models import ContactPause
from tests.factories.matching import SearchFactory, SessionFactory
from tests.matching.acts import (
    AT,
    TODAY,
    accept,
    answer,
    ask,
    asked,
    bring,
    by_phone,
    deliver,
    fresh,
    let_out,
    letters_to,
    operations,
    refused,
    reject,
    status_of,
    steps,
    waiting_calls,
)

pytestmark = pytest.mark.django_db

R = RequestStatus
LATER = AT + timedelta(days=1)
TOMORROW = TODAY + timedelta(days=1)
UNTIL = date(2027, 2, 1)


def _undo(request: Any, reason: str = "wrong row", at: Any = LATER) -> Any:
    return answers.undo_answer(request=request, actor=None, at=at, reason=reason)


# conflicts


@pytest.fixture
def conflict() -> Any:
    """A second acceptance; the first is on trial."""
    search = SearchFactory()
    first, second = asked(search), asked(search)
    accept(first)
    deliver()  # the second therapist is told, and says yes nevertheless
    accept(fresh(second))
    return fresh(second)


def _resolve(request: Any, take: bool) -> Any:
    return answers.resolve_conflict(request=request, take=take, actor=None, at=LATER, today=TOMORROW)


def test_conflict_thanked_is_withdrawn_and_told(conflict: Any) -> None:
    _resolve(conflict, take=False)
    settled = fresh(conflict)
    assert (settled.status, settled.conflict_resolved_at, settled.ended_at) == (R.WITHDRAWN, LATER, LATER)
    assert [email.status for email in letters_to(conflict.therapist, "withdrawal")] == ["sent", "queued"]
    assert settled.history.order_by("-id").first().reason != ""
    assert len(operations(LATER)) == 1


def test_conflict_cannot_be_taken_while_the_first_is_on_trial(conflict: Any) -> None:
    with refused():
        _resolve(conflict, take=True)
    assert status_of(conflict, conflict.search) == ["conflict", "trial"]


def test_conflict_taken_when_the_first_did_not_fit(conflict: Any) -> None:
    first = conflict.search.requests.get(status=R.ACCEPTED)
    trial.did_not_fit(request=first, reason="too far", actor=None, at=AT)
    other = asked(conflict.search, at=AT)
    _resolve(conflict, take=True)
    assert status_of(conflict, conflict.search, other) == ["accepted", "trial", "withdrawn"]
    assert fresh(conflict).conflict_resolved_at == LATER


def test_conflict_settled_twice_is_stale(conflict: Any) -> None:
    _resolve(conflict, take=False)
    with pytest.raises(StaleState):
        _resolve(conflict, take=False)
    assert len(letters_to(conflict.therapist, "withdrawal")) == 2


# undo


@pytest.mark.parametrize(
    ("outcome", "parts"),
    [(R.WAITLISTED, {"waitlist_until": UNTIL}), (R.REJECTED, {"reason": "not_suitable", "note": "zu weit"})],
)
def test_undo_leaves_nothing_but_the_trace(outcome: RequestStatus, parts: dict[str, Any]) -> None:
    request = asked()
    before = {name: getattr(request, name) for name in answers.NO_ANSWER}
    answer(request, outcome, **parts)
    _undo(request)
    back = fresh(request)
    assert back.status == R.SENT
    assert {name: getattr(back, name) for name in answers.NO_ANSWER} == before
    assert TherapistExclusion.objects.count() == 0
    assert ContactPause.objects.filter(lifted_at__isnull=True).count() == 0
    assert fresh(request.inquiry).status == "sent"
    assert fresh(request.inquiry).ended_at is None
    assert steps(request)[-2:] == [("sent", outcome), (outcome, "sent")]
    assert len(operations(LATER)) == 1


def test_undo_keeps_an_exclusion_the_patient_wished() -> None:
    request = asked()
    TherapistExclusion.objects.create(
        patient=request.search.patient, therapist=request.therapist, source=ExclusionSource.PATIENT
    )
    reject(request, reason="not_suitable")
    _undo(request)
    assert TherapistExclusion.objects.get().source == ExclusionSource.PATIENT


def test_undo_keeps_the_pause_of_another_answer_in_the_inquiry() -> None:
    inquiry = ask(SearchFactory(), SearchFactory())
    first, second = inquiry.requests.order_by("id")
    reject(first)
    reject(second)
    _undo(second)
    assert ContactPause.objects.filter(lifted_at__isnull=True).count() == 1
    _undo(first)
    assert ContactPause.objects.filter(lifted_at__isnull=True).count() == 0


def test_undo_of_an_acceptance_takes_back_what_nobody_was_told() -> None:
    search = SearchFactory()
    winner = asked(search)
    told, untold, phoned = asked(search), asked(search), asked(search, by_phone())
    accept(winner)
    (gone,) = letters_to(told.therapist, "withdrawal")
    bring(gone, EmailStatus.SENDING, EmailStatus.HANDING_OVER, EmailStatus.SENT)
    _undo(winner)
    assert status_of(winner, told, untold, phoned) == ["sent", "withdrawn", "sent", "sent"]
    assert status_of(search) == ["active"]
    assert status_of(told.inquiry, untold.inquiry, phoned.inquiry) == ["withdrawn", "sent", "sent"]
    assert [email.status for email in letters_to(untold.therapist, "withdrawal")] == ["cancelled"]
    assert fresh(untold).ended_at is None
    assert len(operations(LATER)) == 1
    assert fresh(winner).history.order_by("-id").first().reason == "wrong row"


def test_undo_of_an_acceptance_calls_the_good_news_off() -> None:
    request = asked()
    accept(request)
    (news,) = request.search.patient.emails.all()
    assert (news.kind, news.status) == ("patient_place_found", EmailStatus.QUEUED)
    trial.release_identity(request=fresh(request), actor=None, at=AT, today=TODAY)
    call = patient_news.send_place_call(request=fresh(request), actor=None, at=AT)
    _undo(request)
    assert status_of(news, call) == ["cancelled", "cancelled"]


def test_undo_of_a_conflict_leaves_the_told_therapist_alone() -> None:
    """The request had been withdrawn before: it does not wait for an answer again."""
    search = SearchFactory()
    first, second = asked(search), asked(search)
    accept(first)
    deliver()
    accept(fresh(second))
    _undo(fresh(second))
    back = fresh(second)
    assert (back.status, back.answered_at, back.answer_source) == (R.WITHDRAWN, None, "")
    assert status_of(second.inquiry, first, search) == ["withdrawn", "accepted", "trial"]


def test_undo_twice_is_stale() -> None:
    request = asked()
    reject(request)
    _undo(request)
    with pytest.raises(StaleState):
        _undo(request)


def test_undo_of_no_answer_is_stale() -> None:
    with pytest.raises(StaleState):
        _undo(asked())


def test_undo_of_an_acceptance_with_trial_sessions_is_stale() -> None:
    request = asked()
    accept(request)
    SessionFactory(request=request)
    with pytest.raises(StaleState):
        _undo(request)
    assert status_of(request) == ["accepted"]


def test_undo_while_another_inquiry_is_open_is_refused() -> None:
    request = asked()
    reject(request)
    later = AT + timedelta(days=60)
    let_out(SearchFactory(), therapist=request.therapist, at=later)
    with refused():
        _undo(request, at=later)
    assert status_of(request, request.inquiry) == ["rejected", "answered"]


def test_undo_then_the_right_answer() -> None:
    request = asked()
    reject(request)
    _undo(request)
    accept(fresh(request), at=LATER)
    assert status_of(request, request.search, request.inquiry) == ["accepted", "trial", "answered"]


# letters that did not go out


def test_withdrawal_letter_of_an_inquiry_that_never_went_out_is_called_off() -> None:
    search = SearchFactory()
    winner, inquiry = asked(search), let_out(search)
    (letter,) = letters_to(inquiry.therapist, "inquiry")
    bring(letter, EmailStatus.SENDING)
    accept(winner)
    bring(letter, EmailStatus.FAILED)
    events.dispatch(at=LATER)
    assert status_of(inquiry, letter) == ["cancelled", "cancelled"]
    assert [email.status for email in letters_to(inquiry.therapist, "withdrawal")] == ["cancelled"]
    assert waiting_calls(inquiry) == []
