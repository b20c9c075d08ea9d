"""Addresses that wait for a point, worked off at the pace of the address server. The row is the job."""

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from apps.events import bell
from apps.events.services import publish
from apps.geocoding import targets
from apps.geocoding.clients import nominatim
from apps.geocoding.enums import Outcome, Precision, Provenance, Reason
from apps.geocoding.models import CachedLookup, GeocodingJob
from apps.geocoding.services.lookup import FINENESS, Found, geocode
from apps.geocoding.targets import Spot, Target

log = structlog.get_logger(__name__)

TASK = "geocoding.place_addresses"
COARSE = (Precision.NONE, Precision.TOWN, Precision.PLZ)
BATCH_ROWS = 1000
WORK_SECONDS = 45.0  # of one run; the next one comes after a minute
LEASE = timedelta(minutes=5)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(days=1)


def queue(*, kind: str, object_ids: Iterable[int], at: datetime, has_moved: bool = False) -> None:
    """Let these records be placed (again). `has_moved`: the address changed, the old point is worthless."""
    rows = [
        GeocodingJob(kind=kind, object_id=number, waiting_since=at, due_at=at, has_moved=has_moved)
        for number in object_ids
    ]
    fields = ["waiting_since", "due_at", "attempts", *(["has_moved"] if has_moved else [])]
    GeocodingJob.objects.bulk_create(
        rows,
        batch_size=BATCH_ROWS,
        update_conflicts=True,
        unique_fields=["kind", "object_id"],
        update_fields=fields,
    )
    bell.ring(TASK)


def try_again(*, jobs: QuerySet[GeocodingJob], at: datetime) -> int:
    """A person wants these to be tried once more, now; what waits already comes to the front."""
    count = jobs.update(waiting_since=at, due_at=at, attempts=0)
    bell.ring(TASK)
    return count


def settle_by_hand(*, kind: str, object_ids: Iterable[int], at: datetime) -> None:
    """Records whose point somebody has set by hand need nothing any more."""
    spots = targets.target(kind).spots(list(object_ids))
    done = [number for number, spot in spots.items() if spot.precision == Precision.MANUAL]
    _rows(kind, done).update(**_by_hand(at))


def collect(*, at: datetime) -> int:
    """Queue records that are placed roughly or not at all and have never been tried; returns how many.

    What was given up for want of a server waits again once there is one.
    """
    GeocodingJob.objects.filter(_curable(), waiting_since__isnull=True).update(
        waiting_since=at, due_at=at, attempts=0
    )
    return sum(_collect(target, at) for target in targets.every_target())


def _curable() -> Q:
    if not nominatim.is_configured():
        return Q(pk__in=())
    return Q(reason=Reason.NO_SERVER) | (
        Q(reason=Reason.PRIVATE) if settings.NOMINATIM_IS_OWN else Q(pk__in=())
    )


def _collect(target: Target, at: datetime) -> int:
    known = GeocodingJob.objects.filter(kind=target.kind).values("object_id")
    rough = target.rows().filter(precision__in=COARSE).exclude(pk__in=known).order_by("pk")
    found = list(rough.values_list("pk", flat=True)[:BATCH_ROWS])
    if found:
        queue(kind=target.kind, object_ids=found, at=at)
    return len(found)


def queue_unknown(*, at: datetime) -> int:
    """After a new table of postal codes: what had only its town, or nothing, is looked at again."""
    rough = Q(outcome=Outcome.UNKNOWN) | Q(precision__in=(Precision.TOWN, Precision.NONE))
    return try_again(jobs=GeocodingJob.objects.filter(rough, tried_at__isnull=False), at=at)


def tidy(*, at: datetime) -> None:
    """Forget answers past their time and jobs of records that are gone."""
    CachedLookup.objects.filter(expires_at__lte=at).delete()
    for target in targets.every_target():
        GeocodingJob.objects.filter(kind=target.kind).exclude(
            object_id__in=target.rows().values("pk")
        ).delete()


def work(*, clock: Callable[[], datetime], seconds: float = WORK_SECONDS) -> int:
    """Place what is due, for so long; returns how many were looked at. Several workers share the rows.

    Not inside a transaction: the waiting for the server happens here.
    """
    until, count = time.monotonic() + seconds, 0
    while time.monotonic() < until and (job := _claim(clock())):
        _work_on(job, clock())
        count += 1
    return count


