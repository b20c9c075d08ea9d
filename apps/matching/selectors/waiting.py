"""Looking at many searches: whom to offer a free place, and who got nothing in a round."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from django.db.models import QuerySet

from apps.core.parameters import Parameters
from apps.matching.engine.columns import METHODS, SearchColumns, TherapistColumns
from apps.matching.engine.hours import Interval, pack_hours
from apps.matching.engine.matching import Evaluation, evaluate_therapist, select_from
from apps.matching.engine.planning import UnplannedReason
from apps.matching.engine.reasons import Flag, Reason, mask_of, reasons_of
from apps.matching.engine.relaxation import relax
from apps.matching.engine.rules import OF_SETTING, ONE_METHOD_EVERYWHERE
from apps.matching.engine.sides import prepare_therapists
from apps.matching.enums import InquiryStatus, RequestStatus, SearchStatus
from apps.matching.models import PlacementRequest, PlacementSearch, Round
from apps.matching.selectors import loading
from apps.matching.selectors import world as worlds
from apps.matching.selectors.candidates import known, parts_of, way_minutes
from apps.matching.selectors.lists import draft_ids, search_list, without_secrets
from apps.matching.selectors.search_columns import read_searches
from apps.matching.selectors.world import World
from apps.patients.enums import Purpose
from apps.patients.models import Consent
from apps.therapists.enums import TherapistStatus
from apps.therapists.models import Therapist

MOST_BLOCKED = 40  # what blocks a search is worked out for so many, longest waiting first
INDIVIDUAL, GROUP, EITHER = "individual", "group", "either"
SETTINGS = {INDIVIDUAL: 0, EITHER: 1, GROUP: 2}  # places in OF_SETTING
FIELDS = {  # of a therapist's record
    INDIVIDUAL: ("free_individual_from",),
    GROUP: ("free_group_from",),
    EITHER: ("free_individual_from", "free_group_from"),
}
CONTACT_LIMITS = (Reason.CONTACT_PAUSE, Reason.CONTACTED_RECENTLY, Reason.OPEN_INQUIRY)
_LIMITS = np.uint32(mask_of(*CONTACT_LIMITS))
_OUT_OF_REACH = np.uint32(mask_of(Reason.LOCATION_UNKNOWN, Reason.TOO_FAR))


@dataclass(frozen=True)
class FreePlace:
    """A place a therapist has reported: from which day, and whether for individual or group therapy.

    `methods` and `hours` (weekday, first and last minute) narrow the place down; empty is whatever the
    record says.
    """

    from_on: date
    setting: str = EITHER  # a key of SETTINGS
    methods: tuple[str, ...] = ()  # of METHODS
    hours: tuple[Interval, ...] = ()


@dataclass(frozen=True)
class Offer:
    """All plannable searches against one therapist with a free place, longest waiting first.

    `limits`: what stands today against contacting the therapist, who has reported the place nevertheless; it
    hides nobody. Rows are those of `searches`.
    """

    searches: SearchColumns
    result: Evaluation
    limits: tuple[Reason, ...]

    @property
    def fitting(self) -> np.ndarray:
        return np.flatnonzero(self.result.is_candidate)

    @property
    def others_in_reach(self) -> np.ndarray:
        return np.flatnonzero(~self.result.is_candidate & ((self.result.failures & _OUT_OF_REACH) == 0))

    @property
    def out_of_reach_count(self) -> int:
        return int(np.count_nonzero(self.result.failures & _OUT_OF_REACH))

    @property
    def reject_counts(self) -> list[tuple[Reason, int]]:
        """Why those in reach do not fit, commonest reason first."""
        counts: Counter[Reason] = Counter()
        failures = self.result.failures[self.others_in_reach]
        for mask, number in zip(*np.unique(failures, return_counts=True), strict=True):
            counts.update(dict.fromkeys(reasons_of(int(mask)), int(number)))
        return counts.most_common()

    def failing(self, reason: Reason) -> np.ndarray:
        """Those in reach who fail for this reason."""
        rows = self.others_in_reach
        return rows[(self.result.failures[rows] & np.uint32(reason.bit)) != 0]

    def named(self, case_code: str) -> np.ndarray:
        """Those whose case code holds this text, near or far, fitting or not."""
        ids = PlacementSearch.objects.filter(patient__case_code__icontains=case_code).values_list(
            "pk", flat=True
        )
        return np.flatnonzero(np.isin(self.searches.id, list(ids)))


@dataclass(frozen=True)
class OfferLine:
    """One waiting patient and the therapist with the place. Without `reasons` they fit."""

    search: PlacementSearch
    reasons: tuple[Reason, ...]
    score: float
    parts: dict[str, float]
    distance_km: float | None
    common_minutes: int | None
    longest_common_minutes: int | None
    is_hours_unknown: bool
    measured_minutes: float | None = None  # by a route planner
    has_no_way: bool = False  # so says the route planner


def known_place(therapist: Therapist, today: date) -> FreePlace:
    """What the record says, else a place from today in either setting."""
    known = {name: getattr(therapist, FIELDS[name][0]) for name in (INDIVIDUAL, GROUP)}
    days = {name: day for name, day in known.items() if day is not None}
    if not days:
        return FreePlace(today)
    return FreePlace(min(days.values()), EITHER if len(days) > 1 else next(iter(days)))


def offer_place(*, therapist: Therapist, place: FreePlace, today: date, parameters: Parameters) -> Offer:
    """Judge as of the day the place is free, as if on record. The therapist's own draft is no limit."""
    world = worlds.load(today=today, parameters=parameters, ignore_inquiries=draft_ids([therapist.pk]))
    row = world.therapist_row(therapist.pk)
    day = max(place.from_on, today)
    columns = _with_place(world.therapist_columns.take(np.array([row])), therapist, place, day)
    searches = world.search_columns if day == today else _waiting_on(world, day)
    result = evaluate_therapist(searches, prepare_therapists(columns, world.parameters, day), 0)
    against = world.everybody.side.failures[world.everybody.place_of_row[row]]
    return Offer(
        searches=searches,
        result=replace(result, failures=result.failures & ~_LIMITS),
        limits=reasons_of(int(against & _LIMITS)),
    )


