"""Reading the inbox: a fixed number of queries however many messages."""

from django.db.models import Count, F, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.communication.enums import INBOUND_OPEN, InboundStatus
from apps.communication.models import InboundMessage

S = InboundStatus
TABS = {
    S.WAITING.value: pgettext_lazy("inbox", "Waiting"),
    S.UNMATCHED.value: _("Not recognised"),
    S.PARKED.value: _("Parked"),
    S.DONE.value: pgettext_lazy("inbox", "Done"),
}
STATES = {S.DONE.value: [S.DONE, S.DISMISSED]}
BODIES = ("text", "quoted", "raw", "suggestion", "attachments")


def tab_named(name: str) -> str:
    return name if name in TABS else S.WAITING.value


def messages(tab: str) -> QuerySet[InboundMessage]:
    """Without the encrypted bodies. What waits: oldest first; what is settled: newest first."""
    rows = InboundMessage.objects.filter(status__in=STATES.get(tab, [tab])).defer(*BODIES)
    is_open = tab in INBOUND_OPEN
    order = [F("received_at").asc(), F("pk").asc()] if is_open else [F("received_at").desc(), F("pk").desc()]
    return rows.select_related("therapist", "patient", "handled_by").order_by(*order)


def open_counts() -> dict[str, int]:
    """How many messages wait, by tab; 0 is told as well."""
    found = InboundMessage.objects.filter(status__in=INBOUND_OPEN).values_list("status")
    counts = dict(found.annotate(count=Count("pk")).order_by())
    return {status.value: counts.get(status.value, 0) for status in INBOUND_OPEN}
