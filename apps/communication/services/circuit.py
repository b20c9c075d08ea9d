"""A mail server that cannot be reached is left in peace for a while; no message loses an attempt by it."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction

from apps.communication.models import MailCircuit

log = structlog.get_logger(__name__)

FIRST_REST = timedelta(minutes=1)
LONGEST_REST = timedelta(minutes=15)


def is_resting(*, transport: str, at: datetime) -> bool:
    return MailCircuit.objects.filter(transport=transport, open_until__gt=at).exists()


@transaction.atomic
def note_failure(*, transport: str, reply: str, at: datetime) -> MailCircuit:
    """The server could not be reached: rest 1, 2, 4, 8, then 15 minutes."""
    MailCircuit.objects.get_or_create(transport=transport)
    row = MailCircuit.objects.select_for_update().get(transport=transport)
    row.failures += 1
    row.failed_at, row.reply = at, reply[:300]
    row.open_until = at + min(FIRST_REST * 2 ** min(row.failures - 1, 10), LONGEST_REST)
    row.save()
    log.warning("mail_server_unreachable", transport=transport, failures=row.failures)
    return row


def note_success(*, transport: str) -> None:
    """One statement that writes nothing while all is well."""
    MailCircuit.objects.filter(transport=transport, failures__gt=0).update(failures=0, open_until=None)
