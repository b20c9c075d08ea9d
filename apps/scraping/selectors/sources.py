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
    in_time = Q(until__isnull=True) | Q(until__gte=today)
    return source.permissions.filter(in_time, withdrawn_at__isnull=True, given_on__lte=today).first()


def why_not_fetch(*, source: Source, at: datetime) -> str:
    """The reason why nothing may be fetched now; "" where it may."""
    if not source.url:
        return _("This source has no address to fetch from; its files can be read.")
    if not settings.SCRAPER_CONTACT:
        return _("Sources must be able to reach who asks them: the setting SCRAPER_CONTACT is empty.")
    if permission_in_force(source=source, today=timezone.localdate(at)) is None:
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
    """One line of the page of sources."""

    source: Source
    last_run: ImportRun | None
    last_done: ImportRun | None
    permission: FetchPermission | None
    why_not_fetch: str
    records: int
    waiting: int
    proposals: int
    is_stale: bool


def health(*, at: datetime) -> list[Health]:
    today = timezone.localdate(at)
    counts = review.counts_by_source()
    return [
        Health(
            source=source,
            last_run=source.runs.first(),
            last_done=(done := source.runs.filter(status=RunStatus.DONE).first()),
            permission=permission_in_force(source=source, today=today),
            why_not_fetch=why_not_fetch(source=source, at=at),
            is_stale=done is not None and done.fetched_on < today - timedelta(days=source.stale_after_days),
            **counts.get(source.pk, review.NOTHING),
        )
        for source in Source.objects.all()
    ]


def is_unusual(*, seen: int, usual: float | None) -> bool:
    return usual is not None and abs(seen - usual) > UNUSUAL * max(usual, 1)
