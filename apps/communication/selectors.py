"""Reading the e-mail queue and the calls: a fixed number of queries however many rows."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.communication.enums import CallStatus, EmailStatus
from apps.communication.models import EmailMessage, PhoneCall

NEEDS_A_PERSON = [EmailStatus.UNCLEAR, EmailStatus.FAILED, EmailStatus.REFUSED]
CALLS_SHOWN = 200
LINK_TOKEN = re.compile(r"(/reply/)[^/\s]+")


def email_list() -> QuerySet[EmailMessage]:
    """Without the encrypted bodies; `urgency` is 0 for what waits for a person, 1 for the rest."""
    urgency = Case(
        When(status__in=NEEDS_A_PERSON, then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    return EmailMessage.objects.defer("text", "html").annotate(urgency=urgency).order_by("urgency", "-pk")


def troubled_count() -> int:
    return EmailMessage.objects.filter(status__in=NEEDS_A_PERSON).count()


def readable_text(email: EmailMessage) -> str:
    """The text without the key of a reply link: who has it answers in the therapist's name."""
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


@dataclass(frozen=True)
class CallGroup:
    title: str
    calls: list[PhoneCall]
    is_due: bool = False


def planned_calls(*, at: datetime) -> list[CallGroup]:
    """Due now, later today, and after that; the earliest first."""
    today = timezone.localdate(at)
    midnight = timezone.make_aware(datetime.combine(today + timedelta(days=1), time.min))
    calls = list(call_list().filter(status=CallStatus.PLANNED).order_by("starts_at", "pk")[:CALLS_SHOWN])
    return [
        CallGroup(_("Due now"), [call for call in calls if call.starts_at <= at], is_due=True),
        CallGroup(_("Later today"), [call for call in calls if at < call.starts_at < midnight]),
        CallGroup(_("Later"), [call for call in calls if call.starts_at >= midnight]),
    ]


def made_calls() -> QuerySet[PhoneCall]:
    return call_list().filter(status=CallStatus.DONE).order_by("-done_at", "-pk")


def call_list() -> QuerySet[PhoneCall]:
    """With therapist, practice, coordinator and, by its relation from above, the inquiry."""
    related = ("therapist", "practice", "coordinator", "inquiry_contact__inquiry")
    return PhoneCall.objects.select_related(*related).defer("note")
