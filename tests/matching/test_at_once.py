"""Planning, filling by hand and releasing at the same moment, over connections of their own."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest
from django.db import connection, connections, transaction

from apps.core.errors import Refused
from apps.core.transitions import lock
from apps.matching.models import PlacementRequest
from apps.matching.services import release, rounds, searches
from tests.factories.matching import SearchFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import AT, TODAY, change_parameter, fresh, plan

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(60)]


@pytest.fixture
def other() -> Iterator[ThreadPoolExecutor]:
    """Somebody else, with a connection of his own."""
    with ThreadPoolExecutor(1) as pool:
        yield pool
        pool.submit(connections.close_all).result()


@contextmanager
def meanwhile(
    other: ThreadPoolExecutor, act: Callable[[], object], seconds: float = 0.5
) -> Iterator[Future[None]]:
    """The other has done `act` and not committed it before the block ends or so many seconds have passed."""
    is_done, may_commit = Event(), Event()

    def work() -> None:
        with transaction.atomic():
            act()
            is_done.set()
            may_commit.wait(seconds)

    future = other.submit(work)
    assert is_done.wait(10)
    yield future
    may_commit.set()
    future.result()


def _add(search: Any, therapist: Any) -> PlacementRequest:
    return rounds.add_request(search=search, therapist=therapist, actor=None, at=AT, today=TODAY)


def _release(inquiry: Any) -> None:
    release.release_inquiry(inquiry=inquiry, actor=None, at=AT, today=TODAY)


def _while_planning(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """After a plan has read the world and before it is written."""
    channels = rounds._channels

    def late(*args: Any) -> Any:
        act()
        return channels(*args)

    monkeypatch.setattr(rounds, "_channels", late)


def test_release_does_not_wait_for_whoever_refers_to_its_rows(other: ThreadPoolExecutor) -> None:
    """Who adds a request holds a search and, at the commit, looks whether the therapist is there."""
    inquiry = plan()
    search = inquiry.requests.get().search

    def refer() -> None:
        with connection.cursor() as cursor:
            for table, pk in (
                ("therapists_therapist", inquiry.therapist_id),
                ("therapists_contactgroup", inquiry.contact_group_id),
                ("matching_placementsearch", search.pk),
            ):
                cursor.execute(f"SELECT FROM {table} WHERE id = %s FOR KEY SHARE", [pk])

    with meanwhile(other, refer, seconds=30) as referring:
        _release(inquiry)
        assert not referring.done()
    assert fresh(inquiry).status == "released"


def test_draft_that_is_being_released_is_not_filled(other: ThreadPoolExecutor) -> None:
    inquiry = plan()
    search = SearchFactory()
    with meanwhile(other, lambda: _release(inquiry)), pytest.raises(Refused):
        _add(search, inquiry.therapist)
    assert not search.requests.exists()
    assert fresh(inquiry).status == "released"


def test_request_added_while_releasing_goes_out_with_the_others(other: ThreadPoolExecutor) -> None:
    inquiry = plan()
    search = SearchFactory()
    with meanwhile(other, lambda: _add(search, inquiry.therapist)):
        _release(inquiry)
    assert list(inquiry.requests.values_list("status", flat=True)) == ["released"] * 2
    assert inquiry.contacts.get().request_ids == [request.pk for request in inquiry.requests.order_by("id")]


def test_two_cannot_fill_the_last_place_of_a_draft(other: ThreadPoolExecutor) -> None:
    change_parameter("max_requests_per_inquiry", 2)
    inquiry = plan()
    one, two = SearchFactory(), SearchFactory()
    with meanwhile(other, lambda: _add(one, inquiry.therapist)), pytest.raises(Refused):
        _add(two, inquiry.therapist)
    assert inquiry.requests.count() == 2


def test_plan_leaves_out_what_was_asked_by_hand_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    change_parameter("open_requests_per_search", 2)
    search, free = SearchFactory(), SearchFactory()
    for _number in range(2):
        TherapistFactory()
    by_hand = TherapistFactory(status="inactive")  # not seen by the plan

    def ask() -> None:
        type(by_hand).objects.filter(pk=by_hand.pk).update(status="active")
        _add(search, by_hand)

    _while_planning(monkeypatch, ask)
    round_ = rounds.plan_round(actor=None, at=AT, today=TODAY)
    lines = PlacementRequest.objects.filter(inquiry__round=round_)
    assert lines.filter(search=search).count() == 1
    assert lines.filter(search=free).count() == 2
    assert search.requests.count() == 2
    assert not round_.inquiries.filter(requests=None).exists()


def test_plan_leaves_out_a_search_that_pauses_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    search = SearchFactory()
    TherapistFactory()

    def pause() -> None:
        searches.pause(
            search=search, paused_from=TODAY, until=None, reason="travels", actor=None, at=AT, today=TODAY
        )

    _while_planning(monkeypatch, pause)
    round_ = rounds.plan_round(actor=None, at=AT, today=TODAY)
    assert not search.requests.exists()
    assert not round_.inquiries.exists()


def test_plan_does_not_wait_for_a_search_in_other_hands(other: ThreadPoolExecutor) -> None:
    """Who adds a request by hand may be waiting for a draft of the plan."""
    search, free = SearchFactory(), SearchFactory()
    TherapistFactory()
    with meanwhile(other, lambda: lock(search), seconds=30) as holding:
        rounds.plan_round(actor=None, at=AT, today=TODAY)
        assert not holding.done()
    assert not search.requests.exists()
    assert free.requests.count() == 1
