"""Tables of places, addresses that wait for a point, servers outside."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.doctor import Finding, error, good, looks_at, warning
from apps.core.doctor.queues import waits
from apps.geocoding.models import GeocodingJob, OutsideServer, PostalCode
from apps.geocoding.services.jobs import LEASE


@looks_at("postal_codes", gettext_lazy("Postal codes"))
def look_at_postal_codes(at: datetime) -> Iterable[Finding]:
    count = PostalCode.objects.count()
    if not count:
        text = _("The table is empty: nobody without an address server gets a place on the map.")
        return [error(text, _("Run manage.py load_places, or import_postal_codes with the full table."))]
    return [good(_("%(count)s are known.") % {"count": count})]


@waits("geocoding", gettext_lazy("Addresses to place"), late_after=timedelta(hours=12))
def due_since(at: datetime) -> datetime | None:
    """Thousands may wait at one per second after an import; who died with one gives it back by LEASE."""
    due = GeocodingJob.objects.filter(waiting_since__isnull=False, due_at__lte=at - LEASE)
    return due.order_by("due_at").values_list("due_at", flat=True).first()


@looks_at("outside_servers", gettext_lazy("Servers outside"))
def look_at_servers(at: datetime) -> Iterable[Finding]:
    resting = OutsideServer.objects.filter(open_until__gt=at).order_by("name")
    return [_about(server) for server in resting] or [good(_("None is being left in peace."))]


def _about(server: OutsideServer) -> Finding:
    until = timezone.localtime(server.open_until).strftime("%d.%m.%Y %H:%M")
    text = _("%(name)s failed %(count)s times in a row and rests until %(until)s: %(reply)s")
    values = {"name": server.name, "count": server.failures, "until": until, "reply": server.reply}
    remedy = _("Check its address in the settings and the server itself; it is tried again by itself.")
    return warning(text % values, remedy)
