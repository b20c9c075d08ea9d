"""The one door of the state machines, shown on searches: they have undo, events and another subject."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connections, transaction

from apps.accounts.models import User
from apps.core.errors import DomainError, StaleState
from apps.core.transitions import lock, move, move_many, operation, record_start
from apps.events.models import DomainEvent
from apps.matching.enums import InquiryStatus, RequestStatus, SearchStatus
from apps.matching.models import PlacementRequest, PlacementSearch
from apps.matching.models.search import SearchHistory
from tests.factories.matching import InquiryFactory, RequestFactory, SearchFactory

S = SearchStatus
ENDED = {"ended_on": date(2026, 11, 23)}
PAUSED = {"paused_from": date(2026, 11, 23), "pause_reason": "holiday"}


@pytest.fixture
def search(db: None) -> PlacementSearch:
    return SearchFactory()


def test_move_saves_state_and_named_fields(search: PlacementSearch, coordinator: User, at: datetime) -> None:
    seen = search.updated_at
    fresh = move(search, to=S.PAUSED, actor=coordinator, at=at, fields=PAUSED)
    saved = PlacementSearch.objects.get(pk=search.pk)
    for row in (fresh, saved, search):
        assert (row.status, row.paused_from, row.pause_reason) == ("paused", date(2026, 11, 23), "holiday")
    assert search.updated_at == saved.updated_at > seen


def test_move_saves_nothing_but_named_fields(search: PlacementSearch, at: datetime) -> None:
    PlacementSearch.objects.filter(pk=search.pk).update(note="written meanwhile")
    search.note = "old tab"
    fresh = move(search, to=S.TRIAL, actor=None, at=at)
    assert fresh.note == "written meanwhile"
    assert PlacementSearch.objects.get(pk=search.pk).note == "written meanwhile"


def test_move_writes_history_with_who_when_and_why(
    search: PlacementSearch, coordinator: User, at: datetime
) -> None:
    move(search, to=S.CANCELLED, actor=coordinator, at=at, reason="moved away", fields=ENDED)
    row = search.history.get()
    assert (row.old, row.new, row.at, row.actor, row.reason) == (
        "active",
        "cancelled",
        at,
        coordinator,
        "moved away",
    )


def test_move_publishes_the_event_of_the_new_state(search: PlacementSearch, at: datetime) -> None:
    move(search, to=S.TRIAL, actor=None, at=at)
    event = DomainEvent.objects.get()
    assert (event.type, event.subject_id, event.occurred_at, event.payload, event.producer) == (
        "search.trial",
        str(search.patient_id),
        at,
        {"from": "active", "to": "trial", "search_id": search.pk},
        "matching",
    )


def test_move_without_event_of_the_state_publishes_nothing(
    search: PlacementSearch, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PlacementSearch, "EVENTS", {})
    move(search, to=S.TRIAL, actor=None, at=at)
    assert DomainEvent.objects.count() == 0


@pytest.mark.parametrize("old", S.values)
@pytest.mark.parametrize("new", S.values)
def test_move_follows_the_table_and_nothing_else(db: None, at: datetime, old: str, new: str) -> None:
    search = SearchFactory(status=old, **ENDED, **PAUSED)
    allowed = new in PlacementSearch.TRANSITIONS[old]
    try:
        move(search, to=new, actor=None, at=at)
    except StaleState:
        assert not allowed
    else:
        assert allowed
    search.refresh_from_db()
    assert search.status == (new if allowed else old)
    assert search.history.count() == DomainEvent.objects.count() == int(allowed)


def test_old_click_is_refused_and_changes_nothing(search: PlacementSearch, at: datetime) -> None:
    """Two people looked at the same active search; the second one's object is out of date."""
    old_tab = PlacementSearch.objects.get(pk=search.pk)
    move(search, to=S.CANCELLED, actor=None, at=at, fields=ENDED)
    with pytest.raises(StaleState) as caught:
        move(old_tab, to=S.PAUSED, actor=None, at=at, fields=PAUSED)
    assert isinstance(caught.value, DomainError)
    assert caught.value.status == 409
    search.refresh_from_db()
    assert (search.status, search.paused_from) == ("cancelled", None)
    assert search.history.count() == 1


def test_unknown_state_is_refused(search: PlacementSearch, at: datetime) -> None:
    with pytest.raises(StaleState):
        move(search, to="lost", actor=None, at=at)


