"""The compiled engine, and whether the night's run was called: nobody but beat calls for it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.doctor import Finding, error, good, looks_at, warning
from apps.matching.engine import compiled
from apps.matching.models import MatchRun

NIGHTLY = timedelta(hours=25)  # also where the clocks are set back
LONGEST_RUN = timedelta(hours=2)


@looks_at("engine", gettext_lazy("Matching engine"), needs_database=False)
def look_at_engine(at: datetime) -> Iterable[Finding]:
    """The folder of the compiled code is named after the sources: another version has another one."""
    if any(_kept().glob("**/kernel.*.nbi")):
        return [good(_("It is compiled for these sources."))]
    text = _("It is not compiled for this version: the first page with candidates takes half a minute.")
    return [warning(text, _("Run manage.py compile_engine."))]


def _kept() -> Path:
    return Path(getattr(compiled.config, "CACHE_DIR"))  # noqa: B009  (numba makes its settings at run time)


@looks_at("timetable", gettext_lazy("Timetable"))
def look_at_timetable(at: datetime) -> Iterable[Finding]:
    last = MatchRun.objects.order_by("-started_at").first()
    if last is None:
        return [good(_("The first night run is still to come."))]
    if last.started_at < at - NIGHTLY:
        return [
            error(
                _("No night run since %(day)s: nothing calls for the work of the timetable.")
                % {"day": last.started_at.strftime("%d.%m.%Y")},
                _("Start beat (docker compose up --detach beat), without a broker manage.py run_jobs."),
            )
        ]
    if last.finished_at is None and last.started_at < at - LONGEST_RUN:
        return [warning(_("The last night run has not ended."), _("See that a worker is running."))]
    return [good(_("The night run was called."))]
