"""What of the interfaces waits for the management: receivers that were given up."""

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.gateway.models import WebhookSubscription
from apps.gateway.selectors import given_up_webhooks
from apps.workspace.worklist import ROWS, Kind, Moment, Section, Task, section


def given_up(moment: Moment) -> Section:
    kind = Kind(
        "webhooks",
        _("Receivers of events that were given up"),
        _("Look"),
        "warning",
        "danger",
        reverse("gateway:clients"),
    )
    return section(kind, (_receiver(row, moment) for row in given_up_webhooks()[: ROWS + 1]))


def _receiver(row: WebhookSubscription, moment: Moment) -> Task:
    text = f"{row.client.name}, {row.host}: {row.get_disabled_reason_display()}"
    return Task(text, row.get_absolute_url(), moment.days_since(row.disabled_at))


SECTIONS = (given_up,)
