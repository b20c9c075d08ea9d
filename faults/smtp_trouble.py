"""F2: the mail server hangs up, refuses, falls silent, or closes after the final dot."""

import random
from datetime import datetime
from itertools import cycle, islice

from django.conf import settings
from django.utils import timezone

from apps.communication.enums import EmailStatus
from apps.communication.models import EmailMessage, UndeliverableAddress
from apps.communication.services import sending
from faults import ground, processes, settling
from faults.mail import MailServer, mail_server
from faults.outcome import Outcome
from faults.rows import Letters

FAULTS = 120
# Six sorts of trouble, as often as one another, and where one may strike at several steps, each in turn.
SORTS = (
    ("drop-before-data", "drop-in-body"),
    ("421-rcpt", "421-data", "421-dot"),
    ("451-rcpt", "451-data", "451-dot"),
    ("550-rcpt",),
    ("silence-data", "silence-dot", "silence-dot-taken"),
    ("close-dot", "close-dot-taken"),
)
PERMANENT = "550-rcpt"
TIMEOUT_SECONDS = 0.5  # of the product's client, instead of its half a minute
HEALTHY = 30


def run(*, faults: int, chance: random.Random) -> Outcome:
    ground.empty()
    at = timezone.now()
    letters = Letters(at)
    troubles = list(islice((next(sort) for sort in cycle([cycle(sort) for sort in SORTS])), faults))
    wanted = [*troubles, *["fine"] * max(1, HEALTHY * faults // FAULTS)]
    chance.shuffle(wanted)
    for trouble in wanted:
        letters.queue(local_part=trouble)
    with mail_server(delay_seconds=0.005) as server:
        processes.run(lambda: _send(at))
        settling.finish(server, at=at, send=_send)
        return _judged(Outcome("F2", faults), letters, server)


def _send(at: datetime) -> None:
    settings.EMAIL_TIMEOUT = TIMEOUT_SECONDS
    sending.send_queue(at=at)


def _judged(outcome: Outcome, letters: Letters, server: MailServer) -> Outcome:
    taken, asked = server.taken(), server.asked()
    refused = [email for email in letters.rows() if email.to_email.startswith(PERMANENT)]
    outcome.count(taken[email.message_id] for email in letters.rows() if email not in refused)
    outcome.unclear = settling.times_unclear()
    marked = set(UndeliverableAddress.objects.values_list("address", flat=True))
    parked = [email for email in refused if email.status == EmailStatus.FAILED]
    outcome.more = {"messages": len(letters.ids), "parked": len(parked)}
    outcome.promise(len(parked) == len(refused), "refused for good, not parked")
    outcome.promise(all(asked[email.to_email] == 1 for email in refused), "refused for good, tried again")
    outcome.promise(marked >= {email.to_email for email in refused}, "refused for good, address not marked")
    others = EmailMessage.objects.exclude(pk__in=[email.pk for email in refused])
    outcome.promise(not others.exclude(status=EmailStatus.SENT).exists(), "not all marked as sent")
    return outcome
