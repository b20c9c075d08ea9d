"""From an event in the outbox to a real receiver: queueing, order, retries, breaks."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event as Signal
from threading import Thread
from typing import Any

import pytest
import time_machine
from django.db import connection, connections, transaction
from django.utils import timezone

from apps.events import services as events
from apps.events.models import DomainEvent
from apps.gateway import signatures
from apps.gateway.clients.receivers import Outcome
from apps.gateway.enums import DeliveryState, DisabledReason, Scope, Trouble
from apps.gateway.models import ApiClient, WebhookDelivery, WebhookSubscription
from apps.gateway.services import claiming, clients, delivering, webhooks
from apps.gateway.services.catching_up import catch_up
from tests.gateway.receiver import Receiver, listening

pytestmark = pytest.mark.django_db

MOVED, PAUSED, OBJECTED = "therapist.moved", "therapist.paused", "therapist.objected"


@pytest.fixture(autouse=True)
def own_network(settings: Any) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as found:
        yield found


def client_named(name: str = "Partner") -> ApiClient:
    return clients.create(name=name, scopes=[Scope.WEBHOOKS_WRITE])


def hook(receiver: Receiver, *types: str, client: ApiClient | None = None) -> WebhookSubscription:
    return webhooks.create(
        client=client or client_named(), url=receiver.url + "/hook", event_types=types or ["*"]
    )


def tell(type: str = PAUSED, subject: object = 1, at: datetime | None = None) -> DomainEvent:
    payload = {"changed": ["street"]} if type == MOVED else {}
    with transaction.atomic():
        return events.publish(type=type, subject_id=subject, payload=payload, at=at or timezone.now())


def sweep(at: datetime | None = None) -> int:
    return delivering.deliver_due(clock=(lambda: at) if at else timezone.now)


def waiting() -> list[int]:
    rows = WebhookDelivery.objects.filter(delivered_at__isnull=True).order_by("event_id")
    return list(rows.values_list("event_id", flat=True))


# Queueing: by the database, in the publisher's transaction


def test_event_is_queued_for_who_wants_it(receiver):
    client = client_named()
    everything, some = hook(receiver, client=client), hook(receiver, PAUSED, OBJECTED, client=client)
    moved, paused = tell(MOVED, 7), tell(PAUSED, 7)
    rows = set(WebhookDelivery.objects.values_list("subscription_id", "event_id", "subject"))
    assert rows == {
        (everything.pk, moved.pk, "therapists:7"),
        (everything.pk, paused.pk, "therapists:7"),
        (some.pk, paused.pk, "therapists:7"),
    }


def test_publisher_sends_no_further_statement(receiver, django_assert_num_queries):
    hook(receiver)
    with transaction.atomic(), django_assert_num_queries(1):
        events.publish_many(type=PAUSED, subjects=[(n, {}) for n in range(30)], at=timezone.now())
    assert WebhookDelivery.objects.count() == 30


def test_event_that_is_taken_back_leaves_no_delivery(receiver):
    hook(receiver)
    with transaction.atomic():
        tell()
        transaction.set_rollback(True)
    assert not WebhookDelivery.objects.exists()


def test_nothing_is_queued_for_a_webhook_that_is_switched_off(receiver, at):
    webhooks.disable(subscription=hook(receiver), reason=DisabledReason.BY_STAFF, at=at)
    tell()
    assert not WebhookDelivery.objects.exists()


# Delivering


def test_receiver_gets_the_envelope_with_a_signature_that_fits(receiver):
    subscription = hook(receiver)
    event = tell(MOVED, 12)
    assert sweep() == 1
    [(headers, body)] = receiver.seen
    signatures.verify(subscription.secret, headers=headers, body=body, now=timezone.now().timestamp())
    assert headers["Webhook-Id"] == str(event.event_id)
    assert headers["Content-Type"] == "application/json"
    assert receiver.events == [
        {
            "event_id": str(event.event_id),
            "type": MOVED,
            "version": 1,
            "occurred_at": event.occurred_at.astimezone(UTC).isoformat(timespec="microseconds"),
            "producer": "therapists",
            "subject_id": "12",
            "payload": {"changed": ["street"]},
        }
    ]


def test_delivery_is_written_down_and_not_repeated(receiver):
    subscription = hook(receiver)
    tell()
    assert (sweep(), sweep()) == (1, 0)
    row = WebhookDelivery.objects.get()
    assert (row.state, row.attempts, row.last_status, row.claimed_until) == (
        DeliveryState.DELIVERED,
        1,
        204,
        None,
    )
    subscription.refresh_from_db()
    assert (subscription.last_success_at, subscription.failures) == (row.delivered_at, 0)


def test_events_of_a_subject_arrive_in_their_order(receiver):
    hook(receiver)
    for number in range(5):
        for subject in ("a", "b", "c"):
            tell(MOVED if number % 2 else PAUSED, subject)
    assert sweep() == 15
    assert [receiver.told_of(subject) for subject in "abc"] == [[PAUSED, MOVED, PAUSED, MOVED, PAUSED]] * 3


def test_failing_subject_holds_back_its_followers_only(at):
    with listening(lambda told: 500 if told["subject_id"] == "1" else 200) as receiver:
        hook(receiver)
        stuck = [tell(PAUSED, 1, at).pk, tell(OBJECTED, 1, at).pk]
        for subject in (2, 3, 2, 3):
            tell(PAUSED, subject, at)
        assert sweep(at) == 4
        assert waiting() == stuck
        assert dict(
            WebhookDelivery.objects.filter(event_id__in=stuck).values_list("event_id", "attempts")
        ) == {
            stuck[0]: 1,
            stuck[1]: 0,
        }
        receiver.answer = lambda told: 200
        assert sweep(at + timedelta(seconds=12)) == 2
        assert receiver.told_of(1) == [PAUSED, OBJECTED]


def test_attempts_wait_three_times_as_long_each_time(at):
    with listening(lambda told: 503) as receiver:
        hook(receiver)
        tell(at=at)
        moments, now = [], at
        for _number in range(4):
            sweep(now)
            row = WebhookDelivery.objects.get()
            moments.append((row.next_attempt_at - now).total_seconds())
            assert sweep(row.next_attempt_at - timedelta(seconds=1)) == 0
            now = row.next_attempt_at
        assert [round(found / usual, 0) for found, usual in zip(moments, (10, 30, 90, 270), strict=True)] == [
            1
        ] * 4
        assert len(receiver.seen) == 4
        assert len({headers["Webhook-Id"] for headers, _body in receiver.seen}) == 1
        assert len({body for _headers, body in receiver.seen}) == 1
        assert (row.state, row.last_status, row.last_trouble) == ("retrying", 503, Trouble.STATUS)


def test_pauses_end_at_six_hours_and_differ():
    pauses = [claiming.pause_after(40).total_seconds() / 3600 for _number in range(50)]
    assert all(5.4 <= pause <= 6.6 for pause in pauses)
    assert len(set(pauses)) > 1


def test_receiver_that_is_down_is_left_in_peace(at):
    with listening(lambda told: 500) as receiver:
        subscription = hook(receiver)
        for subject in range(20):
            tell(PAUSED, subject, at)
        assert sweep(at) == 0
        assert 3 <= len(receiver.seen) <= 7
        subscription.refresh_from_db()
        assert subscription.is_active
        before = len(receiver.seen)
        assert subscription.rests_until is not None
        sweep(subscription.rests_until - timedelta(seconds=1))
        assert len(receiver.seen) == before
        sweep(subscription.rests_until)
        assert len(receiver.seen) == before + 1  # one looks whether it is back
        receiver.answer = lambda told: 200
        subscription.refresh_from_db()
        assert sweep(subscription.rests_until) + sweep(at + timedelta(hours=7)) == 20


def test_other_receivers_do_not_wait_for_one_that_is_down(receiver, at):
    with listening(lambda told: 500) as broken:
        client = client_named()
        hook(broken, client=client)
        hook(receiver, client=client)
        for subject in range(8):
            tell(PAUSED, subject, at)
        assert sweep(at) == 8
        assert len(receiver.events) == 8


# Giving up


def outcome_of(subscription: WebhookSubscription, at: datetime, outcome: Outcome) -> None:
    [parcel] = claiming.claim(at=at, most=1)
    claiming.record(outcomes=[(parcel, outcome)], at=at)
    subscription.refresh_from_db()


FAILURE = Outcome(500, Trouble.STATUS)


def test_webhook_is_switched_off_after_a_day_without_success(receiver, at):
    subscription = hook(receiver)
    tell(at=at)
    now = at
    while now < at + timedelta(hours=24):
        outcome_of(subscription, now, FAILURE)
        assert subscription.is_active
        now = WebhookDelivery.objects.get().next_attempt_at
    outcome_of(subscription, now, FAILURE)
    assert (subscription.is_active, subscription.disabled_reason) == (False, "failing")


def test_webhook_is_switched_off_after_fifteen_failures_in_a_row(receiver, at):
    subscription = hook(receiver)
    tell(at=at)
    for number in range(15):
        assert subscription.is_active
        WebhookDelivery.objects.update(next_attempt_at=at)
        outcome_of(subscription, at + timedelta(minutes=number), FAILURE)
    assert (subscription.is_active, subscription.disabled_reason) == (False, "failing")
    assert claiming.claim(at=at + timedelta(days=1), most=5) == []


def test_success_between_failures_begins_anew(receiver, at):
    subscription = hook(receiver)
    tell(PAUSED, 1, at)
    for number in range(14):
        WebhookDelivery.objects.update(next_attempt_at=at)
        outcome_of(subscription, at + timedelta(minutes=number), FAILURE)
    outcome_of(subscription, at + timedelta(hours=7), Outcome(200, None))
    assert (subscription.failures, subscription.failing_since, subscription.is_active) == (0, None, True)


def test_gone_switches_off_at_once(at):
    with listening(lambda told: 410) as receiver:
        subscription = hook(receiver)
        tell(at=at)
        sweep(at)
        subscription.refresh_from_db()
        assert (subscription.is_active, subscription.disabled_reason) == (False, "gone")
        assert len(waiting()) == 1


def test_redirect_is_a_failure_and_is_not_followed(at):
    with listening(lambda told: 302) as receiver:
        hook(receiver)
        tell(at=at)
        assert sweep(at) == 0
        assert len(receiver.seen) == 1


@pytest.mark.parametrize("change", ["client off", "scope gone"])
def test_client_that_may_not_gets_nothing_until_it_may_again(receiver, at, change):
    client = client_named()
    hook(receiver, client=client)
    tell(at=at)
    scopes = [Scope.WEBHOOKS_WRITE]
    clients.update(
        client=client,
        scopes=[] if change == "scope gone" else scopes,
        requests_per_minute=5,
        is_active=change == "scope gone",
    )
    assert sweep(at) == 0
    clients.update(client=client, scopes=scopes, requests_per_minute=5, is_active=True)
    assert sweep(at) == 1


# Workers that die, and several at once


def test_worker_that_died_between_sending_and_writing_sends_the_same_again(receiver, at):
    hook(receiver)
    event = tell(at=at)
    [parcel] = claiming.claim(at=at, most=5)
    assert delivering.attempt(parcel.message, at).is_delivered  # and the worker is gone
    assert sweep(at + claiming.LEASE - timedelta(seconds=1)) == 0
    assert sweep(at + claiming.LEASE) == 1
    assert [headers["Webhook-Id"] for headers, _body in receiver.seen] == [str(event.event_id)] * 2
    assert claiming.record(outcomes=[(parcel, FAILURE)], at=at + claiming.LEASE) == 0  # it wakes up after all
    assert WebhookDelivery.objects.get().attempts == 1


@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_send_nothing_twice_and_keep_the_order():
    with listening() as receiver:
        hook(receiver)
        for number in range(10):
            for subject in range(12):
                tell(MOVED if number % 2 else PAUSED, subject)

        def work(_number: int) -> int:
            try:
                return sweep()
            finally:
                connections.close_all()

        total = 0
        with ThreadPoolExecutor(4) as pool:
            while waiting():
                total += sum(pool.map(work, range(4)))
        assert (total, len(receiver.seen)) == (120, 120)
        assert len(set(receiver.told("event_id"))) == 120
        assert [receiver.told_of(subject) for subject in range(12)] == [[PAUSED, MOVED] * 5] * 12


# Off and on again


@pytest.mark.django_db(transaction=True)
def test_break_is_made_up_for_before_anything_new(receiver, at):
    with time_machine.travel(at, tick=False):
        subscription = hook(receiver, PAUSED, OBJECTED)
        webhooks.disable(subscription=subscription, reason=DisabledReason.BY_STAFF, at=at)
        missed = [tell(PAUSED, 1, at).pk, tell(OBJECTED, 1, at).pk]
        tell(MOVED, 1, at)  # of a type nobody asked for
        webhooks.enable(subscription=subscription, at=at)
        new = tell(PAUSED, 1, at)
        assert claiming.claim(at=at, most=5) == []
        assert sweep(at) == 3
        assert receiver.told_of(1) == [PAUSED, OBJECTED, PAUSED]
        assert set(WebhookDelivery.objects.values_list("event_id", flat=True)) == {*missed, new.pk}
        subscription.refresh_from_db()
        assert (subscription.catch_up_from, subscription.disabled_at) == (None, None)


@pytest.mark.django_db(transaction=True)
def test_event_told_while_it_is_switched_on_is_not_missed(receiver, at):
    """A change that began while the webhook was off and commits after it was switched on again."""
    subscription = hook(receiver)
    webhooks.disable(subscription=subscription, reason=DisabledReason.BY_STAFF, at=at)
    has_told, may_commit = Signal(), Signal()

    def late() -> None:
        with transaction.atomic():
            events.publish(type=PAUSED, subject_id=5, at=at)
            has_told.set()
            may_commit.wait(20)
        connections.close_all()

    thread = Thread(target=late)
    thread.start()
    has_told.wait(20)
    webhooks.enable(subscription=subscription, at=at)
    assert (catch_up(), WebhookDelivery.objects.count()) == (0, 0)
    may_commit.set()
    thread.join()
    assert (catch_up(), WebhookDelivery.objects.count()) == (1, 1)


def test_switching_twice_is_switching_once(receiver, at):
    subscription = hook(receiver)
    for _number in range(2):
        off = webhooks.disable(subscription=subscription, reason=DisabledReason.BY_STAFF, at=at)
        at += timedelta(minutes=1)
    assert off.disabled_at == at - timedelta(minutes=2)
    for _number in range(2):
        assert webhooks.enable(subscription=subscription, at=at).is_active


def test_what_waited_for_a_later_attempt_goes_at_once_when_switched_on(receiver, at):
    subscription = hook(receiver)
    tell(at=at)
    WebhookDelivery.objects.update(next_attempt_at=at + timedelta(hours=5))
    webhooks.disable(subscription=subscription, reason=DisabledReason.BY_STAFF, at=at)
    webhooks.enable(subscription=subscription, at=at)
    assert WebhookDelivery.objects.get().next_attempt_at == at


@pytest.mark.django_db(transaction=True)
def test_removal_waits_for_who_tells_and_fails_nobodys_change(receiver, at):
    subscription = hook(receiver)
    has_told, may_commit, removed = Signal(), Signal(), Signal()

    def publish() -> None:
        with transaction.atomic():
            events.publish(type=PAUSED, subject_id=5, at=at)
            has_told.set()
            may_commit.wait(20)
        connections.close_all()

    def remove() -> None:
        webhooks.delete(subscription=subscription)
        removed.set()
        connections.close_all()

    threads = [Thread(target=publish), Thread(target=remove)]
    threads[0].start()
    has_told.wait(20)
    threads[1].start()
    assert not removed.wait(0.3)
    may_commit.set()
    for thread in threads:
        thread.join()
    assert removed.is_set()
    assert (DomainEvent.objects.count(), WebhookDelivery.objects.count()) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_event_told_during_a_removal_is_told_to_the_others(receiver, at):
    client = client_named()
    going, staying = hook(receiver, client=client), hook(receiver, client=client)
    with transaction.atomic():
        webhooks.delete(subscription=going)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(_tell_and_close, at).result(20)
    assert list(WebhookDelivery.objects.values_list("subscription_id", flat=True)) == [staying.pk]


def _tell_and_close(at: datetime) -> None:
    tell(at=at)
    connections.close_all()


# Secrets, changes, redelivery


def test_former_secret_signs_for_a_day(receiver, at):
    subscription = hook(receiver)
    before = subscription.secret
    after = webhooks.rotate_secret(subscription=subscription, at=at).secret
    assert before != after
    tell(PAUSED, 1, at)
    sweep(at)
    tell(PAUSED, 1, at)
    sweep(at + timedelta(hours=24))
    (during, body), (later, _body) = receiver.seen
    for secret in (before, after):
        signatures.verify(secret, headers=during, body=body, now=at.timestamp())
    assert (len(during["Webhook-Signature"].split()), len(later["Webhook-Signature"].split())) == (2, 1)


def test_secret_is_not_readable_in_the_database(receiver):
    subscription = hook(receiver)
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM gateway_webhooksubscription")
        assert subscription.secret not in cursor.fetchone()[0]


def test_delivered_event_is_sent_again_on_demand(receiver, at):
    hook(receiver)
    tell(at=at)
    sweep(at)
    webhooks.redeliver(delivery=WebhookDelivery.objects.get(), at=at)
    assert sweep(at) == 1
    assert len({headers["Webhook-Id"] for headers, _body in receiver.seen}) == 1
    assert WebhookDelivery.objects.get().attempts == 2


def test_delivery_in_hand_is_left_to_its_worker(receiver, at):
    hook(receiver)
    tell(at=at)
    [parcel] = claiming.claim(at=at, most=5)
    webhooks.redeliver(delivery=WebhookDelivery.objects.get(), at=at + timedelta(seconds=1))
    assert claiming.claim(at=at + timedelta(seconds=2), most=5) == []
    assert claiming.record(outcomes=[(parcel, Outcome(200, None))], at=at + timedelta(seconds=3)) == 1


def test_old_deliveries_are_forgotten_and_waiting_ones_never(receiver, at):
    hook(receiver)
    tell(PAUSED, 1, at)
    sweep(at)
    tell(PAUSED, 1, at)
    assert delivering.forget_old(at=at + timedelta(days=31)) == 1
    assert len(waiting()) == 1


def test_ping_tells_how_it_went_and_leaves_nothing(receiver, at):
    subscription = hook(receiver)
    assert delivering.send_ping(subscription=subscription, at=at) == Outcome(204, None)
    [(headers, body)] = receiver.seen
    signatures.verify(subscription.secret, headers=headers, body=body, now=at.timestamp())
    assert receiver.told("type") == ["webhook.ping"]
    assert not WebhookDelivery.objects.exists()
