"""Inquiries: list, read, release one, cancel one that has not been sent."""

from django.http import HttpRequest, HttpResponse
from ninja import Query

from apps.gateway import versions
from apps.gateway.access import note_access
from apps.gateway.enums import Scope
from apps.gateway.fields import RowId
from apps.gateway.paging import page
from apps.gateway.routing import Endpoints
from apps.matching.api import request_told
from apps.matching.api.common import Told, acting, acting_today, found, narrowed
from apps.matching.api.schemas.inquiries import InquiryOut, InquiryPage, InquiryQuery, ReleasedOut
from apps.matching.api.schemas.shared import ReasonIn
from apps.matching.enums import YES_REQUESTS, RequestStatus
from apps.matching.models import Inquiry
from apps.matching.selectors import rows
from apps.matching.services import lines, release_together
from apps.matching.services.release import Released

endpoints = Endpoints(tags=["inquiries"])

SORTS = {"id": ("id",), "updated_at": ("updated_at", "id")}
ITEM = (
    *("id", "reference", "status", "channel", "therapist_id", "round_id", "released_at", "sent_at"),
    *("last_contact_at", "ended_at", "updated_at"),
)
CONTACT = ("email_id", "call_id", "request_ids")


@endpoints.get(
    "",
    scope=Scope.INQUIRIES_READ,
    answer=InquiryPage,
    summary="Inquiries",
    operation_id="list_inquiries",
    description="Sorts: id, updated_at. Says nothing about patients but how many are asked for.",
)
def list_inquiries(request: HttpRequest, query: Query[InquiryQuery]) -> Told:
    chosen = narrowed(
        rows.inquiries(),
        status=query.status,
        therapist=query.therapist_id,
        round=query.round_id,
        channel=query.channel,
        updated_at__gte=query.updated_since,
    )
    found_page = page(chosen, query, SORTS)
    return {"items": [item(inquiry) for inquiry in found_page.items], "next": found_page.next}


@endpoints.get(
    "/{inquiry_id}",
    scope=Scope.INQUIRIES_READ,
    answer=InquiryOut,
    summary="One inquiry with its requests",
    operation_id="read_inquiry",
)
def read_inquiry(request: HttpRequest, inquiry_id: RowId, response: HttpResponse) -> Told:
    return told(request, response, inquiry_id, "read_inquiry")


@endpoints.post(
    "/{inquiry_id}/release",
    scope=Scope.INQUIRIES_WRITE,
    answer=ReleasedOut,
    summary="Release a draft inquiry",
    operation_id="release_inquiry",
    description="Requests are looked at once more; then the e-mail is queued or the call planned.",
)
def release_inquiry(request: HttpRequest, inquiry_id: RowId) -> Told:
    inquiry = found(Inquiry.objects.select_related("round", "therapist"), inquiry_id)
    return released(release_together.release_one(inquiry=inquiry, **acting_today(request)))


@endpoints.post(
    "/{inquiry_id}/cancel",
    scope=Scope.INQUIRIES_WRITE,
    answer=InquiryOut,
    summary="Cancel an inquiry that has not been sent",
    operation_id="cancel_inquiry",
    description="Its requests are taken out, its letter or call is cancelled.",
)
def cancel_inquiry(request: HttpRequest, inquiry_id: RowId, data: ReasonIn, response: HttpResponse) -> Told:
    inquiry = found(Inquiry.objects.select_related("round"), inquiry_id)
    lines.cancel_inquiry(inquiry=inquiry, reason=data.reason, **acting(request))
    return told(request, response, inquiry_id, "cancel_inquiry")


def told(request: HttpRequest, response: HttpResponse, inquiry_id: int, operation: str) -> Told:
    """The inquiry as it is now, with its ETag."""
    inquiry = found(rows.inquiry_details(), inquiry_id)
    versions.show(response, inquiry)
    carried = list(inquiry.requests.all())
    note_access(request, [row.search.patient_id for row in carried], operation)
    return {
        **item(inquiry),
        "therapist_name": inquiry.therapist.full_name,
        "released_by": inquiry.released_by.display_name if inquiry.released_by else "",
        "requests": [request_told.item(row) for row in carried],
        "contacts": [
            {name: getattr(contact, name) for name in CONTACT} for contact in inquiry.contacts.all()
        ],
    }


def item(inquiry: Inquiry) -> Told:
    carried = inquiry.requests.all()
    return {name: getattr(inquiry, name) for name in ITEM} | {
        "request_count": sum(row.status != RequestStatus.DROPPED for row in carried),
        "answered_count": sum(row.answered_at is not None for row in carried),
        "accepted_count": sum(row.status in YES_REQUESTS for row in carried),
    }


def released(result: Released) -> Told:
    return {
        "released": [inquiry.pk for inquiry in result.released],
        "refused": [
            {"inquiry_id": inquiry.pk, "reference": inquiry.reference, "detail": detail}
            for inquiry, detail in result.refused
        ],
    }