def test_undo_has_a_table_of_its_own(search: PlacementSearch, coordinator: User, at: datetime) -> None:
    move(search, to=S.CANCELLED, actor=coordinator, at=at, fields=ENDED)
    with pytest.raises(StaleState):
        move(search, to=S.ACTIVE, actor=coordinator, at=at, fields={"ended_on": None})
    move(
        search,
        to=S.ACTIVE,
        actor=coordinator,
        at=at,
        reason="wrong row",
        fields={"ended_on": None},
        undo=True,
    )
    assert [(row.old, row.new, row.reason) for row in search.history.order_by("id")] == [
        ("active", "cancelled", ""),
        ("cancelled", "active", "wrong row"),
    ]
    assert list(DomainEvent.objects.order_by("id").values_list("type", flat=True)) == [
        "search.cancelled",
        "search.active",
    ]


def test_undo_does_not_open_the_normal_table(search: PlacementSearch, at: datetime) -> None:
    with pytest.raises(StaleState):
        move(search, to=S.PAUSED, actor=None, at=at, fields=PAUSED, undo=True)


def test_failing_caller_takes_the_whole_move_back(search: PlacementSearch, at: datetime) -> None:
    with pytest.raises(KeyError), transaction.atomic():
        move(search, to=S.TRIAL, actor=None, at=at)
        raise KeyError
    search.refresh_from_db()
    assert search.status == "active"
    assert SearchHistory.objects.count() == DomainEvent.objects.count() == 0


def test_moves_without_a_group_have_operations_of_their_own(search: PlacementSearch, at: datetime) -> None:
    move(search, to=S.TRIAL, actor=None, at=at)
    move(search, to=S.ACTIVE, actor=None, at=at)
    assert len(set(search.history.values_list("operation", flat=True))) == 2


def test_operation_groups_moves_also_nested_ones(db: None, at: datetime) -> None:
    first, second, third = SearchFactory.create_batch(3)
    with operation() as outer:
        move(first, to=S.TRIAL, actor=None, at=at)
        with operation() as inner:
            move(second, to=S.TRIAL, actor=None, at=at)
        move(third, to=S.TRIAL, actor=None, at=at)
    assert inner == outer
    assert set(SearchHistory.objects.values_list("operation", flat=True)) == {outer}
    assert SearchHistory.objects.count() == 3


def test_operation_ends_with_its_block_also_after_an_error() -> None:
    with pytest.raises(KeyError), operation() as failed:
        raise KeyError
    with operation() as later:
        assert later != failed


def test_record_start_writes_the_first_history_row(
    search: PlacementSearch, coordinator: User, at: datetime
) -> None:
    with transaction.atomic():
        record_start(search, actor=coordinator, at=at, reason="by phone")
    row = search.history.get()
    assert (row.old, row.new, row.actor, row.reason) == ("", "active", coordinator, "by phone")
    assert DomainEvent.objects.get().payload == {"from": "", "to": "active", "search_id": search.pk}


def test_lock_reads_the_row_again(search: PlacementSearch) -> None:
    PlacementSearch.objects.filter(pk=search.pk).update(note="newer")
    with transaction.atomic():
        assert lock(search).note == "newer"
    assert search.note == ""


def _try(search: PlacementSearch, to: str, barrier: Barrier, at: datetime) -> str:
    try:
        barrier.wait(timeout=30)
        move(search, to=to, actor=None, at=at, fields=ENDED if to == S.CANCELLED else PAUSED)
    except StaleState:
        return "stale"
    finally:
        connections.close_all()
    return "won"


@pytest.mark.django_db(transaction=True)
def test_of_two_at_the_same_moment_one_wins(at: datetime) -> None:
    """Both saw an active search; both of cancelling and pausing twice are not allowed after the first."""
    barrier = Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        for number in range(10):
            search = SearchFactory()
            views = [PlacementSearch.objects.get(pk=search.pk) for _person in range(2)]
            moment = at + timedelta(minutes=number)
            results = list(
                pool.map(lambda view, moment=moment: _try(view, S.CANCELLED, barrier, moment), views)
            )
            assert sorted(results) == ["stale", "won"]
            assert search.history.count() == 1
    assert DomainEvent.objects.filter(type="search.cancelled").count() == 10


