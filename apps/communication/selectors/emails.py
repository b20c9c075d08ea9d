"""Reading the e-mail queue: a fixed number of queries however many rows."""

import re
from datetime import datetime
from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When

from apps.communication.enums import EmailStatus
from apps.communication.models import EmailMessage, MailCircuit, UndeliverableAddress

NEEDS_A_PERSON = [EmailStatus.UNCLEAR, EmailStatus.FAILED, EmailStatus.REFUSED]
LINK_TOKEN = re.compile(r"(/(?:reply|identity|confirm)/)[^/\s]+")


def email_list() -> QuerySet[EmailMessage]:
    """Without the encrypted bodies; `urgency` is 0 for what waits for a person, 1 for the rest."""
    urgency = Case(
        When(status__in=NEEDS_A_PERSON, then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    return EmailMessage.objects.defer("text", "html").annotate(urgency=urgency).order_by("urgency", "-pk")


def troubled_count() -> int:
    return EmailMessage.objects.filter(status__in=NEEDS_A_PERSON).count()


def resting_server(*, at: datetime) -> MailCircuit | None:
    """The mail server that is left in peace because it could not be reached; None while all is well."""
    return MailCircuit.objects.filter(open_until__gt=at).order_by("open_until").first()


def marked_addresses() -> QuerySet[UndeliverableAddress]:
    """Addresses to which nothing is sent, the newest first."""
    marked = UndeliverableAddress.objects.filter(cleared_at__isnull=True)
    return marked.select_related("email__therapist", "email__patient").defer("email__text", "email__html")


def mark_of(address: str) -> UndeliverableAddress | None:
    return marked_addresses().filter(address=address.lower()).first()


def readable_text(email: EmailMessage) -> str:
    """The text without the keys of links: who has one answers for others, or uses up what opens once."""
    return LINK_TOKEN.sub(r"\1…", email.text)


def email_timeline(email: EmailMessage) -> list[dict[str, Any]]:
    labels = dict(EmailStatus.choices)
    rows = email.history.select_related("actor").order_by("-at", "-pk")  # type: ignore[attr-defined]
    return [
        {
            "at": row.at,
            "text": labels.get(row.new, row.new),
            "actor": row.actor.display_name if row.actor else "",
            "icon": "mail",
            "reason": row.reason,
        }
        for row in rows
    ]
