"""Releases inside one transaction, as the interface for programs makes them.

`release` lets inquiries out one by one, each in a transaction of its own. In a single one the locks of all
of them are taken first, in the order of docs/architecture.md, so that nobody waits in a circle.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from apps.core.errors import DomainError, StaleState
from apps.matching.enums import InquiryStatus, RequestStatus, RoundStatus
from apps.matching.models import Inquiry, PlacementRequest, PlacementSearch, Round
from apps.matching.services import release
from apps.matching.services.release import Released
from apps.therapists.models import ContactGroup, Therapist


@transaction.atomic
def release_lines(
    *, round_: Round, inquiry_ids: Iterable[int] | None, actor: Any, at: datetime, today: date
) -> Released:
    """All drafts of a round, or those named: as `release.release_round`. StaleState if it is closed."""
    if round_.status != RoundStatus.DRAFT:
        raise StaleState()
    drafts = round_.inquiries.filter(status=InquiryStatus.DRAFT)
    if inquiry_ids is not None:
        inquiry_ids = list(inquiry_ids)
        drafts = drafts.filter(pk__in=inquiry_ids)
    _hold(drafts)
    return release.release_round(round_=round_, actor=actor, at=at, today=today, inquiry_ids=inquiry_ids)


@transaction.atomic
def release_one(*, inquiry: Inquiry, actor: Any, at: datetime, today: date) -> Released:
    """One draft, through its round where it has one. Raises StaleState if it is no draft any more.

    What speaks against it is in the result, so that lines which no longer fit stay dropped.
    """
    if inquiry.status != InquiryStatus.DRAFT:
        raise StaleState()
    if inquiry.round is not None:
        return release_lines(round_=inquiry.round, inquiry_ids=[inquiry.pk], actor=actor, at=at, today=today)
    _hold(Inquiry.objects.filter(pk=inquiry.pk))
    try:
        return Released(released=[release.release_inquiry(inquiry=inquiry, actor=actor, at=at, today=today)])
    except DomainError as error:
        return Released(refused=[(inquiry, str(error.message))])


def _hold(drafts: QuerySet[Inquiry]) -> None:
    """Contact groups, searches, requests, inquiries; each kind by id and no stronger than `release` does."""
    ids = list(drafts.values_list("pk", flat=True))
    lines = PlacementRequest.objects.filter(inquiry__in=ids, status=RequestStatus.PLANNED)
    groups = Therapist.objects.filter(inquiries__in=ids).values("contact_group")
    for rows in (
        ContactGroup.objects.select_for_update(no_key=True).filter(pk__in=groups),
        PlacementSearch.objects.select_for_update(no_key=True).filter(pk__in=lines.values("search")),
        lines.select_for_update(of=("self",)),
        Inquiry.objects.select_for_update(of=("self",)).filter(pk__in=ids),
    ):
        list(rows.order_by("pk").values_list("pk", flat=True))
