from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from apps.core.errors import Refused
from apps.scraping.enums import BulkKind
from apps.scraping.models import BulkDecision, ChangeProposal, DirectoryRecord
from apps.scraping.services import bulk
from apps.therapists.models import Therapist
from tests.factories.scraping import AT, entry, running, taken_in
from tests.scraping.services.conftest import proposed

pytestmark = pytest.mark.django_db


def clock() -> datetime:
    return AT


def some_new(count: int = 3):
    return taken_in(
        *(
            entry(external_id=str(one), last_name=f"Neu{'abcdefgh'[one]}", street=f"Weg {one}", phone="")
            for one in range(count)
        )
    )


def test_preview_of_new_ones_leaves_out_what_needs_a_look():
    run = taken_in(
        entry(external_id="1", last_name="Eins"),
        entry(external_id="2", last_name="Zwei", doubts=("hours?",)),
        entry(external_id="3", last_name="Drei", first_name=""),
    )
    found = bulk.preview(run=run, what=BulkKind.NEW)
    assert (found.taken, found.left_out, [one.last_name for one in found.samples]) == (1, 2, ["Eins"])


def test_take_all_new_makes_unreviewed_therapists(coordinator):
    run = some_new()
    decision = bulk.decide(run=run, what=BulkKind.NEW, actor=coordinator, at=AT)
    assert bulk.work_off(clock=clock) == 3
    decision.refresh_from_db()
    assert (decision.total, decision.done, decision.left_out, decision.ended_at) == (3, 3, 0, AT)
    assert set(Therapist.objects.values_list("review_status", flat=True)) == {"unreviewed"}


def test_take_all_new_joins_the_second_address_of_a_person(coordinator):
    one = entry(external_id="1", email="mira@example.org")
    two = entry(external_id="2", email="mira@example.org", street="Zweitweg 9", plz="04109")
    run = taken_in(one, two)
    bulk.decide(run=run, what=BulkKind.NEW, actor=coordinator, at=AT)
    bulk.work_off(clock=clock)
    assert Therapist.objects.count() == 1
    assert set(DirectoryRecord.objects.values_list("therapist", flat=True)) == {Therapist.objects.get().pk}
    taken_in(run=running())
    assert [field for field, _old, _new in proposed()] == ["workplace"]


def test_take_all_changes_leaves_hand_kept_ones(mira, coordinator):
    run = taken_in(entry(title="Dr.", phone="+493419999999"))
    found = bulk.preview(run=run, what=BulkKind.CHANGES)
    assert (found.taken, found.left_out, found.per_field) == (1, 1, {"title": 1})
    bulk.decide(run=run, what=BulkKind.CHANGES, actor=coordinator, at=AT)
    bulk.work_off(clock=clock)
    assert [field for field, _old, _new in proposed()] == ["phone"]


def test_take_all_changes_of_chosen_fields(mira, coordinator):
    run = taken_in(entry(title="Dr.", fax="+493411234567"))
    bulk.decide(run=run, what=BulkKind.CHANGES, only=["fax"], actor=coordinator, at=AT)
    bulk.work_off(clock=clock)
    assert [field for field, _old, _new in proposed()] == ["title"]


def test_decide_with_nothing_to_take_is_refused(mira, coordinator):
    run = taken_in(entry())
    with pytest.raises(Refused):
        bulk.decide(run=run, what=BulkKind.CHANGES, actor=coordinator, at=AT)


def test_decide_twice_is_refused(coordinator):
    run = some_new()
    bulk.decide(run=run, what=BulkKind.NEW, actor=coordinator, at=AT)
    with pytest.raises(Refused):
        bulk.decide(run=run, what=BulkKind.NEW, actor=coordinator, at=AT)
    assert BulkDecision.objects.count() == 1


def test_work_off_goes_on_after_a_lost_worker(coordinator, monkeypatch):
    run = some_new()
    bulk.decide(run=run, what=BulkKind.NEW, actor=coordinator, at=AT)
    with pytest.raises(KeyboardInterrupt):
        bulk.work_off(clock=_dying_after(2))
    assert bulk.work_off(clock=clock) == 0  # in other hands, as far as anybody can tell
    later = AT + bulk.LOST_AFTER + timedelta(seconds=1)
    bulk.work_off(clock=lambda: later)
    decision = BulkDecision.objects.get()
    assert (decision.done, Therapist.objects.count()) == (3, 3)


def test_cancel_keeps_what_was_taken(coordinator, monkeypatch):
    monkeypatch.setattr(bulk, "CHUNK", 1)
    run = some_new()
    decision = bulk.decide(run=run, what=BulkKind.NEW, actor=coordinator, at=AT)
    bulk.cancel(decision=decision)
    bulk.work_off(clock=clock)
    decision.refresh_from_db()
    assert (decision.done, decision.ended_at) == (1, AT)
    assert Therapist.objects.count() == 1


def test_what_fails_is_left_out_and_stays_open(mira, coordinator):
    run = taken_in(entry(title="Dr."))
    bulk.decide(run=run, what=BulkKind.CHANGES, actor=coordinator, at=AT)
    Therapist.objects.update(title="Dipl.-Psych.")
    bulk.work_off(clock=clock)
    decision = BulkDecision.objects.get()
    assert (decision.done, decision.left_out) == (0, 1)
    assert ChangeProposal.objects.get().status == "open"


def _dying_after(calls: int) -> Callable[[], datetime]:
    """The clock of a worker that is killed in the middle."""
    left = [calls]

    def clock() -> datetime:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return AT

    return clock
