"""Opening, pausing, resuming, cancelling, excluding."""

from datetime import date, timedelta
from typing import Any

import pytest

from apps.accounts.models import User
from apps.communication.enums import EmailStatus
from apps.core.errors import StaleState
from apps.matching.engine.reasons import Reason
from apps.matching.enums import ExclusionSource, SearchStatus
from apps.matching.models import PlacementSearch, TherapistExclusion
from apps.matching.selectors.loading import plannable
from apps.matching.services import searches
from apps.patients.enums import PatientStatus
from tests.factories.matching import SearchFactory
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import (
    AT,
    TODAY,
    accept,
    ask,
    asked,
    by_phone,
    deliver,
    fresh,
    let_out,
    letters_to,
    operations,
    plan,
    reasons,
    refused,
    status_of,
    steps,
    waiting_calls,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def _open(patient: Any, **fields: Any) -> PlacementSearch:
    return searches.open_search(patient=patient, **{"actor": None, "at": AT, "today": TODAY, **fields})


def _pause(
    search: PlacementSearch, paused_from: date = TODAY, until: date | None = None, reason: str = "ill"
) -> Any:
    return searches.pause(
        search=search, paused_from=paused_from, until=until, reason=reason, actor=None, at=AT, today=TODAY
    )


def _cancel(search: PlacementSearch, reason: str = "moved away") -> Any:
    return searches.cancel(search=search, reason=reason, actor=None, at=AT, today=TODAY)


# opening


def test_open_search_begins_today_and_moves_the_patient(coordinator: User) -> None:
    patient = PatientFactory()
    search = _open(patient, actor=coordinator, is_kostenerstattung=True)
    assert (search.status, search.started_on, search.is_kostenerstattung) == ("active", TODAY, True)
    assert fresh(patient).status == PatientStatus.SEARCHING
    assert list(search.history.values_list("old", "new", "actor", "at")) == [
        ("", "active", coordinator.pk, AT)
    ]
    assert len(operations(AT)) == 1


def test_open_search_second_one_is_refused() -> None:
    patient = PatientFactory()
    _open(patient)
    with refused():
        _open(patient)
    assert patient.searches.count() == 1


def test_open_search_without_the_prerequisites_is_refused() -> None:
    patient = PatientFactory(contracts_signed_on=None)
    with refused():
        _open(patient)
    assert (patient.searches.count(), fresh(patient).status) == (0, PatientStatus.OPEN)


def test_open_search_after_a_cancelled_one_is_a_new_one() -> None:
    patient = PatientFactory()
    first = _cancel(_open(patient))
    second = _open(patient)
    assert status_of(first, second) == ["cancelled", "active"]
    assert fresh(patient).status == PatientStatus.SEARCHING


# pausing


def test_pause_now_takes_unsent_requests_out_and_leaves_asked_ones() -> None:
    search, other = SearchFactory(), SearchFactory()
    sent, draft, shared = asked(search), plan(search), let_out(search, other)
    paused = _pause(search, until=TODAY + 7 * DAY)
    assert (paused.status, paused.paused_from, paused.paused_until, paused.pause_reason) == (
        "paused",
        TODAY,
        TODAY + 7 * DAY,
        "ill",
    )
    assert status_of(sent, draft) == ["sent", "cancelled"]
    assert status_of(*shared.requests.order_by("id")) == ["withdrawn", "released"]
    assert not plannable(today=TODAY).filter(pk=search.pk).exists()


@pytest.mark.parametrize(
    ("paused_from", "until"),
    [(TODAY, TODAY - DAY), (TODAY + 5 * DAY, TODAY + 4 * DAY), (TODAY - 9 * DAY, TODAY - DAY)],
)
def test_pause_that_ends_too_early_is_refused(paused_from: date, until: date) -> None:
    search = SearchFactory()
    with refused():
        _pause(search, paused_from, until)
    assert status_of(search) == ["active"]


def test_pause_without_a_reason_is_refused() -> None:
    with refused():
        _pause(SearchFactory(), reason="  ")


def test_pause_of_the_future_is_noted_and_begins_by_itself() -> None:
    search = SearchFactory()
    first, last = TODAY + 3 * DAY, TODAY + 5 * DAY
    _pause(search, first, last)
    draft = plan(search)
    assert status_of(search, draft) == ["active", "draft"]
    states = []
    for day in range(7):
        searches.resume_due(today=TODAY + day * DAY, at=AT + day * DAY)
        states.append(fresh(search).status)
    assert states == ["active"] * 3 + ["paused"] * 3 + ["active"]
    assert status_of(draft) == ["cancelled"]
    assert steps(search) == [("active", "paused"), ("paused", "active")]
    ended = fresh(search)
    assert (ended.paused_from, ended.paused_until, ended.pause_reason) == (None, None, "")


def test_pause_of_the_future_is_not_planned_for_even_before_the_night_run() -> None:
    search = SearchFactory()
    _pause(search, TODAY + DAY, TODAY + 2 * DAY)
    found = [plannable(today=TODAY + day * DAY).filter(pk=search.pk).exists() for day in range(4)]
    assert found == [True, False, False, True]


def test_pause_missed_altogether_is_forgotten() -> None:
    search = SearchFactory()
    _pause(search, TODAY + DAY, TODAY + 2 * DAY)
    assert searches.resume_due(today=TODAY + 9 * DAY, at=AT + 9 * DAY) == 1
    assert (fresh(search).status, fresh(search).paused_from) == ("active", None)
    assert steps(search) == []


def test_resume_due_counts_begun_and_ended_pauses() -> None:
    over = SearchFactory(paused=True, paused_until=TODAY - DAY)
    running = SearchFactory(paused=True, paused_until=TODAY)
    endless = SearchFactory(paused=True)
    beginning = SearchFactory(paused_from=TODAY, pause_reason="holiday")
    assert searches.resume_due(today=TODAY, at=AT) == 2
    assert status_of(over, running, endless, beginning) == ["active", "paused", "paused", "paused"]
    assert searches.resume_due(today=TODAY, at=AT) == 0


def test_resume_by_hand_clears_the_pause(coordinator: User) -> None:
    search = _pause(SearchFactory())
    searches.resume(search=search, actor=coordinator, at=AT, reason="well again")
    back = fresh(search)
    assert (back.status, back.paused_from, back.pause_reason) == ("active", None, "")
    assert back.history.order_by("-id").first().reason == "well again"
    with pytest.raises(StaleState):
        searches.resume(search=search, actor=coordinator, at=AT)


@pytest.mark.parametrize("paused_from", [TODAY, TODAY + DAY])
def test_pause_of_an_ended_search_is_stale(paused_from: date) -> None:
    with pytest.raises(StaleState):
        _pause(SearchFactory(ended=True), paused_from)


# cancelling


def test_cancel_withdraws_everything_and_tells_who_was_asked() -> None:
    search = SearchFactory()
    patient = search.patient
    written, phoned = asked(search), asked(search, by_phone())
    waits, draft, called = let_out(search), plan(search), let_out(search, therapist=by_phone())
    _cancel(search)
    ended = fresh(search)
    assert (ended.status, ended.ended_on) == ("cancelled", TODAY)
    assert fresh(patient).status == PatientStatus.SEARCH_CANCELLED
    assert status_of(written, phoned) == ["withdrawn", "withdrawn"]
    assert status_of(waits, draft, called) == ["cancelled"] * 3
    assert waiting_calls(called) == []
    (letter,) = letters_to(written.therapist, "withdrawal")
    assert "wird zurzeit nicht mehr gesucht" in letter.text
    assert "Therapieplatz gefunden" not in letter.text
    assert letters_to(phoned.therapist, "withdrawal") == []


def test_cancel_is_one_operation() -> None:
    search = SearchFactory()
    later = AT + DAY
    asked(search), plan(search)
    searches.cancel(search=search, reason="moved away", actor=None, at=later, today=TODAY)
    assert len(operations(later)) == 1


def test_cancel_without_a_reason_or_twice_is_refused() -> None:
    search = SearchFactory()
    with refused():
        _cancel(search, reason=" ")
    _cancel(search)
    with pytest.raises(StaleState):
        _cancel(search)


def test_undo_cancel_goes_on_and_asks_nobody_again() -> None:
    search = SearchFactory()
    request = asked(search)
    _cancel(search)
    searches.undo_cancel(search=search, actor=None, at=AT + DAY)
    back = fresh(search)
    assert (back.status, back.ended_on) == ("active", None)
    assert fresh(search.patient).status == PatientStatus.SEARCHING
    assert status_of(request) == ["withdrawn"]
    assert len(operations(AT + DAY)) == 1


def test_undo_cancel_beside_a_newer_search_is_stale() -> None:
    search = SearchFactory()
    _cancel(search)
    newer = _open(search.patient)
    with pytest.raises(StaleState):
        searches.undo_cancel(search=search, actor=None, at=AT)
    assert status_of(search, newer) == ["cancelled", "active"]


# withdrawing, excluding


def test_withdraw_open_counts_and_spares_the_named_one() -> None:
    search = SearchFactory()
    kept, told = asked(search), asked(search)
    plan(search)
    count = searches.withdraw_open(search=search, except_for=kept, actor=None, at=AT, reason="test")
    assert (count, *status_of(kept, told)) == (2, "sent", "withdrawn")


def test_withdrawal_letter_tells_of_the_cases_that_stay_open() -> None:
    search, others = SearchFactory(), [SearchFactory(), SearchFactory()]
    inquiry = ask(search, *others)
    winner = asked(search)
    accept(winner)
    (letter,) = letters_to(inquiry.therapist, "withdrawal")
    assert (
        f"den Fall {search.patient.case_code} hat sich inzwischen ein Therapieplatz gefunden" in letter.text
    )
    assert "Die anderen 2 Fälle aus derselben Anfrage sind weiter offen" in letter.text
    assert status_of(inquiry) == ["sent"]
    assert deliver() >= 1
    assert status_of(letter) == [EmailStatus.SENT]


def test_exclude_therapist_takes_unsent_requests_out_and_is_once() -> None:
    search, therapist = SearchFactory(), TherapistFactory()
    sent = asked(search)
    inquiry = let_out(search, therapist=therapist)
    for one in (therapist, therapist, sent.therapist):
        searches.exclude_therapist(
            patient=search.patient,
            therapist=one,
            source=ExclusionSource.PATIENT,
            reason="knows them",
            actor=None,
            at=AT,
        )
    assert TherapistExclusion.objects.count() == 2
    assert status_of(inquiry, sent) == ["cancelled", "sent"]
    assert Reason.EXCLUDED_BY_PATIENT in reasons(search, therapist)


def test_search_states_are_those_of_the_table() -> None:
    assert {status: set(ways) for status, ways in PlacementSearch.TRANSITIONS.items()} == {
        SearchStatus.ACTIVE: {"paused", "trial", "cancelled"},
        SearchStatus.PAUSED: {"active", "trial", "cancelled"},
        SearchStatus.TRIAL: {"active", "placed", "cancelled"},
        SearchStatus.PLACED: set(),
        SearchStatus.CANCELLED: set(),
    }
