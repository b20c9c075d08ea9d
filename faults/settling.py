"""What people and time do after the faults: free what is stuck, look up what is unclear, send the rest."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from apps.communication.enums import EmailStatus
from apps.communication.models import EmailHistory, EmailMessage
from apps.communication.services import queue, sending
from apps.events import services as events
from apps.events.models import DomainEvent
from faults import processes
from faults.mail import MailServer

A_WHILE = timedelta(hours=1)  # longer than any pause between two tries
MOST_ROUNDS = 40
UNSETTLED = (EmailStatus.QUEUED, EmailStatus.SENDING, EmailStatus.HANDING_OVER, EmailStatus.UNCLEAR)


def finish(server: MailServer, *, at: datetime, send: Callable[[datetime], object] | None = None) -> datetime:
    """Hour by hour until no e-mail is left to send or settle; returns when that was."""
    send = send or (lambda moment: sending.send_queue(at=moment))
    for _round in range(MOST_ROUNDS):
        at += A_WHILE
        sending.free_stuck(at=at)
        settle_unclear(server, at=at)
        if not EmailMessage.objects.filter(status__in=UNSETTLED).exists():
            break
        processes.run(lambda moment=at: send(moment))  # type: ignore[misc]
    return at


def settle_unclear(server: MailServer, *, at: datetime) -> int:
    """As a person would: look the Message-ID up where it should have arrived, then say what is true."""
    server.wait_for_quiet()  # nobody looks while the server is still writing down what a dead worker sent
    unclear = list(EmailMessage.objects.filter(status=EmailStatus.UNCLEAR))
    taken = server.taken() if unclear else Counter()
    for email in unclear:
        act = queue.settle_as_sent if taken[email.message_id] else queue.requeue
        act(email=email, actor=None, at=at, reason="looked up in the log of the mail server")
    return len(unclear)


def requeue_parked(*, at: datetime) -> int:
    """As a person would who finds them among the failed ones; returns how many."""
    parked = list(EmailMessage.objects.filter(status=EmailStatus.FAILED))
    for email in parked:
        queue.requeue(email=email, actor=None, at=at, reason="workers died of something else")
    return len(parked)


def times_unclear() -> int:
    """How often an e-mail became unclear."""
    return EmailHistory.objects.filter(new=EmailStatus.UNCLEAR).count()


def dispatch(*, at: datetime) -> None:
    """Hour by hour until no event waits."""
    for _round in range(MOST_ROUNDS):
        at += A_WHILE
        processes.run(lambda moment=at: events.dispatch(at=moment))  # type: ignore[misc]
        if not DomainEvent.objects.filter(dispatched_at=None, parked_at=None).exists():
            return
