from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from django.db import connections, transaction

from apps.accounts.models import User
from apps.events.models import DomainEvent, Redrive
from apps.events.selectors import parked
from apps.events.services import dispatch, redrive, redrive_many
from tests.events.services.acts import happen, listen

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registries")]
DEAD = {"attempts": 5, "last_error": "KeyError", "failed_subscriber": "listener", "error_place": "a:1 b"}


def park(at: datetime, *events: DomainEvent) -> None:
    rows = DomainEvent.objects.filter(pk__in=[event.pk for event in events])
    rows.update(parked_at=at, next_attempt_at=at, **DEAD)


def test_redrive_gives_a_parked_event_another_round(at: datetime, manager: User) -> None:
    event = happen(at)[0]
    park(at, event)
    assert redrive(event=event, actor=manager, at=at)
    event.refresh_from_db()
    assert (event.parked_at, event.attempts, event.next_attempt_at, event.last_error) == (None, 0, None, "")
    assert (event.failed_subscriber, event.error_place) == ("", "")
    trace = Redrive.objects.get()
    assert (trace.event, trace.actor, trace.at) == (event, manager, at)
    assert (trace.error, trace.subscriber, trace.place) == ("KeyError", "listener", "a:1 b")
    assert str(trace) == f"{event.pk} · KeyError"
    seen: list[str] = []
    listen(lambda event: seen.append(event.subject_id))
    assert (dispatch(at=at), seen) == (1, ["0"])


def test_redrive_leaves_an_event_that_is_not_parked(at: datetime) -> None:
    event = happen(at)[0]
    DomainEvent.objects.update(dispatched_at=at, attempts=2)
    assert not redrive(event=event, actor=None, at=at)
    event.refresh_from_db()
    assert (event.dispatched_at, event.attempts) == (at, 2)
    assert not Redrive.objects.exists()


def test_redrive_of_many_takes_what_was_chosen(at: datetime) -> None:
    one, two, other = happen(at, 3)
    park(at, one, two, other)
    DomainEvent.objects.filter(pk=other.pk).update(failed_subscriber="other")
    assert redrive_many(events=parked(subscriber="listener"), actor=None, at=at) == 2
    assert list(parked()) == [other]
    assert list(Redrive.objects.order_by("event").values_list("event", flat=True)) == [one.pk, two.pk]
    assert redrive_many(events=parked(subscriber="listener"), actor=None, at=at) == 0


@pytest.mark.django_db(transaction=True)
def test_redrive_by_two_people_at_once_happens_once(at: datetime) -> None:
    event = happen(at)[0]
    park(at, event)

    def click() -> bool:
        try:
            return redrive(event=event, actor=None, at=at)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        assert redrive(event=event, actor=None, at=at)
        assert not pool.submit(click).result(timeout=30)
    assert Redrive.objects.count() == 1
