"""Candidates of a search with reasons, and why any other therapist is none."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import cos, radians
from typing import Any

import numpy as np
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import F, OuterRef, Subquery

from apps.core.parameters import Parameters
from apps.matching.engine.matching import Evaluation, Matches, evaluate_from, matches_of, select_from
from apps.matching.engine.reasons import REASONS, Flag, Reason, reasons_of
from apps.matching.engine.relaxation import relax
from apps.matching.engine.travel import NO_ROUTE_MINUTES
from apps.matching.enums import InquiryStatus
from apps.matching.models import Inquiry, PlacementSearch
from apps.matching.selectors import world as worlds
from apps.matching.selectors.world import World
from apps.patients.models import Patient
from apps.therapists.models import Therapist, Workplace
from apps.therapists.selectors import matching_text, with_offer, with_pause

MOST_SHOWN = 50  # candidates of a search; the others are only counted
ROWS_A_PAGE = 25


@dataclass(frozen=True)
class Judgement:
    """One therapist for one search. Without `reasons` the therapist is a candidate."""

    therapist: Therapist
    reasons: tuple[Reason, ...]
    score: float
    parts: dict[str, float]
    distance_km: float | None
    travel_minutes: float | None  # None as well where there is no way
    common_minutes: int | None
    is_hours_unknown: bool
    longest_common_minutes: int | None = None  # in one piece; only where `reasons` were asked for
    is_travel_measured: bool = False  # by a route planner; otherwise the minutes are estimated

    @property
    def has_no_way(self) -> bool:
        return self.is_travel_measured and self.travel_minutes is None

    @property
    def is_candidate(self) -> bool:
        return not self.reasons


@dataclass(frozen=True)
class Spot:
    """Where a candidate works; also those on the other pages."""

    rank: int
    latitude: float
    longitude: float


@dataclass(frozen=True)
class SearchView:
    """What the page of a search shows: the best candidates, how many fail why, what a relaxed wish brings."""

    candidates: list[Judgement]  # of one page
    first_rank: int  # of that page
    page: int
    page_count: int
    shown_count: int  # on all pages
    spots: list[Spot]  # of all pages
    candidate_count: int
    in_reach_count: int
    therapist_count: int
    reject_counts: list[tuple[Reason, int]]
    """Why therapists in reach fail, commonest first (those out of reach would drown the rest)."""
    gains: dict[str, int]
    blocking: Reason | None


def look_at(
    *,
    search: PlacementSearch,
    today: date,
    parameters: Parameters,
    limit: int = MOST_SHOWN,
    page: int = 1,
    rows_a_page: int = ROWS_A_PAGE,
) -> SearchView:
    """Match one search with all therapists. Drafts without this search can still be filled."""
    world = _without_drafts(worlds.of_search(search=search, today=today, parameters=parameters), search)
    columns, everybody = world.search_columns, world.everybody
    matches = matches_of(select_from(columns, everybody, limit), columns, everybody)
    shown = len(matches.therapist_index)
    page_count = max(-(-shown // rows_a_page), 1)
    page = min(max(page, 1), page_count)
    first = (page - 1) * rows_a_page
    (relaxed,) = relax(columns, [0], everybody)
    return SearchView(
        candidates=_candidates(world, matches, range(first, min(first + rows_a_page, shown)), today),
        first_rank=first + 1,
        page=page,
        page_count=page_count,
        shown_count=shown,
        spots=_spots(world, matches),
        candidate_count=int(matches.candidate_count[0]),
        in_reach_count=int(matches.in_reach_count[0]),
        therapist_count=len(world.therapist_columns),
        reject_counts=_reject_counts(matches),
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
    result = evaluate_from(world.search_columns, 0, world.everybody)
    therapists = _therapists(world, wanted, today)
    return [
        _judgement(therapist, result, row, reasons_of(int(result.failures[row])))
        for therapist, row in zip(therapists, wanted, strict=True)
    ]


def named(*, text: str, patient: Patient, most: int) -> list[int]:
    """Ids of the therapists of this name, town or practice, nearest to the patient first."""
    found = matching_text(Therapist.objects.all(), text)
    order: list[Any] = ["last_name", "first_name", "pk"]
    if patient.latitude is not None and patient.longitude is not None:
        found = found.annotate(nearness=_nearness(patient.latitude, patient.longitude))
        order.insert(0, F("nearness").asc(nulls_last=True))
    return list(found.order_by(*order).values_list("pk", flat=True)[:most])


def _nearness(latitude: float, longitude: float) -> Subquery:
    """Square of the distance in degrees on a flat map around the place: enough to sort by."""
    north = F("practice__latitude") - latitude
    east = (F("practice__longitude") - longitude) * cos(radians(latitude))
    main = Workplace.objects.filter(therapist=OuterRef("pk"), is_main=True)
    return Subquery(main.annotate(square=north * north + east * east).values("square")[:1])


def parts_of(parts: object, index: int) -> dict[str, float]:
    """The parts of a score, each from 0 to 1 before its weight."""
    names = ("acceptance", "distance", "hours", "email")
    return {name: round(float(getattr(parts, name)[index]), 4) for name in names}


def known(value: Any) -> int | None:
    """Minutes of an engine column as a number, None where hours are unknown."""
    return int(value) if value >= 0 else None


def way_minutes(value: float) -> float | None:
    """Travel minutes of an engine column, None where a place is unknown or there is no way."""
    return None if value == NO_ROUTE_MINUTES else _number(value)


def _without_drafts(world: World, search: PlacementSearch) -> World:
    """One row of ids, however many drafts a round has made."""
    drafts = Inquiry.objects.filter(status=InquiryStatus.DRAFT).exclude(requests__search=search)
    ids = drafts.aggregate(ids=ArrayAgg("therapist_id", default=[]))["ids"]
    if not ids:
        return world
    rows = world.therapist_columns.positions_of(np.array(ids, dtype=np.int64))
    return replace(world, everybody=world.everybody.without_inquiries(rows[rows >= 0]))


def _candidates(world: World, matches: Matches, places: range, today: date) -> list[Judgement]:
    therapists = _therapists(world, matches.therapist_index[places.start : places.stop].tolist(), today)
    return [
        _judgement(therapist, matches, place, ()) for therapist, place in zip(therapists, places, strict=True)
    ]


def _therapists(world: World, rows: Sequence[int], today: date) -> list[Therapist]:
    """In the order of the rows, with practices, approvals and the contact pause."""
    ids = world.therapist_columns.id[list(rows)].tolist()
    found = with_pause(with_offer(Therapist.objects.all()), today).in_bulk(ids)
    return [found[pk] for pk in ids]


def _judgement(
    therapist: Therapist, result: Evaluation | Matches, index: int, reasons: tuple[Reason, ...]
) -> Judgement:
    longest = result.longest_common_minutes[index] if isinstance(result, Evaluation) else -1
    return Judgement(
        therapist=therapist,
        reasons=reasons,
        score=float(result.score[index]),
        parts=parts_of(result.parts, index),
        distance_km=_number(result.distance_km[index]),
        travel_minutes=way_minutes(result.travel_minutes[index]),
        common_minutes=known(result.common_minutes[index]),
        is_hours_unknown=bool(result.flags[index] & Flag.HOURS_UNKNOWN),
        longest_common_minutes=known(longest),
        is_travel_measured=bool(result.flags[index] & Flag.TRAVEL_MEASURED),
    )


def _spots(world: World, matches: Matches) -> list[Spot]:
    columns, rows = world.therapist_columns, matches.therapist_index
    places = zip(columns.latitude[rows].tolist(), columns.longitude[rows].tolist(), strict=True)
    return [Spot(rank, latitude, longitude) for rank, (latitude, longitude) in enumerate(places, start=1)]


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 1)


def _reject_counts(matches: Matches) -> list[tuple[Reason, int]]:
    counts = zip(REASONS, matches.reject_counts[0].tolist(), strict=True)
    found = [(reason, count) for reason, count in counts if count and reason.rule != 1]
    return sorted(found, key=lambda pair: -pair[1])
