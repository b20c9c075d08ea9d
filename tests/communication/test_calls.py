"""Planning a call at the earliest free moment, making it, cancelling it."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.communication.enums import CallOutcome, CallPurpose, CallStatus
from apps.communication.models import PhoneCall
from apps.communication.phone_hours import BERLIN
from apps.communication.services import calls
from apps.core.errors import Refused, StaleState
from apps.events.models import DomainEvent
from apps.therapists.models import Therapist
from tests.communication.rows import call_at, steps
from tests.factories.therapists import PracticeFactory, TherapistFactory, WorkplaceFactory

pytestmark = pytest.mark.django_db

MINUTES_5 = timedelta(minutes=5)


def _plan(therapist: Therapist, at: datetime, minutes: int = 5, **fields: Any) -> PhoneCall:
    values = {"purpose": CallPurpose.FIRST_CONTACT, "not_before": at, "actor": None, "at": at}
    return calls.plan(therapist=therapist, minutes=minutes, **{**values, **fields})


def _local(call: PhoneCall) -> tuple[date, time, time]:
    begin, end = call.starts_at.astimezone(BERLIN), call.ends_at.astimezone(BERLIN)
    return begin.date(), begin.time(), end.time()


def test_plan_takes_the_earliest_moment_of_the_phone_hours(coordinator: User, at: datetime) -> None:
    therapist = TherapistFactory(phone_hours=[(1, 14 * 60, 14 * 60 + 25), (3, 8 * 60, 9 * 60)])
    call = _plan(therapist, at, actor=coordinator)
    assert _local(call) == (date(2026, 11, 24), time(14), time(14, 5))
    assert (call.status, call.purpose, call.coordinator) == (
        CallStatus.PLANNED,
        CallPurpose.FIRST_CONTACT,
        coordinator,
    )
    assert call.phone == therapist.workplaces.get().practice.phone
    assert list(call.history.values_list("old", "new", "at", "actor")) == [
        ("", "planned", at, coordinator.pk)
    ]
    assert DomainEvent.objects.filter(type="call.planned", subject_id=str(call.pk)).count() == 1


def test_plan_in_the_middle_of_the_hours_begins_now(at: datetime) -> None:
    therapist = TherapistFactory(phone_hours=[(0, 8 * 60, 9 * 60 + 10)])
    assert _local(_plan(therapist, at)) == (date(2026, 11, 23), time(9), time(9, 5))


def test_plan_several_calls_never_overlap(at: datetime) -> None:
    """Twenty-five minutes hold two calls of ten minutes; the third waits a week."""
    therapist = TherapistFactory(phone_hours=[(1, 14 * 60, 14 * 60 + 25)])
    planned = [_local(_plan(therapist, at, minutes=10)) for _count in range(3)]
    assert planned == [
        (date(2026, 11, 24), time(14), time(14, 10)),
        (date(2026, 11, 24), time(14, 10), time(14, 20)),
        (date(2026, 12, 1), time(14), time(14, 10)),
    ]


def test_plan_fills_a_gap_between_two_calls(at: datetime) -> None:
    therapist = TherapistFactory(phone_hours=[(1, 14 * 60, 14 * 60 + 25)])
    tuesday = datetime(2026, 11, 24, 14, 0, tzinfo=BERLIN)
    for minutes in (10, 0):  # the later one was planned first
        call_at(tuesday + timedelta(minutes=minutes), therapist=therapist)
    assert _local(_plan(therapist, at))[1] == time(14, 5)
    assert _local(_plan(therapist, at))[1] == time(14, 15)


def test_plan_reuses_the_time_of_a_cancelled_call(at: datetime) -> None:
    therapist = TherapistFactory(phone_hours=[(1, 14 * 60, 14 * 60 + 25)])
    first = _plan(therapist, at)
    calls.cancel(call=first, actor=None, at=at, reason="not needed")
    assert _local(_plan(therapist, at)) == _local(first)


def test_plan_at_the_same_time_for_two_therapists_is_fine(at: datetime) -> None:
    hours = [(1, 14 * 60, 14 * 60 + 25)]
    first, second = TherapistFactory(phone_hours=hours), TherapistFactory(phone_hours=hours)
    assert _local(_plan(first, at)) == _local(_plan(second, at))


def test_plan_without_known_hours_uses_office_mornings(at: datetime) -> None:
    therapist = TherapistFactory(phone_hours=[])
    assert _local(_plan(therapist, at)) == (date(2026, 11, 23), time(10), time(10, 5))
    friday_noon = datetime(2026, 11, 27, 12, 0, tzinfo=BERLIN)
    assert _local(_plan(therapist, at, not_before=friday_noon))[0] == date(2026, 11, 30)


def test_plan_skips_the_holiday_of_the_practice(at: datetime) -> None:
    before = datetime(2027, 1, 5, 18, 0, tzinfo=BERLIN)
    hours = [(2, 12 * 60, 13 * 60)]
    bavarian = TherapistFactory(phone_hours=hours, practice__state="BY")
    saxon = TherapistFactory(phone_hours=hours, practice__state="SN")
    assert _local(_plan(bavarian, at, not_before=before))[0] == date(2027, 1, 13)
    assert _local(_plan(saxon, at, not_before=before))[0] == date(2027, 1, 6)


def test_plan_uses_the_other_practice_where_the_main_one_has_no_phone(at: datetime) -> None:
    therapist = TherapistFactory(practice__phone="")
    other = PracticeFactory(phone="+493419999999")
    WorkplaceFactory(therapist=therapist, practice=other, is_main=False)
    call = _plan(therapist, at)
    assert (call.phone, call.practice) == ("+493419999999", other)


def test_plan_prefers_the_main_practice(at: datetime) -> None:
    main = PracticeFactory(phone="+493411111111")
    therapist = TherapistFactory(practice=False)
    WorkplaceFactory(therapist=therapist, practice=PracticeFactory(), is_main=False)
    WorkplaceFactory(therapist=therapist, practice=main)
    assert _plan(therapist, at).practice == main


def test_plan_without_a_phone_number_is_refused(at: datetime) -> None:
    therapist = TherapistFactory(practice__phone="")
    with pytest.raises(Refused) as error:
        _plan(therapist, at)
    assert therapist.full_name in str(error.value.message)
    assert PhoneCall.objects.count() == 0


def test_plan_of_a_call_longer_than_the_phone_hours_is_as_long_as_they_are(at: datetime) -> None:
    therapist = TherapistFactory(phone_hours=[(0, 10 * 60, 10 * 60 + 10), (1, 14 * 60, 14 * 60 + 25)])
    assert _local(_plan(therapist, at, minutes=40)) == (date(2026, 11, 24), time(14), time(14, 25))


def test_plan_where_all_hours_are_taken_is_refused(at: datetime) -> None:
    therapist = TherapistFactory(phone_hours=[(1, 14 * 60, 14 * 60 + 5)])
    for week in range(9):
        call_at(datetime(2026, 11, 24, 14, 0, tzinfo=BERLIN) + timedelta(days=7 * week), therapist=therapist)
    with pytest.raises(Refused):
        _plan(therapist, at)


def test_overlapping_calls_are_refused_by_the_database(at: datetime) -> None:
    call = call_at(at)
    with pytest.raises(IntegrityError, match="call_no_overlap_per_therapist"), transaction.atomic():
        call_at(at + timedelta(minutes=4), therapist=call.therapist)
    call_at(at + MINUTES_5, therapist=call.therapist)  # touching is not overlapping
    assert call.therapist.calls.count() == 2


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"status": "forgotten"}, "call_status_known"),
        ({"ends_at": datetime(2026, 11, 23, 9, 0, tzinfo=BERLIN)}, "call_in_order"),
        ({"status": CallStatus.DONE}, "call_done_has_outcome"),
        ({"status": CallStatus.DONE, "outcome": CallOutcome.REACHED}, "call_done_has_outcome"),
    ],
)
def test_call_in_an_impossible_state_is_refused(
    at: datetime, changes: dict[str, Any], constraint: str
) -> None:
    call = call_at(at)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        PhoneCall.objects.filter(pk=call.pk).update(**changes)


@pytest.mark.parametrize(
    ("outcome", "is_talk"),
    [
        (CallOutcome.REACHED, True),
        (CallOutcome.NOT_REACHED, False),
        (CallOutcome.MESSAGE_LEFT, False),
        (CallOutcome.CALL_BACK, False),
    ],
)
def test_complete_notes_the_contact(
    coordinator: User, at: datetime, outcome: CallOutcome, is_talk: bool
) -> None:
    call = call_at(at)
    later = at + timedelta(minutes=7)
    calls.complete(call=call, outcome=outcome, note="sehr freundlich", actor=coordinator, at=later)
    call.refresh_from_db()
    assert (call.status, call.outcome, call.note, call.done_at, call.coordinator) == (
        CallStatus.DONE,
        outcome,
        "sehr freundlich",
        later,
        coordinator,
    )
    therapist = Therapist.objects.get(pk=call.therapist_id)
    assert (therapist.last_call_at, therapist.last_talk_at) == (later, later if is_talk else None)
    assert steps(call) == [("planned", "done")]


def test_complete_twice_is_stale(at: datetime) -> None:
    call = call_at(at)
    calls.complete(call=call, outcome=CallOutcome.REACHED, note="", actor=None, at=at)
    with pytest.raises(StaleState):
        calls.complete(call=call, outcome=CallOutcome.NOT_REACHED, note="", actor=None, at=at)
    call.refresh_from_db()
    assert call.outcome == CallOutcome.REACHED


def test_cancel_keeps_the_reason_and_cannot_be_repeated(coordinator: User, at: datetime) -> None:
    call = call_at(at)
    calls.cancel(call=call, actor=coordinator, at=at, reason="place found")
    call.refresh_from_db()
    assert call.status == CallStatus.CANCELLED
    assert call.history.last().reason == "place found"
    with pytest.raises(StaleState):
        calls.cancel(call=call, actor=coordinator, at=at, reason="again")
