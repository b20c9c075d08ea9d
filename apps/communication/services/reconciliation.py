"""What became of letters nobody is sure about: the provider tells, a report comes back, the archive has it.

Whatever arrives twice or too late changes nothing. An unclear letter is never sent again by itself.
"""

import re
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from apps.communication.clients.imap import Mailbox
from apps.communication.enums import EmailStatus
from apps.communication.inbound.reports import Report
from apps.communication.models import EmailMessage
from apps.communication.services import addresses, queue
from apps.core.transitions import lock, move, write_history

log = structlog.get_logger(__name__)

E = EmailStatus
ARCHIVED_AFTER = timedelta(minutes=15)
IN_ARCHIVE = "found in the archive mailbox"
NOT_IN_ARCHIVE = "not in the archive mailbox"
BY_PROVIDER = "the provider reports the delivery"
ENHANCED = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d.])")


@transaction.atomic
def came_back(*, email: EmailMessage, report: Report, at: datetime) -> bool:
    """A mail server reports that it could not be delivered; True where that was news.

    The address is marked only if the report speaks of the address: a full mailbox gets emptied.
    """
    fresh = lock(email)
    if fresh.status == E.HANDING_OVER:  # the server took it, or it could not have come back
        fresh = move(fresh, to=E.UNCLEAR, actor=None, at=at, reason="came back before it was noted as sent")
    if fresh.status not in (E.SENT, E.UNCLEAR):
        return False
    reply = f"{report.status} {report.reply}".strip()[:300]
    move(fresh, to=E.BOUNCED, actor=None, at=at, reason=reply, fields={"server_reply": reply})
    if report.says_nobody_there or addresses.says_nobody_there(reply):
        addresses.mark_undeliverable(address=fresh.to_email, reply=reply, at=at, email=fresh)
    return True


@transaction.atomic
def arrived(*, email: EmailMessage, at: datetime, reason: str) -> bool:
    """Somebody who must know says that it arrived; True where that was news."""
    fresh = lock(email)
    if fresh.status == E.HANDING_OVER:
        fresh = move(fresh, to=E.UNCLEAR, actor=None, at=at, reason=reason)
    if fresh.status != E.UNCLEAR:
        return False
    queue.settle_as_sent(email=fresh, actor=None, at=at, reason=reason)
    return True


@transaction.atomic
def not_taken(*, email: EmailMessage, reply: str, is_invalid: bool, at: datetime) -> bool:
    """The provider reports a bounce or refusal; `is_invalid`: it says that the address does not exist."""
    found = ENHANCED.search(reply)
    report = Report(
        action="failed", status=found[1] if found else "", reply=reply, message_ids=[], outbox_ids=[]
    )
    if not came_back(email=email, report=report, at=at):
        return False
    if is_invalid:
        addresses.mark_undeliverable(address=email.to_email, reply=reply, at=at, email=email)
    return True


def check_archive(*, archive: Mailbox, at: datetime) -> int:
    """Look unclear letters up in the mailbox that gets a copy of everything; returns how many were found.

    What is not there after ARCHIVED_AFTER stays unclear, with a note, for a person to decide.
    """
    found = 0
    for email in EmailMessage.objects.filter(status=E.UNCLEAR).order_by("id"):
        if archive.has_message(email.message_id):
            found += arrived(email=email, at=at, reason=IN_ARCHIVE)
        elif (email.claimed_at or email.updated_at) <= at - ARCHIVED_AFTER:
            _note_missing(email, at)
    return found


@transaction.atomic
def _note_missing(email: EmailMessage, at: datetime) -> None:
    """Once for each time it became unclear: whoever decides shall see that we have looked."""
    fresh = lock(email)
    last = fresh.history.order_by("-at", "-id").first()
    if fresh.status == E.UNCLEAR and (last is None or last.reason != NOT_IN_ARCHIVE):
        write_history(fresh, old=E.UNCLEAR, new=E.UNCLEAR, actor=None, at=at, reason=NOT_IN_ARCHIVE)
        log.warning("email_not_in_archive", email_id=fresh.pk)
