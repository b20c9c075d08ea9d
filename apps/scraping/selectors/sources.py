"""Whether a source may be fetched from, and how it is doing."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.scraping.enums import ENDED, RunKind, RunStatus
from apps.scraping.models import FetchPermission, ImportRun, Source
from apps.scraping.selectors import review

UNUSUAL = 0.3  # a run that sees 30 % more or less than the usual one is worth a look
USUAL_RUNS = 5


def permission_in_force(*, source: Source, today: date) -> FetchPermission | None:
    return source.permissions.filter(_in_time(today), withdrawn_at__isnull=True).first()


def _in_time(today: date) -> Q:
    return (Q(until__isnull=True) | Q(until__gte=today)) & Q(given_on__lte=today)


def why_not_fetch(*, source: Source, at: datetime) -> str:
    """The reason why nothing may be fetched now; "" where it may."""
    permission = permission_in_force(source=source, today=timezone.localdate(at))
    return _why_not(source, permission, at)


def _why_not(source: Source, permission: FetchPermission | None, at: datetime) -> str:
    if not source.url:
        return _("This source has no address to fetch from; its files can be read.")
    if not settings.SCRAPER_CONTACT:
        return _("Sources must be able to reach who asks them: the setting SCRAPER_CONTACT is empty.")
    if permission is None:
        return _("Nobody has recorded a permission to fetch from this source.")
    if source.resting_until is not None and source.resting_until > at:
        return _("The source refused and rests until %(until)s: %(reason)s") % {
            "until": timezone.localtime(source.resting_until).strftime("%d.%m.%Y %H:%M"),
            "reason": source.resting_reason,
        }
    return ""


def due_sources(*, at: datetime) -> list[Source]:
    """Those that are fetched by themselves and whose last fetch is long enough ago."""
    return [
        source
        for source in Source.objects.filter(every_days__gt=0)
        if _is_due(source, at) and not why_not_fetch(source=source, at=at)
    ]


def _is_due(source: Source, at: datetime) -> bool:
    last = source.runs.filter(kind=RunKind.NETWORK).first()
    if last is None:
        return True
    return last.status in ENDED and last.created_at <= at - timedelta(days=source.every_days)


def usual_volume(*, source: Source, before: ImportRun) -> float | None:
    """How many entries a whole run of this source sees: the mean of its last whole ones; None without any."""
    seen = _whole_runs(source).filter(pk__lt=before.pk).values_list("seen", flat=True)[:USUAL_RUNS]
    return sum(seen) / len(seen) if seen else None


def _whole_runs(source: Source) -> QuerySet[ImportRun]:
    return source.runs.filter(status=RunStatus.DONE, is_whole=True)


@dataclass(frozen=True)
class Health:
    """One line of the page of sources. `next_fetch_on` is None where it is fetched by hand only."""

    source: Source
    last_run: ImportRun | None
    last_done: ImportRun | None
    permission: FetchPermission | None
    why_not_fetch: str
    next_fetch_on: date | None
    records: int
    waiting: int
    proposals: int
    is_stale: bool


def health(*, at: datetime) -> list[Health]:
    """Every source by name; the number of queries does not grow with them."""
    today = timezone.localdate(at)
    counts = review.counts_by_source()
    runs = ImportRun.objects.all()
    last, done = _last_of_each(runs), _last_of_each(runs.filter(status=RunStatus.DONE))
    fetched = _last_of_each(runs.filter(kind=RunKind.NETWORK))
    permissions = {
        row.source_id: row
        for row in FetchPermission.objects.filter(_in_time(today), withdrawn_at__isnull=True)
    }
    return [
        Health(
            source=source,
            last_run=last.get(source.pk),
            last_done=done.get(source.pk),
            permission=permissions.get(source.pk),
            why_not_fetch=_why_not(source, permissions.get(source.pk), at),
            next_fetch_on=_next_fetch_on(source, fetched.get(source.pk), today),
            is_stale=is_stale(source=source, fetched_on=_day(done.get(source.pk)), today=today),
            **counts.get(source.pk, review.NOTHING),
        )
        for source in Source.objects.all()
    ]


def is_stale(*, source: Source, fetched_on: date | None, today: date) -> bool:
    """Whether what was said on that day counts as old; what was never said does not."""
    return fetched_on is not None and fetched_on < today - timedelta(days=source.stale_after_days)


def _last_of_each(runs: QuerySet[ImportRun]) -> dict[int, ImportRun]:
    newest = runs.order_by("source_id", "-id").distinct("source_id").select_related("source")
    return {run.source_id: run for run in newest}


def _day(run: ImportRun | None) -> date | None:
    return run.fetched_on if run is not None else None


def _next_fetch_on(source: Source, last: ImportRun | None, today: date) -> date | None:
    if not source.every_days:
        return None
    if last is None:
        return today
    return max(timezone.localdate(last.created_at) + timedelta(days=source.every_days), today)


def is_unusual(*, seen: int, usual: float | None) -> bool:
    return usual is not None and abs(seen - usual) > UNUSUAL * max(usual, 1)