def test_move_many_does_the_same_as_move(coordinator: User, at: datetime) -> None:
    one, *many = [SearchFactory() for _number in range(3)]
    move(one, to=S.PAUSED, actor=coordinator, at=at, reason="holiday", fields=PAUSED)
    moved = move_many(many, to=S.PAUSED, actor=coordinator, at=at, reason="holiday", fields=PAUSED)
    assert moved == many
    rows = [list(row.history.values_list("old", "new", "at", "actor", "reason")) for row in (one, *many)]
    assert rows == [[("active", "paused", at, coordinator.pk, "holiday")]] * 3
    saved = PlacementSearch.objects.in_bulk([row.pk for row in (one, *many)])
    for row in (one, *many):
        fresh = saved[row.pk]
        assert (fresh.status, fresh.paused_from, fresh.pause_reason) == (
            "paused",
            PAUSED["paused_from"],
            "holiday",
        )
        assert (row.status, row.paused_from, row.updated_at) == (
            "paused",
            fresh.paused_from,
            fresh.updated_at,
        )
    events = DomainEvent.objects.filter(type="search.paused").order_by("id")
    assert [event.subject_id for event in events] == [str(row.patient_id) for row in (one, *many)]
    assert [event.payload for event in events] == [
        {"from": "active", "to": "paused", "search_id": row.pk} for row in (one, *many)
    ]


def test_move_many_leaves_out_what_has_no_such_way_any_more(db: None, at: datetime) -> None:
    goes, over = SearchFactory(), SearchFactory()
    PlacementSearch.objects.filter(pk=over.pk).update(status=S.CANCELLED, **ENDED)
    assert move_many([over, goes], to=S.TRIAL, actor=None, at=at) == [goes]
    over.refresh_from_db()
    assert (over.status, over.history.count()) == (S.CANCELLED, 0)
    assert move_many([over], to=S.TRIAL, actor=None, at=at) == []
    assert move_many([], to=S.TRIAL, actor=None, at=at) == []


def test_move_many_saves_what_each_row_has_of_its_own(db: None, at: datetime) -> None:
    rows = [SearchFactory() for _number in range(3)]
    reasons = {row.pk: {"pause_reason": f'it\'s "{row.pk}" %s'} for row in rows}
    fields = {"paused_from": PAUSED["paused_from"]}
    move_many(rows, to=S.PAUSED, actor=None, at=at, fields=fields, each=reasons)
    for row in rows:
        row.refresh_from_db()
        assert row.pause_reason == f'it\'s "{row.pk}" %s'


@pytest.mark.parametrize("count", [1, 20])
def test_move_many_needs_two_statements_however_many(
    db: None, at: datetime, django_assert_num_queries: Any, count: int
) -> None:
    rows = [SearchFactory() for _number in range(count)]
    with django_assert_num_queries(2):
        move_many(rows, to=S.TRIAL, actor=None, at=at)


def test_move_many_without_a_transaction_makes_its_own(db: None, at: datetime) -> None:
    row = SearchFactory()
    with operation() as operation_id:
        move_many([row], to=S.TRIAL, actor=None, at=at)
    assert row.history.get().operation == operation_id


@pytest.mark.django_db
def test_event_carries_the_ids_that_the_model_names(at: datetime) -> None:
    request = RequestFactory(status=RequestStatus.SENT)
    move(request, to=RequestStatus.WITHDRAWN, actor=None, at=at)
    event = DomainEvent.objects.get(type="request.withdrawn")
    assert event.subject_id == str(request.search.patient_id)
    assert event.payload == {
        "from": "sent",
        "to": "withdrawn",
        "request_id": request.pk,
        "search_id": request.search_id,
        "inquiry_id": request.inquiry_id,
        "therapist_id": request.therapist_id,
    }


@pytest.mark.django_db
def test_many_events_read_what_their_ids_need_in_one_query(
    django_assert_max_num_queries: Any, at: datetime
) -> None:
    pks = [RequestFactory(status=RequestStatus.SENT).pk for _each in range(5)]
    requests = list(PlacementRequest.objects.filter(pk__in=pks))
    with django_assert_max_num_queries(5):  # savepoint twice, move, read searches, write events
        move_many(requests, to=RequestStatus.WITHDRAWN, actor=None, at=at)
    told = DomainEvent.objects.filter(type="request.withdrawn").values_list("subject_id", flat=True)
    assert sorted(told) == sorted(str(one.search.patient_id) for one in requests)


@pytest.mark.django_db
def test_id_that_is_none_stays_out(at: datetime) -> None:
    inquiry = InquiryFactory(status=InquiryStatus.RELEASED, round=None)
    move(inquiry, to=InquiryStatus.CANCELLED, actor=None, at=at)
    assert "round_id" not in DomainEvent.objects.get(type="inquiry.cancelled").payload
