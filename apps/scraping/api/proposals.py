"""Proposals: what a source says anew about a known therapist, accepted or refused field by field."""

from datetime import date
from typing import Any

from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Schema
from pydantic import AwareDatetime, Field

from apps.gateway.enums import Scope
from apps.gateway.fields import Id, In, RowId, Text
from apps.gateway.paging import Page, PageQuery, listed, page
from apps.gateway.principal import principal
from apps.gateway.routing import Endpoints
from apps.scraping.enums import ProposalStatus
from apps.scraping.models import ChangeProposal
from apps.scraping.services import decisions

endpoints = Endpoints(tags=["imports"])

SORTS = {"id": ("id",), "therapist_id": ("therapist_id", "id")}


class ProposalQuery(PageQuery):
    """`sort`: id, therapist_id."""

    status: ProposalStatus | None = None
    source_id: Id | None = None
    run_id: Id | None = None
    therapist_id: Id | None = None
    field: Text | None = None


class ProposalItem(Schema):
    """`old` was on record when it was made or last looked at, `new` is what the source says."""

    id: int
    status: ProposalStatus
    source_id: int
    record_id: int
    run_id: int
    therapist_id: int
    practice_id: int | None = Field(description="Where the field is one of the practice")
    field: str
    old: Any
    new: Any
    is_hand_kept: bool = Field(description="The value on record does not come from a source")
    said_on: date
    decided_by_id: int | None
    decided_at: AwareDatetime | None


class ProposalOut(ProposalItem):
    present: Any = Field(description="What is on record now")


class ProposalAcceptIn(In):
    """Without `present` the record must still hold `old`; with it, what was read as `present`."""

    present: Any = None


ProposalPage = listed("ProposalPage", ProposalItem)


@endpoints.get(
    "",
    scope=Scope.IMPORTS_READ,
    answer=ProposalPage,
    operation_id="list_proposals",
    summary="List proposed changes",
)
def list_proposals(request: HttpRequest, query: Query[ProposalQuery]) -> Page:
    return page(_chosen(query), query, SORTS)


@endpoints.get(
    "/{proposal_id}",
    scope=Scope.IMPORTS_READ,
    answer=ProposalOut,
    operation_id="read_proposal",
    summary="Read a proposed change and what is on record now",
)
def read_proposal(request: HttpRequest, proposal_id: RowId) -> ChangeProposal:
    return _shown(proposal_id)


@endpoints.post(
    "/{proposal_id}/accept",
    scope=Scope.IMPORTS_WRITE,
    answer=ProposalOut,
    operation_id="accept_proposal",
    summary="Take a proposed value over",
)
def accept_proposal(request: HttpRequest, proposal_id: RowId, data: ProposalAcceptIn) -> ChangeProposal:
    """Refused (409) where the record has changed: read it again, then send what is `present`."""
    proposal, actor, at = _proposal(proposal_id), principal(request).account, timezone.now()
    if "present" in data.model_fields_set:
        decisions.accept_seen(proposal=proposal, present=data.present, actor=actor, at=at)
    else:
        decisions.accept(proposal=proposal, actor=actor, at=at)
    return _shown(proposal_id)


@endpoints.post(
    "/{proposal_id}/refuse",
    scope=Scope.IMPORTS_WRITE,
    answer=ProposalOut,
    operation_id="refuse_proposal",
    summary="Keep what is on record",
)
def refuse_proposal(request: HttpRequest, proposal_id: RowId) -> ChangeProposal:
    """The same is not proposed again unless the source says something else."""
    decisions.refuse(proposal=_proposal(proposal_id), actor=principal(request).account, at=timezone.now())
    return _shown(proposal_id)


@endpoints.post(
    "/{proposal_id}/take-back",
    scope=Scope.IMPORTS_WRITE,
    answer=ProposalOut,
    operation_id="take_back_proposal",
    summary="Undo a decision about a proposed change",
)
def take_back_proposal(request: HttpRequest, proposal_id: RowId) -> ChangeProposal:
    """Refused (409) where an accepted value has been changed since, and for a further practice."""
    decisions.take_back(proposal=_proposal(proposal_id), actor=principal(request).account, at=timezone.now())
    return _shown(proposal_id)


def _rows() -> QuerySet[ChangeProposal]:
    return ChangeProposal.objects.annotate(source_id=F("record__source_id"))


def _chosen(query: ProposalQuery) -> QuerySet[ChangeProposal]:
    asked = {
        "status": query.status,
        "record__source": query.source_id,
        "run": query.run_id,
        "therapist": query.therapist_id,
        "field": query.field,
    }
    return _rows().filter(**{name: value for name, value in asked.items() if value is not None})


def _proposal(pk: int) -> ChangeProposal:
    return get_object_or_404(_rows().select_related("therapist", "practice"), pk=pk)


def _shown(pk: int) -> ChangeProposal:
    proposal: Any = _proposal(pk)
    proposal.present = decisions.present_value(proposal)
    return proposal  # type: ignore[no-any-return]
