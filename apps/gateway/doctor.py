"""Receivers of webhooks: what is due and does not go, who does not answer."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.doctor import Finding, good, looks_at, warning
from apps.core.doctor.queues import waits
from apps.gateway import selectors
from apps.gateway.models import WebhookSubscription


@waits("webhooks", gettext_lazy("Webhook deliveries"), late_after=timedelta(minutes=15))
def due_since(at: datetime) -> datetime | None:
    """Of receivers that answer: waiting for one that does not is no fault of ours."""
    return selectors.due_deliveries(at=at).values_list("next_attempt_at", flat=True).first()


@looks_at("webhooks", gettext_lazy("Receivers of webhooks"))
def look_at_receivers(at: datetime) -> Iterable[Finding]:
    return [_about(row) for row in selectors.troubled_webhooks()] or [good(_("All of them answer."))]


def _about(row: WebhookSubscription) -> Finding:
    since = row.failing_since or row.disabled_at
    assert since is not None  # what the query asks for
    values = {
        "client": row.client,
        "host": row.host,
        "since": date_format(timezone.localtime(since), "SHORT_DATETIME_FORMAT"),
    }
    if row.is_active:
        text = _("%(client)s, %(host)s: nothing has arrived since %(since)s; it is tried again by itself.")
        return warning(text % values, _("See what the receiver says, on the page of the webhook."))
    text = _("%(client)s, %(host)s: switched off, as nothing has arrived since %(since)s.")
    remedy = _("Mend the receiver and switch it on again: what it has missed is then sent.")
    return warning(text % values, remedy)
