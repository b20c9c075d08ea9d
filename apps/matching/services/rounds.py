"""Planning a round: the draft of this week's contacts. Nothing leaves the system from here."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.db.models.functions import TruncDate
from django.utils.translation import gettext as _

from apps.core import parameters as operating
from apps.core.errors import Refused, StaleState
from apps.core.parameters import Parameters
from apps.core.transitions import lock, move, operation, record_start
from apps.matching.engine import planning
from apps.matching.engine.matching import Matches, Standing, matches_of, result_hash
from apps.matching.enums import (
    OPEN_REQUESTS,
    Channel,
    InquiryStatus,
    RequestStatus,
    RoundStatus,
)
from apps.matching.models import Inquiry, PlacementRequest, PlacementSearch, Round
from apps.matching.phrases import REASONS
from apps.matching.selectors import loading
from apps.matching.selectors import world as worlds
from apps.matching.selectors.candidates import Judgement, explain, parts_of
from apps.matching.selectors.world import World
from apps.matching.services import inquiries, overtaken
from apps.therapists.models import ContactGroup, Therapist
from apps.therapists.selectors import ids_with_phone, may_be_emailed, phone_of


def plan_round(*, actor: Any, at: datetime, today: date) -> Round:
    """Match all plannable searches, plan the contacts and write them as a draft.

    Raises Refused while another draft waits for its release.
    """
    parameters = operating.current(at=at)
    if Round.objects.filter(status=RoundStatus.DRAFT).exists():
        raise Refused(_("A draft round waits already. Please release or discard it first."))
    world, standing = worlds.outlook(today=today, parameters=parameters)
    matches = matches_of(standing, world.search_columns, world.everybody)
    plan = _plan(world, matches)
    channels = _channels(world, plan, parameters)
    try:
        return _write(
            world, matches, standing, plan, channels, version=parameters.version, actor=actor, at=at
        )
    except IntegrityError:
        raise StaleState(_("Somebody else planned or asked at the same moment. Please plan again.")) from None


@transaction.atomic
def drop_request(*, request: PlacementRequest, actor: Any, at: datetime) -> None:
    """Take one line out of a draft. Raises StaleState once it is released."""
    if lock(request).status != RequestStatus.PLANNED:
        raise StaleState()
    inquiries.take_out(requests=[request], actor=actor, at=at, reason=_("dropped by hand"))


def add_request(
    *, search: PlacementSearch, therapist: Therapist, actor: Any, at: datetime, today: date
) -> PlacementRequest:
    """Fill an inquiry by hand: same rules, same limits. Raises Refused with every reason against it.

    An open draft for this therapist is filled; else a new draft inquiry is made.
    """
    parameters = operating.current(at=at)
    try:
        with transaction.atomic(), operation():
            return _add(search, therapist, parameters=parameters, actor=actor, at=at, today=today)
    except IntegrityError:
        raise StaleState() from None


def _add(
    search: PlacementSearch,
    therapist: Therapist,
    *,
    parameters: Parameters,
    actor: Any,
    at: datetime,
    today: date,
) -> PlacementRequest:
    group = ContactGroup.objects.select_for_update(of=("self",), no_key=True)
    group.get(therapists=therapist.pk)  # nobody releases an inquiry of this group meanwhile
    search = lock(search)
    if not loading.plannable(today=today).filter(pk=search.pk).exists():
        raise Refused(_("The search is not active or a consent is missing."))
    inquiry = _held_draft(search, therapist)
    judgement = _judgement(search, therapist, inquiry, parameters=parameters, today=today)
    _check_limits(search, inquiry, parameters)
    channel = channel_for(therapist, parameters.email_policy)
    if channel is None:
        raise Refused(_("The therapist has neither a permitted e-mail address nor a phone number."))
    inquiry = inquiry or _draft_inquiry(therapist, channel=channel, round_=None, actor=actor, at=at)
    facts = {
        "is_manual": True,
        "score": judgement.score,
        "score_parts": judgement.parts,
        "distance_km": judgement.distance_km,
        "common_minutes": judgement.common_minutes,
    }
    dropped = inquiry.requests.filter(search=search, status=RequestStatus.DROPPED).first()
    if dropped is not None:
        fields = {**facts, "ended_at": None}
        return move(dropped, to=RequestStatus.PLANNED, actor=actor, at=at, fields=fields, undo=True)
    request = PlacementRequest.objects.create(search=search, inquiry=inquiry, therapist=therapist, **facts)
    record_start(request, actor=actor, at=at)
    return request


def _held_draft(search: PlacementSearch, therapist: Therapist) -> Inquiry | None:
    """The draft for this therapist, held: nobody else fills or releases it. Requests first, then inquiry."""
    list(search.requests.filter(therapist=therapist).select_for_update(no_key=True).order_by("id"))
    drafts = therapist.inquiries.filter(status=InquiryStatus.DRAFT)
    return drafts.select_for_update(no_key=True).first()


@transaction.atomic
def discard(*, round_: Round, actor: Any, at: datetime) -> Round:
    """Throw the unreleased rest of a draft away."""
    with operation():
        planned = PlacementRequest.objects.filter(inquiry__round=round_, status=RequestStatus.PLANNED)
        inquiries.take_out(requests=planned, actor=actor, at=at, reason=_("round discarded"))
        released = round_.inquiries.exclude(status=InquiryStatus.CANCELLED).exists()
        to = RoundStatus.RELEASED if released else RoundStatus.DISCARDED
        return move(round_, to=to, actor=actor, at=at)


def channel_for(therapist: Therapist, email_policy: str) -> Channel | None:
    """E-mail where there is an address and the policy allows it, else phone, else nothing."""
    if may_be_emailed(therapist=therapist, policy=email_policy):
        return Channel.EMAIL
    return Channel.PHONE if phone_of(therapist) else None


def _channels(world: World, plan: planning.Plan, parameters: Parameters) -> dict[int, Channel]:
    ids = {int(world.therapist_columns.id[line.therapist_index]) for line in plan.lines}
    therapists = Therapist.objects.prefetch_related("workplaces__practice").in_bulk(ids)
    found = {pk: channel_for(row, parameters.email_policy) for pk, row in therapists.items()}
    return {pk: channel for pk, channel in found.items() if channel is not None}


def _plan(world: World, matches: Matches) -> planning.Plan:
    therapists, searches = world.therapist_columns, world.search_columns
    is_reachable = therapists.has_email | np.isin(therapists.id, list(ids_with_phone()))
    keep = is_reachable[matches.therapist_index]
    edges = planning.Edges(
        search_index=matches.search_index[keep],
        therapist_index=matches.therapist_index[keep],
        acceptance=matches.parts.acceptance[keep],
        score=matches.score[keep],
    )
    return planning.plan(
        edges,
        contact_groups=therapists.contact_group,
        waiting_days=world.today.toordinal() - searches.started_on,
        open_requests=searches.open_requests,
        parameters=world.parameters,
        unasked_days=_unasked_days(world),
    )


def _unasked_days(world: World) -> np.ndarray:
    """Days since each search was last asked about, or since it began."""
    asked = PlacementRequest.objects.filter(sent_at__isnull=False).values("search_id")
    last = dict(asked.annotate(last=TruncDate(Max("sent_at"))).values_list("search_id", "last"))
    searches = world.search_columns
    asked_on = [last[pk].toordinal() if pk in last else 0 for pk in searches.id.tolist()]
    return world.today.toordinal() - np.maximum(searches.started_on, np.array(asked_on, dtype=np.int64))


@transaction.atomic
def _write(
    world: World,
    matches: Matches,
    standing: Standing,
    plan: planning.Plan,
    channels: dict[int, Channel],
    *,
    version: int,
    actor: Any,
    at: datetime,
) -> Round:
    with operation():
        round_ = Round.objects.create(
            planned_for=world.today,
            parameters_version=version,
            result_hash=result_hash(standing, world.search_columns.id),
            searches_count=len(world.search_columns),
            therapists_count=len(world.therapist_columns),
            candidates_count=int(matches.candidate_count.sum()),
            created_by=actor,
        )
        record_start(round_, actor=actor, at=at)
        rows = _rows_of_matches(matches)
        therapists = Therapist.objects.in_bulk(channels)
        for index, lines in _by_therapist(plan.lines).items():
            therapist = therapists.get(int(world.therapist_columns.id[index]))
            if therapist is None:
                continue  # lost the address or number while the round was planned
            inquiry = _draft_inquiry(
                therapist, channel=channels[therapist.pk], round_=round_, actor=actor, at=at
            )
            for line in lines:
                row = rows[line.search_index, line.therapist_index]
                _write_request(world, matches, line, row, inquiry=inquiry, actor=actor, at=at)
        overtaken.take_back(
            round_=round_, today=world.today, most_open=world.parameters.open_requests_per_search
        )
    return round_


def _draft_inquiry(
    therapist: Therapist, *, channel: Channel, round_: Round | None, actor: Any, at: datetime
) -> Inquiry:
    inquiry = Inquiry.objects.create(
        therapist=therapist, contact_group_id=therapist.contact_group_id, round=round_, channel=channel
    )
    record_start(inquiry, actor=actor, at=at)
    return inquiry


def _write_request(
    world: World,
    matches: Matches,
    line: planning.PlannedLine,
    row: int,
    *,
    inquiry: Inquiry,
    actor: Any,
    at: datetime,
) -> None:
    minutes = int(matches.common_minutes[row])
    request = PlacementRequest.objects.create(
        search_id=int(world.search_columns.id[line.search_index]),
        inquiry=inquiry,
        therapist_id=inquiry.therapist_id,
        score=round(float(matches.score[row]), 4),
        score_parts=parts_of(matches.parts, row),
        plan_facts={
            "rank": line.rank,
            "option_count": line.option_count,
            "waiting_days": line.waiting_days,
            "gain": round(line.gain, 4),
            "chance_before": round(line.chance_before, 4),
            "chance_after": round(line.chance_after, 4),
            "reasons": list(line.reasons),
        },
        distance_km=round(float(matches.distance_km[row]), 1),
        common_minutes=minutes if minutes >= 0 else None,
    )
    record_start(request, actor=actor, at=at)


def _rows_of_matches(matches: Matches) -> dict[tuple[int, int], int]:
    pairs = zip(matches.search_index.tolist(), matches.therapist_index.tolist(), strict=True)
    return {pair: row for row, pair in enumerate(pairs)}


def _by_therapist(lines: Sequence[planning.PlannedLine]) -> dict[int, list[planning.PlannedLine]]:
    grouped: dict[int, list[planning.PlannedLine]] = defaultdict(list)
    for line in lines:
        grouped[line.therapist_index].append(line)
    return grouped


def _judgement(
    search: PlacementSearch,
    therapist: Therapist,
    inquiry: Inquiry | None,
    *,
    parameters: Parameters,
    today: date,
) -> Judgement:
    (judgement,) = explain(
        search=search,
        therapist_ids=[therapist.pk],
        today=today,
        parameters=parameters,
        ignore_inquiries=[inquiry.pk] if inquiry else [],
    )
    if judgement.reasons:
        raise Refused(" ".join(str(REASONS[reason]) for reason in judgement.reasons))
    return judgement


def _check_limits(search: PlacementSearch, inquiry: Inquiry | None, parameters: Parameters) -> None:
    open_requests = search.requests.filter(status__in=OPEN_REQUESTS).count()
    if open_requests >= parameters.open_requests_per_search:
        raise Refused(_("The search already has its most open requests."))
    planned = inquiry.requests.filter(status=RequestStatus.PLANNED).count() if inquiry else 0
    if planned >= parameters.max_requests_per_inquiry:
        raise Refused(_("The inquiry is full."))
