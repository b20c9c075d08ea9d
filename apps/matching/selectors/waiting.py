"""Looking at many searches: who fits a therapist with a free place, and who got nothing in a round."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import numpy as np

from apps.core.parameters import Parameters
from apps.matching.engine.matching import Evaluation, evaluate_therapist, select_from
from apps.matching.engine.planning import UnplannedReason
from apps.matching.engine.reasons import Flag, Reason, reasons_of
from apps.matching.engine.relaxation import relax
from apps.matching.enums import InquiryStatus, RequestStatus
from apps.matching.models import PlacementRequest, PlacementSearch, Round
from apps.matching.selectors import loading
from apps.matching.selectors import world as worlds
from apps.matching.selectors.candidates import parts_of
from apps.matching.selectors.lists import draft_ids, search_list
from apps.matching.selectors.world import World
from apps.therapists.models import Therapist

MOST_BLOCKED = 40  # what blocks a search is worked out for so many, longest waiting first


@dataclass(frozen=True)
class Fit:
    """A waiting patient who fits a therapist."""

    search: PlacementSearch
    score: float
    parts: dict[str, float]
    distance_km: float
    common_minutes: int | None
    is_hours_unknown: bool


@dataclass(frozen=True)
class Waiting:
    """`fits`: longest waiting first. `reject_counts`: why the others do not fit, commonest reason first."""

    fits: list[Fit]
    search_count: int
    reject_counts: list[tuple[Reason, int]]


def waiting_for(*, therapist: Therapist, today: date, parameters: Parameters) -> Waiting:
    """All plannable searches against one therapist; a draft inquiry of the therapist does not count."""
    world = worlds.load(today=today, parameters=parameters, ignore_inquiries=draft_ids([therapist.pk]))
    result = evaluate_therapist(world.search_columns, world.everybody, world.therapist_row(therapist.pk))
    fitting = np.flatnonzero(result.is_candidate).tolist()
    ids = world.search_columns.id[fitting].tolist()
    rows = search_list().in_bulk(ids)
    return Waiting(
        fits=[_fit(rows[pk], result, index) for pk, index in zip(ids, fitting, strict=True)],
        search_count=len(world.search_columns),
        reject_counts=_counts(result),
    )


@dataclass(frozen=True)
class Unplanned:
    """A plannable search without a line in a round, and why; `blocking` only where nobody fits."""

    search: PlacementSearch
    reason: UnplannedReason
    blocking: Reason | None


def unplanned_in(*, round_: Round, parameters: Parameters, today: date) -> list[Unplanned]:
    """Longest waiting first. Drafts of the round do not count against their therapists."""
    planned = PlacementRequest.objects.filter(inquiry__round=round_).exclude(status=RequestStatus.DROPPED)
    searches = loading.plannable(today=today).exclude(pk__in=planned.values("search"))
    drafts = round_.inquiries.filter(status=InquiryStatus.DRAFT).values_list("pk", flat=True)
    world = worlds.load(today=today, parameters=parameters, searches=searches, ignore_inquiries=list(drafts))
    if not len(world.search_columns):
        return []
    standing = select_from(world.search_columns, world.everybody, top=0)
    return _explained(world, standing.candidate_count.tolist())


def _explained(world: World, candidate_counts: Collection[int]) -> list[Unplanned]:
    ids, open_requests = world.search_columns.id.tolist(), world.search_columns.open_requests.tolist()
    rows = search_list().in_bulk(ids)
    found, looked_at = [], 0
    for place, count in enumerate(candidate_counts):
        reason = _reason(count, open_requests[place], world.parameters.open_requests_per_search)
        blocking = None
        if reason == UnplannedReason.NO_CANDIDATE and looked_at < MOST_BLOCKED:
            looked_at += 1
            blocking = relax(world.search_columns, place, world.everybody).blocking
        found.append(Unplanned(search=rows[ids[place]], reason=reason, blocking=blocking))
    return found


def _reason(candidates: int, open_requests: int, most: int) -> UnplannedReason:
    if not candidates:
        return UnplannedReason.NO_CANDIDATE
    return UnplannedReason.ENOUGH_OPEN_REQUESTS if open_requests >= most else UnplannedReason.NO_PLACE_LEFT


def _fit(search: PlacementSearch, result: Evaluation, index: int) -> Fit:
    minutes = int(result.common_minutes[index])
    return Fit(
        search=search,
        score=float(result.score[index]),
        parts=parts_of(result.parts, index),
        distance_km=round(float(result.distance_km[index]), 1),
        common_minutes=minutes if minutes >= 0 else None,
        is_hours_unknown=bool(result.flags[index] & Flag.HOURS_UNKNOWN),
    )


def _counts(result: Evaluation) -> list[tuple[Reason, int]]:
    counts: Counter[Reason] = Counter()
    for mask, number in zip(*np.unique(result.failures, return_counts=True), strict=True):
        counts.update(dict.fromkeys(reasons_of(int(mask)), int(number)))
    return counts.most_common()
