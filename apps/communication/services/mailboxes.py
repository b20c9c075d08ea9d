"""Reading our mailboxes: new messages in, unclear letters looked up in the archive."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.conf import settings

from apps.communication.clients.imap import Fetched, Mailbox, MailboxError
from apps.communication.enums import EmailStatus, InboundSource
from apps.communication.models import EmailMessage, MailboxState
from apps.communication.services import inbound, reconciliation

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]
BATCH = 50
LONGEST_RUN = timedelta(minutes=4)


def poll(*, clock: Clock) -> int:
    """Take over what is new in INBOUND_IMAP_URL; returns how many messages were new to us.

    A message is marked as read after it has been committed. What dies in between is read again and is
    then known already.
    """
    if not settings.INBOUND_IMAP_URL:
        return 0
    name, error = "", ""
    new = 0
    try:
        with Mailbox(settings.INBOUND_IMAP_URL) as box:
            name = box.name
            new = _take_over(box, clock)
    except MailboxError as failure:
        error = str(failure)
        log.warning("mailbox_unreadable", error=error, permanent=failure.permanent)
    _note(name or _configured_name(settings.INBOUND_IMAP_URL), error, clock())
    return new


def reconcile(*, clock: Clock) -> int:
    """Look unclear letters up in ARCHIVE_IMAP_URL; returns how many had arrived."""
    is_unclear = EmailMessage.objects.filter(status=EmailStatus.UNCLEAR).exists()
    if not settings.ARCHIVE_IMAP_URL or not is_unclear:
        return 0
    found, error = 0, ""
    try:
        with Mailbox(settings.ARCHIVE_IMAP_URL) as archive:
            found = reconciliation.check_archive(archive=archive, at=clock())
    except MailboxError as failure:
        error = str(failure)
        log.warning("archive_unreadable", error=error, permanent=failure.permanent)
    _note(_configured_name(settings.ARCHIVE_IMAP_URL), error, clock())
    return found


def _take_over(box: Mailbox, clock: Clock) -> int:
    state = _state(box)
    ends_at, new = clock() + LONGEST_RUN, 0
    while uids := box.uids_after(state.last_uid)[:BATCH]:
        for message in box.fetch(uids):
            new += _take_one(box, state, message)
        _advance(state, uids[-1])
        if clock() >= ends_at:
            break
    return new


def _take_one(box: Mailbox, state: MailboxState, message: Fetched) -> bool:
    _row, is_new = inbound.ingest(raw=message.raw, source=InboundSource.IMAP, received_at=message.received_at)
    _advance(state, message.uid)
    box.mark_read(message.uid)
    return is_new


def _state(box: Mailbox) -> MailboxState:
    """From where to go on. A mailbox with other numbers than before is read from its beginning."""
    state, _created = MailboxState.objects.get_or_create(name=box.name)
    validity = box.uid_validity()
    if state.uid_validity != validity:
        state.uid_validity, state.last_uid = validity, 0
        state.save(update_fields=["uid_validity", "last_uid"])
    return state


def _advance(state: MailboxState, uid: int) -> None:
    if uid > state.last_uid:
        state.last_uid = uid
        state.save(update_fields=["last_uid"])


def _note(name: str, error: str, at: datetime) -> None:
    MailboxState.objects.update_or_create(name=name, defaults={"checked_at": at, "error": error[:300]})


def _configured_name(url: str) -> str:
    try:
        return Mailbox(url).name
    except MailboxError:
        return "mailbox"