def lines_of(offer: Offer, rows: Sequence[int]) -> list[OfferLine]:
    """One query for all of them."""
    ids = offer.searches.id[list(rows)].tolist()
    searches = PlacementSearch.objects.select_related("patient").defer(*without_secrets("patient"))
    found = searches.in_bulk(ids)
    pairs = zip(ids, rows, strict=True)
    return [_line(found[pk], offer.result, row) for pk, row in pairs if pk in found]


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
    most = world.parameters.open_requests_per_search
    reasons = [
        _reason(count, asked, most) for count, asked in zip(candidate_counts, open_requests, strict=True)
    ]
    without = [place for place, reason in enumerate(reasons) if reason == UnplannedReason.NO_CANDIDATE]
    relaxed = relax(world.search_columns, without[:MOST_BLOCKED], world.everybody)
    blocking = {place: one.blocking for place, one in zip(without, relaxed, strict=False)}
    return [
        Unplanned(search=rows[pk], reason=reasons[place], blocking=blocking.get(place))
        for place, pk in enumerate(ids)
    ]


def _reason(candidates: int, open_requests: int, most: int) -> UnplannedReason:
    if not candidates:
        return UnplannedReason.NO_CANDIDATE
    return UnplannedReason.ENOUGH_OPEN_REQUESTS if open_requests >= most else UnplannedReason.NO_PLACE_LEFT


def _with_place(
    columns: TherapistColumns, therapist: Therapist, place: FreePlace, day: date
) -> TherapistColumns:
    """One therapist on that day: the place is known, only its setting is offered, a block may be over."""
    is_blocked = therapist.status == TherapistStatus.BLOCKED and (
        therapist.blocked_until is None or therapist.blocked_until >= day
    )
    return replace(
        columns,
        approvals=columns.approvals & OF_SETTING[SETTINGS[place.setting]] & _of_methods(place.methods),
        hours=pack_hours([place.hours]) if place.hours else columns.hours,
        has_free_individual=columns.has_free_individual | (place.setting != GROUP),
        has_free_group=columns.has_free_group | (place.setting != INDIVIDUAL),
        is_blocked=np.array([is_blocked]),
    )


def _of_methods(methods: Collection[str]) -> np.uint16:
    """Bits of the approvals for these methods, for all of them where none is named."""
    return np.uint16(sum(ONE_METHOD_EVERYWHERE << METHODS.index(one) for one in set(methods or METHODS)))


def _waiting_on(world: World, day: date) -> SearchColumns:
    """The plannable searches without those that pause on that day, with those whose pause is over by then."""
    paused = PlacementSearch.objects.filter(paused_from__lte=day).exclude(paused_until__lt=day)
    is_paused = np.isin(world.search_columns.id, list(paused.values_list("pk", flat=True)))
    searches = world.search_columns.take(np.flatnonzero(~is_paused))
    back = _back_by(day)
    if not back.exists():
        return searches
    both = searches.joined(read_searches(back, today=day))
    return both.take(np.lexsort((both.id, both.started_on)))


def _back_by(day: date) -> QuerySet[PlacementSearch]:
    """Searches that pause now and resume by themselves before that day."""
    searches = PlacementSearch.objects.filter(status=SearchStatus.PAUSED, paused_until__lt=day)
    for purpose in (Purpose.HEALTH_DATA, Purpose.PSEUDONYMOUS):
        consents = Consent.objects.filter(purpose=purpose, withdrawn_on__isnull=True, given_on__lte=day)
        searches = searches.filter(patient_id__in=consents.values("patient_id"))
    return searches


def _line(search: PlacementSearch, result: Evaluation, row: int) -> OfferLine:
    distance = float(result.distance_km[row])
    is_measured = bool(result.flags[row] & Flag.TRAVEL_MEASURED)
    minutes = way_minutes(result.travel_minutes[row])
    return OfferLine(
        search=search,
        reasons=reasons_of(int(result.failures[row])),
        score=float(result.score[row]),
        parts=parts_of(result.parts, row),
        distance_km=None if np.isnan(distance) else round(distance, 1),
        common_minutes=known(result.common_minutes[row]),
        longest_common_minutes=known(result.longest_common_minutes[row]),
        is_hours_unknown=bool(result.flags[row] & Flag.HOURS_UNKNOWN),
        measured_minutes=minutes if is_measured else None,
        has_no_way=is_measured and minutes is None,
    )
