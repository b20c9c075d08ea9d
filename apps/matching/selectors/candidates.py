"""Candidates of a search with reasons, and why any other therapist is none."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import numpy as np

from apps.core.parameters import Parameters
from apps.matching.engine.matching import Evaluation, evaluate_from
from apps.matching.engine.reasons import REASONS, Flag, Reason, reasons_of
from apps.matching.engine.relaxation import relax
from apps.matching.enums import InquiryStatus
from apps.matching.models import Inquiry, PlacementSearch
from apps.matching.selectors import world as worlds
from apps.matching.selectors.world import World
from apps.therapists.models import Therapist


@dataclass(frozen=True)
class Judgement:
    """One therapist for one search. Without `reasons` the therapist is a candidate."""

    therapist: Therapist
    reasons: tuple[Reason, ...]
    score: float
    parts: dict[str, float]
    distance_km: float | None
    travel_minutes: float | None
    common_minutes: int | None
    is_hours_unknown: bool

    @property
    def is_candidate(self) -> bool:
        return not self.reasons


@dataclass(frozen=True)
class SearchView:
    """What the page of a search shows: the best candidates, how many fail why, what a relaxed wish brings."""

    candidates: list[Judgement]
    candidate_count: int
    therapist_count: int
    reject_counts: list[tuple[Reason, int]]
    gains: dict[str, int]
    blocking: Reason | None


def look_at(
    *, search: PlacementSearch, today: date, parameters: Parameters, limit: int | None = 50
) -> SearchView:
    """Evaluate one search against all therapists. Drafts without this search can still be filled."""
    drafts = Inquiry.objects.filter(status=InquiryStatus.DRAFT).exclude(requests__search=search)
    world = worlds.load(
        today=today,
        parameters=parameters,
        searches=PlacementSearch.objects.filter(pk=search.pk),
        ignore_inquiries=list(drafts.values_list("id", flat=True)),
    )
    result = _evaluate(world)
    chosen = _ranked(world, result)[:limit]
    relaxed = relax(world.search_columns, 0, world.everybody)
    return SearchView(
        candidates=_judgements(world, result, chosen),
        candidate_count=int(result.is_candidate.sum()),
        therapist_count=len(world.therapist_columns),
        reject_counts=_reject_counts(result),
        gains=relaxed.gains,
        blocking=relaxed.blocking,
    )


def explain(
    *,
    search: PlacementSearch,
    therapist_ids: list[int],
    today: date,
    parameters: Parameters,
    ignore_inquiries: Collection[int] = (),
) -> list[Judgement]:
    """Why, or why not, these therapists fit; in the order given."""
    world = worlds.load(
        today=today,
        parameters=parameters,
        searches=PlacementSearch.objects.filter(pk=search.pk),
        therapist_ids=therapist_ids,
        ignore_inquiries=ignore_inquiries,
    )
    wanted = [row for pk in therapist_ids if (row := world.therapist_row(pk)) >= 0]
    return _judgements(world, _evaluate(world), wanted)


def _evaluate(world: World) -> Evaluation:
    return evaluate_from(world.search_columns, 0, world.everybody)


def _ranked(world: World, result: Evaluation) -> list[int]:
    """Indexes of the candidates: highest score first, then the lower therapist id."""
    indexes = np.flatnonzero(result.is_candidate)
    return [int(index) for index in indexes[np.argsort(-result.score[indexes], kind="stable")]]


def _judgements(world: World, result: Evaluation, indexes: list[int]) -> list[Judgement]:
    ids = world.therapist_columns.id[indexes].tolist()
    rows = Therapist.objects.prefetch_related("workplaces__practice", "approvals").in_bulk(ids)
    return [_judgement(rows[pk], result, index) for pk, index in zip(ids, indexes, strict=True)]


def _judgement(therapist: Therapist, result: Evaluation, index: int) -> Judgement:
    return Judgement(
        therapist=therapist,
        reasons=reasons_of(int(result.failures[index])),
        score=float(result.score[index]),
        parts=parts_of(result.parts, index),
        distance_km=_number(result.distance_km[index]),
        travel_minutes=_number(result.travel_minutes[index]),
        common_minutes=int(result.common_minutes[index]) if result.common_minutes[index] >= 0 else None,
        is_hours_unknown=bool(result.flags[index] & Flag.HOURS_UNKNOWN),
    )


def parts_of(parts: object, index: int) -> dict[str, float]:
    """The parts of a score, each from 0 to 1 before its weight."""
    names = ("acceptance", "distance", "hours", "email")
    return {name: round(float(getattr(parts, name)[index]), 4) for name in names}


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 1)


def _reject_counts(result: Evaluation) -> list[tuple[Reason, int]]:
    """Reasons of therapists in reach, commonest first (those out of reach would drown the rest)."""
    counts: Counter[Reason] = Counter()
    far = np.uint32(Reason.TOO_FAR.bit | Reason.LOCATION_UNKNOWN.bit)
    in_reach = result.failures[(result.failures & far) == 0]
    for reason in REASONS:
        if count := int(np.count_nonzero(in_reach & np.uint32(reason.bit))):
            counts[reason] = count
    return counts.most_common()
