"""Handing events to receivers: many lines at once, while this thread alone talks to the database.

Whoever answers makes room for the next. At least once: what was sent but not written down goes again.
"""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta

from apps.gateway.clients import receivers
from apps.gateway.clients.receivers import Outcome
from apps.gateway.messages import Message, ping
from apps.gateway.models import WebhookDelivery, WebhookSubscription
from apps.gateway.services import claiming
from apps.gateway.services.catching_up import catch_up
from apps.gateway.services.claiming import Parcel

LINES = 16
ONE_SWEEP = timedelta(
    seconds=14
)  # then the next beat goes on; long queues must not keep a worker for themselves
KEPT = timedelta(days=30)

Clock = Callable[[], datetime]
InHand = dict[Future[Outcome], Parcel]


def deliver_due(*, clock: Clock, lines: int = LINES) -> int:
    """Hand over what is due, for ONE_SWEEP at most; returns how many events arrived.

    `clock` instead of a moment: an attempt is signed with its own time, and retries count from its end.
    """
    catch_up()
    end, delivered = clock() + ONE_SWEEP, 0
    in_hand: InHand = {}
    with ThreadPoolExecutor(lines, thread_name_prefix="webhook") as pool:
        while True:
            _fill(in_hand, pool, clock, end, lines)
            if not in_hand:
                return delivered
            done, _rest = wait(in_hand, return_when=FIRST_COMPLETED)
            outcomes = [(in_hand.pop(one), one.result()) for one in done]
            delivered += claiming.record(outcomes=outcomes, at=clock())


def _fill(in_hand: InHand, pool: ThreadPoolExecutor, clock: Clock, end: datetime, lines: int) -> None:
    at, room = clock(), lines - len(in_hand)
    if at >= end or room <= 0:
        return
    for parcel in claiming.claim(at=at, most=room):
        in_hand[pool.submit(attempt, parcel.message, at)] = parcel


def attempt(message: Message, at: datetime) -> Outcome:
    return receivers.post(message.url, body=message.body, headers=message.headers(at))


def send_ping(*, subscription: WebhookSubscription, at: datetime) -> Outcome:
    """A signed message that is no event, at once and only once; nothing of it is kept."""
    told = ping(subject_id=subscription.pk, at=at)
    return attempt(Message(subscription.url, tuple(subscription.secrets_at(at)), told), at)


def forget_old(*, at: datetime) -> int:
    """Deliveries that arrived long ago. What waits is never forgotten."""
    return WebhookDelivery.objects.filter(delivered_at__lt=at - KEPT).delete()[0]
