"""The therapist's reply page: public, reached by a signed link, shows case facts and nothing else.

GET changes nothing: mail scanners open links. The token is the right to answer, so the pages do without
session and CSRF cookie (with `Referrer-Policy: no-referrer` browsers send `Origin: null` anyway).
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from apps.communication.enums import EmailStatus
from apps.core.errors import DomainError
from apps.matching import letters
from apps.matching.enums import AnswerSource, InquiryStatus, RequestStatus
from apps.matching.forms import ReplyForm
from apps.matching.models import Inquiry, PlacementRequest
from apps.matching.selectors.lists import inquiry_page
from apps.matching.services import answers, inquiries
from apps.matching.views.shared import reads_and_writes
from apps.matching.wordings import REPLY_CLOSED, REPLY_STATES
from apps.patients.enums import Purpose
from apps.patients.selectors import has_consent
from apps.therapists.services import status

MAX_AGE = timedelta(days=60)
R = RequestStatus
HIDDEN = (R.PLANNED, R.DROPPED)
ASKED = (R.RELEASED, R.SENT, R.EXPIRED, R.WAITLISTED)
View = Callable[..., HttpResponse]


def portal(view: View) -> View:
    """Public and German like the letter; nobody may index, cache, frame or trace it. Bad links get 404."""

    @login_not_required
    @csrf_exempt
    @never_cache
    @reads_and_writes
    @wraps(view)
    def opened(request: HttpRequest, token: str) -> HttpResponse:
        with translation.override("de"):
            inquiry = _inquiry(token)
            if inquiry is None:
                response = render(request, "reply/gone.html", status=404)
            else:
                response = view(request, token, inquiry)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return response

    return opened


@portal
def reply(request: HttpRequest, token: str, inquiry: Inquiry) -> HttpResponse:
    cases = [_case(row, request) for row in inquiry.requests.all() if row.status not in HIDDEN]
    forms = [case["form"] for case in cases if case["form"] is not None]
    invalid = [form for form in forms if not form.is_valid()]
    if request.method == "POST" and not invalid:
        _record(inquiry, cases)
        return redirect(f"{request.path}?thanks=1")
    context = {
        "token": token,
        "inquiry": inquiry,
        "cases": cases,
        "open_count": sum(case["facts"] is not None for case in cases),
        "has_objected": inquiry.therapist.do_not_contact_since is not None,
        "is_thanked": "thanks" in request.GET,
    }
    return render(request, "reply/reply.html", context)


@portal
def no_more(request: HttpRequest, token: str, inquiry: Inquiry) -> HttpResponse:
    if request.method == "POST":
        at = timezone.now()
        status.object_to_contact(
            therapist=inquiry.therapist,
            on=timezone.localdate(at),
            actor=None,
            at=at,
            reason=f"reply page, {inquiry.reference}",
        )
        return redirect("matching:reply", token)
    return render(request, "reply/no_more.html", {"token": token, "inquiry": inquiry})


def _inquiry(token: str) -> Inquiry | None:
    """None for a forged, broken or old token, and while the inquiry has not gone out."""
    try:
        reference = signing.loads(token, salt=letters.REPLY_SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        return None
    out = inquiry_page().exclude(status__in=[InquiryStatus.DRAFT, InquiryStatus.CANCELLED])
    return out.filter(reference=reference).first()


def _case(row: PlacementRequest, request: HttpRequest) -> dict[str, Any]:
    """An open request with facts and form. Of a closed one only its code is left, and a friendly word."""
    is_open = row.status in ASKED and _may_be_shown(row)
    # bound for every request the page may have offered: a yes that comes too late must not be lost
    data = request.POST if request.method == "POST" else None
    has_form = is_open or (data is not None and row.status != R.RELEASED)
    today = timezone.localdate()
    return {
        "request": row,
        "facts": letters.case_facts(request=row, today=today) if is_open else None,
        "form": ReplyForm(data, request=row, today=today) if has_form else None,
        "state": REPLY_STATES.get(row.status, REPLY_CLOSED),
    }


def _may_be_shown(row: PlacementRequest) -> bool:
    return has_consent(
        patient_id=row.search.patient_id, purpose=Purpose.PSEUDONYMOUS, on=timezone.localdate()
    )


def _record(inquiry: Inquiry, cases: list[dict[str, Any]]) -> None:
    """One answer after the other; what cannot be answered any more says so on the page that follows."""
    at = timezone.now()
    if any(_answer_given(case) for case in cases):
        _note_arrival(inquiry)
    for case in cases:
        if not _answer_given(case):
            continue
        try:
            answers.record_answer(
                request=case["request"],
                answer=case["form"].answer,
                source=AnswerSource.PORTAL,
                actor=None,
                at=at,
                today=timezone.localdate(at),
            )
        except DomainError:
            continue


def _note_arrival(inquiry: Inquiry) -> None:
    """Who answers has got the letter, even if the news of its sending is still on its way."""
    email = inquiries.inquiry_email(inquiry)
    if inquiry.status == InquiryStatus.RELEASED and email is not None and email.status == EmailStatus.SENT:
        inquiries.mark_sent(inquiry=inquiry, at=email.sent_at or timezone.now())


def _answer_given(case: dict[str, Any]) -> bool:
    return case["form"] is not None and bool(case["form"].cleaned_data.get("outcome"))