@transaction.atomic(durable=True)
def _claim(at: datetime) -> GeocodingJob | None:
    """The job that has been due longest, lent for LEASE: who dies with it gives it back by that."""
    kinds = [target.kind for target in targets.every_target()]
    waiting = GeocodingJob.objects.filter(waiting_since__isnull=False, due_at__lte=at, kind__in=kinds)
    job = waiting.select_for_update(skip_locked=True).order_by("due_at", "pk").first()
    if job is not None:
        GeocodingJob.objects.filter(pk=job.pk).update(due_at=at + LEASE)
    return job


def _work_on(job: GeocodingJob, at: datetime) -> None:
    try:
        _place(job, at)
    except Exception as error:  # one record's trouble must not stop the others
        log.error("geocoding_job_failed", job_id=job.pk, error=type(error).__name__, exc_info=error)
        _mine(job).update(due_at=at + _pause(job), attempts=job.attempts + 1)


def _place(job: GeocodingJob, at: datetime) -> None:
    target = targets.target(job.kind)
    spot = target.spots([job.object_id]).get(job.object_id)
    if spot is None:
        job.delete()
    elif spot.precision == Precision.MANUAL:
        _mine(job).update(**_by_hand(at))
    else:
        _place_spot(job, target, spot, at)


def _place_spot(job: GeocodingJob, target: Target, spot: Spot, at: datetime) -> None:
    found = geocode(address=spot.address, at=at)
    is_kept = not job.has_moved and FINENESS[found.precision] < FINENESS[spot.precision]
    if not is_kept and _differs(found, spot):
        is_placed = target.place(object_id=job.object_id, address=spot.address, found=found, at=at)
        if not is_placed:  # the address changed while we asked, or a hand was quicker
            _mine(job).update(due_at=at)
            return
    _finish(job, found, spot.precision if is_kept else found.precision, at)


def _differs(found: Found, spot: Spot) -> bool:
    there = (spot.latitude, spot.longitude, spot.precision)
    return (found.latitude, found.longitude, found.precision) != there


def _finish(job: GeocodingJob, found: Found, precision: Precision, at: datetime) -> None:
    """What came of it; where the server did not answer the job goes on waiting."""
    values = {
        "outcome": found.outcome,
        "precision": precision,
        "provenance": found.provenance,
        "reason": found.reason or "",
        "distance_km": found.refused_km,
        "tried_at": at,
    }
    if found.is_to_be_repeated:
        values |= {"due_at": at + _pause(job), "attempts": job.attempts + 1}
    else:
        values |= {"waiting_since": None, "due_at": None, "attempts": 0, "has_moved": False}
    with transaction.atomic():
        if _mine(job).update(**values) and not found.is_to_be_repeated:
            _tell(job, found, precision, at)


def _tell(job: GeocodingJob, found: Found, precision: Precision, at: datetime) -> None:
    told = {"kind": job.kind, "to": found.outcome}
    if found.outcome in (Outcome.PLACED, Outcome.COARSE):
        name, told["precision"] = "geocoding.address_placed", precision
    else:
        name, told["reason"] = "geocoding.address_refused", found.reason or ""
    publish(type=name, subject_id=job.object_id, at=at, payload=told)


def _by_hand(at: datetime) -> dict[str, object]:
    return {
        "outcome": Outcome.PLACED,
        "precision": Precision.MANUAL,
        "provenance": Provenance.HAND,
        "reason": "",
        "distance_km": None,
        "tried_at": at,
        "waiting_since": None,
        "due_at": None,
        "attempts": 0,
        "has_moved": False,
    }


def _mine(job: GeocodingJob) -> QuerySet[GeocodingJob]:
    """The row as it was taken: a record queued anew meanwhile keeps waiting."""
    return GeocodingJob.objects.filter(pk=job.pk, waiting_since=job.waiting_since)


def _rows(kind: str, object_ids: Iterable[int]) -> QuerySet[GeocodingJob]:
    return GeocodingJob.objects.filter(kind=kind, object_id__in=object_ids)


def _pause(job: GeocodingJob) -> timedelta:
    return min(FIRST_PAUSE * 2 ** min(job.attempts, 10), LONGEST_PAUSE)
