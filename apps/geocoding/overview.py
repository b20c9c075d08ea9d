"""What the page of places shows: jobs by outcome, progress, and how the address server is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.geocoding import targets
from apps.geocoding.clients import nominatim
from apps.geocoding.enums import Outcome
from apps.geocoding.models import GeocodingJob, OutsideServer
from apps.geocoding.services import servers
from apps.geocoding.services.asking import SERVER
from apps.geocoding.targets import Spot

WAITING = "waiting"
TABS: dict[str, str | Promise] = {
    Outcome.UNKNOWN: _("Not found"),
    Outcome.REFUSED: _("Hit refused"),
    Outcome.COARSE: _("Only roughly"),
    WAITING: _("Still waiting"),
    Outcome.PLACED: _("Placed"),
}


@dataclass(frozen=True)
class Progress:
    """Addresses that wait, those looked at since midnight, and those whose hit was refused."""

    waiting: int
    done_today: int
    refused: int


def tab_named(name: str) -> str:
    return name if name in TABS else Outcome.UNKNOWN


def jobs(tab: str) -> QuerySet[GeocodingJob]:
    if tab == WAITING:
        return GeocodingJob.objects.filter(waiting_since__isnull=False).order_by("due_at", "pk")
    return GeocodingJob.objects.filter(outcome=tab).order_by(F("tried_at").desc(), "pk")


def counts() -> dict[str, int]:
    """Tab → number of rows, in one query."""
    columns = {str(outcome): Count("pk", filter=Q(outcome=outcome)) for outcome in Outcome.values}
    return GeocodingJob.objects.aggregate(
        **columns, **{WAITING: Count("pk", filter=Q(waiting_since__isnull=False))}
    )


def progress(*, at: datetime) -> Progress:
    midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    return Progress(
        **GeocodingJob.objects.aggregate(
            waiting=Count("pk", filter=Q(waiting_since__isnull=False)),
            done_today=Count("pk", filter=Q(waiting_since__isnull=True, tried_at__gte=midnight)),
            refused=Count("pk", filter=Q(outcome=Outcome.REFUSED)),
        )
    )


def resting_server(*, at: datetime) -> OutsideServer | None:
    return servers.resting(name=SERVER, at=at)


def has_server() -> bool:
    return nominatim.is_configured()


def spots_of(rows: Iterable[GeocodingJob]) -> dict[tuple[str, int], Spot]:
    """The records of these jobs: one look per kind."""
    numbers: dict[str, list[int]] = {}
    for job in rows:
        numbers.setdefault(job.kind, []).append(job.object_id)
    known = {target.kind: target for target in targets.every_target()}
    return {
        (kind, number): spot
        for kind, wanted in numbers.items()
        if kind in known
        for number, spot in known[kind].spots(wanted).items()
    }
