"""Runs of sources that wait or have lost their worker."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.core.doctor import Finding, good, looks_at, warning
from apps.core.doctor.queues import waits
from apps.scraping.enums import RunStatus
from apps.scraping.models import ImportRun
from apps.scraping.services.runs import LOST_AFTER


@waits("import_runs", gettext_lazy("Import runs"), late_after=timedelta(hours=6))
def queued_since(at: datetime) -> datetime | None:
    """A run waits while another one of a large source is read."""
    queued = ImportRun.objects.filter(status=RunStatus.QUEUED).order_by("updated_at")
    return queued.values_list("updated_at", flat=True).first()


@looks_at("lost_runs", gettext_lazy("Lost import runs"))
def look(at: datetime) -> Iterable[Finding]:
    """Twice LOST_AFTER: a sweep has had time to take them up."""
    lost = ImportRun.objects.filter(status=RunStatus.RUNNING, alive_at__lt=at - 2 * LOST_AFTER).count()
    if not lost:
        return [good(_("There are none."))]
    text = ngettext(
        "%(count)s run has lost its worker and nobody takes it up.",
        "%(count)s runs have lost their workers and nobody takes them up.",
        lost,
    )
    remedy = _("See that worker and beat are running; a run goes on where it was, or cancel it on its page.")
    return [warning(text % {"count": lost}, remedy)]
