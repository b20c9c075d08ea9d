"""Inquiries: the list, one inquiry with everything in it, its letter, its release; second acceptances."""

import re
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django_tables2 import RequestConfig

from apps.accounts.permissions import viewing, working
from apps.core import parameters as operating
from apps.core.exports import list_response, records
from apps.matching import letters, timeline
from apps.matching.enums import ANSWERABLE_REQUESTS, OPEN_SEARCHES, InquiryStatus, RequestStatus
from apps.matching.filters import InquiryFilter
from apps.matching.forms import AnswerForm, SessionForm
from apps.matching.models import Inquiry, PlacementRequest
from apps.matching.selectors import lists, previews
from apps.matching.selectors.alternatives import alternatives_key, count_alternatives
from apps.matching.selectors.patient_news import written
from apps.matching.services import release
from apps.matching.services.release import Released
from apps.matching.tables import InquiryTable
from apps.matching.views.rounds import line, told
from apps.matching.views.shared import ROWS_A_PAGE, ask, note_access, reads_and_writes
from apps.patients.enums import Purpose
from apps.patients.selectors import has_consent
from apps.therapists.selectors import main_practice, phone_of

REPLY_TOKEN = re.compile(r"(/reply/)[^/\s]+")
UNSENT = (RequestStatus.PLANNED, RequestStatus.RELEASED)
ANSWERABLE = (*ANSWERABLE_REQUESTS, RequestStatus.REJECTED)  # a therapist may change their mind
UNDOABLE = (RequestStatus.ACCEPTED, RequestStatus.WAITLISTED, RequestStatus.REJECTED, RequestStatus.CONFLICT)


@viewing
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    chosen, table = _chosen(request)
    RequestConfig(request, paginate={"per_page": ROWS_A_PAGE}).configure(table)
    context = {
        "filter": chosen,
        "table": table,
        "conflict_count": lists.unresolved_conflicts().count(),
        "by_hand": lists.drafts_by_hand(),
    }
    return render(request, "matching/inquiries.html", context)


@working
@require_GET
def export(request: HttpRequest, file_format: str) -> HttpResponse:
    _filter, table = _chosen(request)
    RequestConfig(request, paginate=False).configure(table)
    count = len(table.rows)
    return list_response(request, name="inquiries", file_format=file_format, lines=_lines(table), count=count)


@viewing
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    inquiry = get_object_or_404(lists.inquiry_page(), pk=pk)
    note_access(request, lists.patients_of(inquiry))
    kept = [row for row in inquiry.requests.all() if row.status != RequestStatus.DROPPED]
    context = {
        "inquiry": inquiry,
        "practice": main_practice(inquiry.therapist),
        "phone": phone_of(inquiry.therapist),
        "cards": [card(row) for row in kept],
        "has_letter": any(row.status in UNSENT for row in kept),
        "entries": timeline.of_inquiry(inquiry),
        "alternative_count": alternative_count(inquiry),
        "today": timezone.localdate(),
        "now": timezone.now(),
    }
    return render(request, "matching/inquiry.html", context)


def alternative_count(inquiry: Inquiry) -> int:
    """How many others may be offered to this therapist; 0 also once they have been."""
    today, parameters = timezone.localdate(), operating.current(at=timezone.now())
    count = count_alternatives(inquiry=inquiry, today=today, parameters=parameters)
    return 0 if count and written(keys=[alternatives_key(inquiry)]) else count


@viewing
@require_GET
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    """The letter as it would go out now. The link that answers in the therapist's name is left out."""
    inquiry = get_object_or_404(lists.inquiry_page(), pk=pk)
    unsent = [row for row in inquiry.requests.all() if row.status in UNSENT]
    found = letters.inquiry_letter(inquiry=inquiry, requests=unsent, today=timezone.localdate())
    context = {"inquiry": inquiry, "subject": found.subject, "text": REPLY_TOKEN.sub(r"\1…", found.text)}
    is_part = getattr(request, "htmx", False)
    return render(request, "matching/letter_text.html" if is_part else "matching/letter.html", context)


@working
@reads_and_writes
def release_inquiry(request: HttpRequest, pk: int) -> HttpResponse:
    inquiry = get_object_or_404(lists.inquiry_page(), pk=pk)
    if request.method == "POST":
        return told(request, _release(request, inquiry), inquiry)
    parameters = operating.current(at=timezone.now())
    return ask(
        request,
        title=_("Release the inquiry"),
        subtitle=inquiry.reference,
        text=_("The inquiry to %(name)s goes out.") % {"name": inquiry.therapist.full_name},
        button=_("Release"),
        icon="mail",
        consequences=previews.release(inquiries=[inquiry], parameters=parameters).sentences,
        cancel_url=inquiry.get_absolute_url(),
    )


@viewing
@require_GET
def conflicts(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "matching/conflicts.html",
        {"requests": lists.unresolved_conflicts(), "today": timezone.localdate()},
    )


def card(row: PlacementRequest, form: AnswerForm | None = None) -> dict[str, Any]:
    """One request with everything that may be done with it now."""
    context: dict[str, Any] = {
        **line(row),
        "patient": row.search.patient,
        "is_undoable": row.status in UNDOABLE,
    }
    if row.status in ANSWERABLE:
        context["form"] = form or AnswerForm(request=row, today=timezone.localdate())
        context["is_late"] = row.status not in (RequestStatus.SENT, RequestStatus.WAITLISTED)
        context["withdrawal"] = previews.withdrawal(search=row.search, except_for=row).sentences
        context["is_search_open"] = row.search.status in OPEN_SEARCHES
    if row.status == RequestStatus.ACCEPTED:
        context["session_form"] = SessionForm(prefix=f"session-{row.pk}")
        context["has_identity_consent"] = has_consent(
            patient_id=row.search.patient_id, purpose=Purpose.IDENTITY, on=timezone.localdate()
        )
    return context


def _release(request: HttpRequest, inquiry: Inquiry) -> Released:
    """Through the round where there is one, so that the round knows when it is done."""
    values: dict[str, Any] = {"actor": request.user, "at": timezone.now(), "today": timezone.localdate()}
    if inquiry.round is not None:
        return release.release_round(round_=inquiry.round, inquiry_ids=[inquiry.pk], **values)
    return Released(released=[release.release_inquiry(inquiry=inquiry, **values)])


def _chosen(request: HttpRequest) -> tuple[InquiryFilter, InquiryTable]:
    rows = lists.inquiry_list().exclude(status=InquiryStatus.CANCELLED, sent_at__isnull=True)
    if request.GET.get("status") == InquiryStatus.CANCELLED:
        rows = lists.inquiry_list()
    chosen = InquiryFilter(request.GET, queryset=rows.order_by("-pk"), request=request)
    return chosen, InquiryTable(chosen.qs, today=timezone.localdate())


def _lines(table: InquiryTable) -> Iterator[list[Any]]:
    yield [
        *(_("Reference"), _("Therapist"), _("Status"), _("Channel"), _("Requests")),
        *(_("Answered"), _("Accepted"), _("Asked"), _("Last contact")),
    ]
    for inquiry in records(table):
        yield _line(inquiry)


def _line(inquiry: Any) -> list[Any]:
    moments = [inquiry.sent_at, inquiry.last_contact_at]
    return [
        *(inquiry.reference, inquiry.therapist, inquiry.get_status_display(), inquiry.get_channel_display()),
        *(inquiry.request_count, inquiry.answered_count, inquiry.accepted_count),
        *moments,
    ]
