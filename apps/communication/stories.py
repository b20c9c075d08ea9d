"""What communication tells of a person: e-mails, calls, incoming messages, notes.

One entry per message and per call, as it stands now; the steps in between are on its own page. Each part
needs a fixed number of queries however long the story is.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.communication.enums import CallStatus, EmailStatus
from apps.communication.models import (
    CallHistory,
    EmailHistory,
    EmailMessage,
    InboundMessage,
    Note,
    PhoneCall,
)
from apps.core.templatetags.ui import tone
from apps.core.timeline import PATIENT, THERAPIST, Entry, tells_of

WITHOUT_DELIVERY = (EmailStatus.FAILED, EmailStatus.REFUSED, EmailStatus.BOUNCED)


@tells_of(PATIENT)
def of_patient(pk: int) -> list[Entry]:
    about = Q(patient=pk)
    return [*_emails(about), *_inbound(about), *_notes(about)]


@tells_of(THERAPIST)
def of_therapist(pk: int) -> list[Entry]:
    about = Q(therapist=pk)
    return [*_emails(about), *_calls(about), *_inbound(about), *_notes(about)]


def contacts_since(*, therapist_id: int, since: datetime) -> list[Entry]:
    """The same of one therapist, beginning with a moment: for the story of an inquiry."""
    return [entry for entry in of_therapist(therapist_id) if entry["at"] >= since]


def _emails(about: Q) -> Iterator[Entry]:
    starts = Prefetch(
        "history", EmailHistory.objects.filter(old="").select_related("actor"), to_attr="starts"
    )
    rows = EmailMessage.objects.filter(about).defer("text", "html").order_by("-id").prefetch_related(starts)
    return (_email(row) for row in rows)


def _email(row: Any) -> Entry:
    start = row.starts[0] if row.starts else None
    label = {"kind": row.get_kind_display(), "state": row.get_status_display()}
    return {
        "at": row.sent_at or (start.at if start else row.created_at),
        "kind": "email",
        "icon": "mail",
        "tone": tone(row.status),
        "text": _("E-mail, %(kind)s: %(state)s") % label,
        "url": reverse("communication:email", args=[row.pk]),
        "actor": start.actor.display_name if start and start.actor else "",
        "reason": _why_not_delivered(row),
    }


def _why_not_delivered(row: EmailMessage) -> str:
    if row.status == EmailStatus.REFUSED:
        return str(row.get_refusal_display())
    return row.server_reply if row.status in WITHOUT_DELIVERY else ""


def _calls(about: Q) -> Iterator[Entry]:
    ends = Prefetch(
        "history",
        CallHistory.objects.filter(new=CallStatus.CANCELLED).select_related("actor").order_by("-at", "-id"),
        to_attr="cancellations",
    )
    rows = PhoneCall.objects.filter(about).select_related("coordinator").order_by("-id")
    return (_call(row) for row in rows.prefetch_related(ends))


def _call(row: Any) -> Entry:
    """A planned call stands at the moment it is planned for, which may be to come."""
    ended = row.cancellations[0] if row.status == CallStatus.CANCELLED and row.cancellations else None
    who = ended.actor if ended else row.coordinator
    return {
        "at": ended.at if ended else row.done_at or row.starts_at,
        "kind": "call",
        "icon": "calls",
        "tone": tone(row.status),
        "text": _call_text(row),
        "url": reverse("matching:call", args=[row.pk]),
        "actor": who.display_name if who else "",
        "reason": ended.reason if ended else "",
        "body": row.note,
    }


def _call_text(row: PhoneCall) -> str:
    """Purpose and what became of it; from the second try on also which one it is."""
    came_of_it = row.get_outcome_display() if row.outcome else row.get_status_display()
    words = {"purpose": row.get_purpose_display(), "state": came_of_it, "number": row.attempt}
    if row.attempt > 1:
        return _("Call, %(purpose)s, attempt %(number)s: %(state)s") % words
    return _("Call, %(purpose)s: %(state)s") % words


def _inbound(about: Q) -> Iterator[Entry]:
    secrets = ("subject", "text", "quoted", "raw", "attachments", "suggestion")
    rows = InboundMessage.objects.filter(about).select_related("handled_by").defer(*secrets)
    return (_message(row) for row in rows.order_by("-received_at", "-id"))


def _message(row: InboundMessage) -> Entry:
    """Not the words themselves: a therapist may name a patient in them. The page of the message has them."""
    label = {"kind": row.get_kind_display(), "state": row.get_status_display()}
    return {
        "at": row.received_at,
        "kind": "email",
        "icon": "mail",
        "tone": tone(row.status),
        "text": _("Came in, %(kind)s: %(state)s") % label,
        "url": reverse("matching:inbound", args=[row.pk]),
        "actor": row.handled_by.display_name if row.handled_by else "",
        "is_from_outside": True,
    }


def _notes(about: Q) -> Iterator[Entry]:
    return (_note(row) for row in Note.objects.filter(about).select_related("author", "struck_by"))


def _note(row: Note) -> Entry:
    return {
        "at": row.written_at,
        "kind": "note",
        "icon": "edit",
        "text": _struck_text(row) if row.struck_at else _("Note"),
        "reason": row.text,
        "actor": row.author.display_name,
        "is_struck": row.struck_at is not None,
        "note_id": row.pk,
        "author_id": row.author_id,
    }


def _struck_text(row: Note) -> str:
    name = row.struck_by.display_name if row.struck_by else ""
    return _("Note, struck out by %(name)s") % {"name": name}
