"""The therapist's reply page: public, reached by a signed link, shows case facts and nothing else.

GET changes nothing: mail scanners open links. The token is the right to answer, so the pages do without
session and CSRF cookie (with `Referrer-Policy: no-referrer` browsers send `Origin: null` anyway).
"""

from collections.abc import Callable
from email.utils import parseaddr
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from apps.core import parameters as operating
from apps.core.throttle import READS, WRITES, Limit, allow, by_token, client_address, refused, throttled
from apps.matching.enums import InquiryStatus, RequestStatus
from apps.matching.models import Inquiry, PlacementRequest, ReplySubmission
from apps.matching.reply_forms import Case, Sheet
from apps.matching.reply_links import reference_and_key
from apps.matching.selectors.lists import inquiry_page
from apps.matching.services import replies
from apps.matching.views.shared import posted, reads_and_writes
from apps.matching.wordings import REPLY_CLOSED, REPLY_STATES
from apps.therapists.enums import PauseReason
from apps.therapists.models import ContactPause
from apps.therapists.services import status

R = RequestStatus
HIDDEN = (R.PLANNED, R.DROPPED)
YES, WAITS = (R.ACCEPTED, R.CONFIRMED, R.CONFLICT), (R.WAITLISTED,)
LIMITS = (
    Limit("reply.read", most=60, seconds=60, methods=READS),
    Limit("reply.write", most=20, seconds=60, methods=WRITES),
    Limit("reply.token", most=10, seconds=60, methods=WRITES, whom=by_token),
)
MOST_BAD_LINKS, BAD_LINK_SECONDS = 20, 60 * 60
View = Callable[..., HttpResponse]


def too_many(request: HttpRequest) -> HttpResponse:
    return render(request, "reply/too_many.html", {"office": office()})


def portal(view: View) -> View:
    """Public and German like the letter; nobody may index, cache, frame or trace it. Bad links get 404."""

    @throttled(*LIMITS, refuse=too_many)
    def found(request: HttpRequest, token: str) -> HttpResponse:
        inquiry = _inquiry(token)
        return _no_such_link(request) if inquiry is None else view(request, token, inquiry)

    @login_not_required
    @csrf_exempt
    @never_cache
    @reads_and_writes
    @wraps(view)
    def opened(request: HttpRequest, token: str) -> HttpResponse:
        with translation.override("de"):
            response = found(request, token=token)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return response

    return opened


@portal
def reply(request: HttpRequest, token: str, inquiry: Inquiry) -> HttpResponse:
    now = timezone.now()
    shown = [row for row in inquiry.requests.all() if row.status not in HIDDEN]
    sheet = Sheet(posted(request), requests=shown, today=timezone.localdate(now))
    if request.method == "POST" and not sheet.problems:
        return _book(request, inquiry, sheet)
    context = {"token": token, "inquiry": inquiry, "sheet": sheet, "has_objected": _has_objected(inquiry)}
    submission = _submission(request, inquiry)
    is_form = request.method == "POST" or "change" in request.GET or sheet.has_unanswered
    if submission is None and is_form:
        context["closed"] = [_state(case) for case in sheet.cases if case.facts is None]
        return render(request, "reply/reply.html", context)
    context["states"] = [_state(case) for case in sheet.cases]
    context["has_answered"] = any(case.request.answered_at for case in sheet.cases)
    return render(request, "reply/thanks.html", {**context, **_noted(submission)})


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


def office() -> dict[str, str]:
    """How to reach us, for people whose link does not work."""
    return {"email": parseaddr(settings.DEFAULT_FROM_EMAIL)[1], "phone": settings.OFFICE_PHONE}


def _inquiry(token: str) -> Inquiry | None:
    """None for a forged, broken, old or revoked token, and while the inquiry has not gone out."""
    named = reference_and_key(token, valid_days=operating.current(at=timezone.now()).reply_link_days)
    if named is None:
        return None
    out = inquiry_page().exclude(status__in=[InquiryStatus.DRAFT, InquiryStatus.CANCELLED])
    return out.filter(reference=named[0], reply_key=named[1]).first()


def _no_such_link(request: HttpRequest) -> HttpResponse:
    """One page for all bad links: it does not tell which of them was once a good one."""
    if not allow(f"reply.bad:{client_address(request)}", MOST_BAD_LINKS, BAD_LINK_SECONDS):
        return refused(too_many(request), seconds=BAD_LINK_SECONDS)
    return render(request, "reply/gone.html", {"office": office()}, status=404)


def _book(request: HttpRequest, inquiry: Inquiry, sheet: Sheet) -> HttpResponse:
    at = timezone.now()
    submission = replies.submit(
        inquiry=inquiry,
        form_id=sheet.submission_id,
        answers=sheet.answers,
        news=sheet.practice.news,
        at=at,
        today=timezone.localdate(at),
    )
    return redirect(f"{request.path}?thanks={submission.form_id}")


def _submission(request: HttpRequest, inquiry: Inquiry) -> ReplySubmission | None:
    """The sending this page thanks for; None on every other visit."""
    if request.method == "POST":
        return None
    try:
        form_id = UUID(request.GET.get("thanks", ""))
    except ValueError:
        return None
    return inquiry.submissions.filter(form_id=form_id).first()


def _has_objected(inquiry: Inquiry) -> bool:
    return inquiry.therapist.do_not_contact_since is not None


def _state(case: Case) -> dict[str, Any]:
    """What stands in our books about one case: true however often the page is looked at."""
    row: PlacementRequest = case.request
    return {
        "case": case,
        "is_yes": row.status in YES,
        "is_waiting": row.status in WAITS,
        "is_open": case.facts is not None and row.status not in WAITS,
        "sentence": REPLY_STATES.get(row.status, REPLY_CLOSED),
    }


def _noted(submission: ReplySubmission | None) -> dict[str, Any]:
    """What was noted beside the answers. Visits without a sending of their own are not told."""
    if submission is None:
        return {}
    therapist = submission.inquiry.therapist
    pauses = ContactPause.objects.filter(
        therapist=therapist, reason=PauseReason.REQUESTED, note=submission.inquiry.reference
    )
    return {
        "submission": submission,
        "pause": pauses.filter(lifted_at__isnull=True).order_by("-pk").first(),
        "words": replies.words_of(submission),
        "therapist": therapist,
    }
