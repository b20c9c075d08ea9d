"""The call sheet: everything for one call on one page, what came of it, and whose hand it is in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from apps.accounts.permissions import viewing, working
from apps.communication.enums import CallOutcome, CallStatus
from apps.communication.models import PhoneCall
from apps.communication.selectors.calls import CLAIM
from apps.communication.services import call_claims
from apps.core.errors import DomainError, NotAllowed
from apps.matching import call_script, letters
from apps.matching.call_forms import CallAnswerForm, CallForm
from apps.matching.enums import AnswerSource, RequestStatus
from apps.matching.selectors.call_sheet import CallSheet, call_sheet
from apps.matching.services import answers, calling
from apps.matching.views.shared import done, note_access, reads_and_writes

ANSWERS_ONLY = "answers_only"  # the call is recorded, an answer of it was not


@viewing
@reads_and_writes
def sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """Only case facts, nobody's name: it is what may be said on the phone before a yes."""
    at = timezone.now()
    if request.method == "POST":
        return _posted(request, _loaded(request, pk, at), at)
    return _shown(request, _loaded(request, pk, at), at)


@working
@require_POST
def take_next(request: HttpRequest) -> HttpResponse:
    call = call_claims.take_next(
        user=request.user,  # type: ignore[arg-type]
        at=timezone.now(),
        whose=request.POST.get("whose", ""),
    )
    if call is None:
        messages.info(request, _("Nobody who is to be called can be reached right now."))
        return redirect("communication:calls")
    return redirect("matching:call", call.pk)


@working
@require_POST
def take(request: HttpRequest, pk: int) -> HttpResponse:
    call = get_object_or_404(PhoneCall, pk=pk)
    call_claims.take(call=call, user=request.user, at=timezone.now())  # type: ignore[arg-type]
    return redirect("matching:call", pk)


@working
@require_POST
def give_back(request: HttpRequest, pk: int) -> HttpResponse:
    call = get_object_or_404(PhoneCall, pk=pk)
    call_claims.give_back(call=call, user=request.user)  # type: ignore[arg-type]
    return done(request, _("Given back: somebody else may make this call."), "communication:calls")


def _loaded(request: HttpRequest, pk: int, at: datetime) -> CallSheet:
    found = call_sheet(pk=pk, user=request.user, at=at)
    if found is None:
        raise Http404
    return found


def _posted(request: HttpRequest, page: CallSheet, at: datetime) -> HttpResponse:
    """The outcome first, then each answer by itself: one that is refused does not undo the others."""
    if not getattr(request.user, "can_work", False):
        raise NotAllowed(_("Your role does not allow this. Please ask the management."))
    is_answers_only = ANSWERS_ONLY in request.POST and page.call.status == CallStatus.DONE
    form, asked = _call_form(page, at, request.POST), _answer_forms(page, at, request.POST)
    if not page.is_planned and not is_answers_only:
        return _told_already(request, page.call)
    faulty = [one for one in asked if not one.is_valid()]
    is_complete = is_answers_only or _is_complete(form, asked)
    if faulty or not is_complete:
        return _shown(request, page, at, form=form, asked=asked)
    if not is_answers_only:
        try:
            _complete(request, page.call, form, at)
        except DomainError as error:
            page.call.refresh_from_db()
            if page.call.status != CallStatus.PLANNED:
                return _told_already(request, page.call)
            form.add_error(None, str(error.message))
            return _shown(request, page, at, form=form, asked=asked)
    return _answers(request, page, asked, at)


def _is_complete(form: CallForm, asked: Sequence[CallAnswerForm]) -> bool:
    if not form.is_valid():
        return False
    is_said = any(one.is_valid() and one.is_answered for one in asked)
    if is_said and form.cleaned_data["outcome"] != CallOutcome.REACHED:
        form.add_error(None, _("There are answers below, so somebody was reached: please press “Reached”."))
        return False
    return True


def _complete(request: HttpRequest, call: PhoneCall, form: CallForm, at: datetime) -> None:
    calling.complete_call(
        call=call,
        outcome=CallOutcome(form.cleaned_data["outcome"]),
        note=form.cleaned_data["note"],
        actor=request.user,
        at=at,
        call_back=form.call_back,
    )


def _answers(
    request: HttpRequest, page: CallSheet, asked: Sequence[CallAnswerForm], at: datetime
) -> HttpResponse:
    said = [one for one in asked if one.is_answered]
    booked = [one for one in said if _is_booked(request, one, at)]
    if len(booked) < len(said):
        left = [one for one in asked if one not in booked]
        return _shown(request, _loaded(request, page.call.pk, at), at, asked=left)
    _tell(request, page, booked)
    return redirect("communication:calls")


def _is_booked(request: HttpRequest, form: CallAnswerForm, at: datetime) -> bool:
    """False where the answer was refused; the form then says why."""
    row = type(form.request).objects.get(pk=form.request.pk)
    try:
        booked = answers.record_answer(
            request=row,
            answer=form.answer,
            source=AnswerSource.PHONE,
            actor=request.user,
            at=at,
            today=timezone.localdate(at),
        )
    except DomainError as error:
        form.add_error(None, str(error.message))
        return False
    if booked.status == RequestStatus.CONFLICT:
        messages.warning(request, _("Recorded as a second acceptance. Please settle it."))
    return True


def _tell(request: HttpRequest, page: CallSheet, booked: Sequence[CallAnswerForm]) -> None:
    page.call.refresh_from_db(fields=["outcome"])
    if not booked:
        label = page.call.get_outcome_display()
        messages.success(request, _("Recorded: %(outcome)s.") % {"outcome": label})
        return
    text = ngettext("Recorded, with %(count)s answer.", "Recorded, with %(count)s answers.", len(booked))
    messages.success(request, text % {"count": len(booked)})


def _told_already(request: HttpRequest, call: PhoneCall) -> HttpResponse:
    """Sent twice, or somebody was faster: what was recorded is shown, nothing is changed."""
    call.refresh_from_db()
    if call.status == CallStatus.DONE:
        label = call.get_outcome_display()
        messages.info(request, _("This call is recorded already: %(outcome)s.") % {"outcome": label})
    elif call.status == CallStatus.CANCELLED:
        messages.warning(request, _("This call was cancelled meanwhile: its reason is gone."))
    return redirect("matching:call", call.pk)


def _call_form(page: CallSheet, at: datetime, data: Any = None) -> CallForm:
    state = page.call.practice.state if page.call.practice else ""
    return CallForm(data, at=at, state=state)


def _answer_forms(page: CallSheet, at: datetime, data: Any = None) -> list[CallAnswerForm]:
    """What waits for an answer, or whatever an answer came for: it may have been withdrawn meanwhile."""
    today, rows = timezone.localdate(at), page.requests
    if data is not None:
        of_inquiry = page.inquiry.requests.all() if page.inquiry else []
        rows = [row for row in of_inquiry if f"request-{row.pk}-outcome" in data]
    return [CallAnswerForm(data, request=row, today=today) for row in rows]


def _shown(
    request: HttpRequest,
    page: CallSheet,
    at: datetime,
    *,
    form: CallForm | None = None,
    asked: Sequence[CallAnswerForm] | None = None,
) -> HttpResponse:
    note_access(request, page.patient_ids)
    asked = _answer_forms(page, at) if asked is None else asked
    cases = _cases(page, asked, at)
    is_mine = getattr(request.user, "can_work", False) and (form is not None or not page.is_in_other_hand)
    is_reached = page.call.outcome == CallOutcome.REACHED and bool(cases)
    context = {
        "page": page,
        "call": page.call,
        "therapist": page.therapist,
        "inquiry": page.inquiry,
        "form": form or _call_form(page, at),
        "cases": cases,
        "may_record": is_mine and page.is_planned,
        "may_answer": is_mine and is_reached,
        "holds": page.is_planned and page.call.taken_by_id == request.user.pk and _is_fresh(page.call, at),
        "greeting": call_script.spoken_greeting(page.therapist),
        "script": _script(request, page),
        "end": page.call.history.order_by("-at", "-id").first() if page.call.status == "cancelled" else None,
    }
    return render(request, "matching/call.html", context)


def _is_fresh(call: PhoneCall, at: datetime) -> bool:
    return call.taken_at is not None and call.taken_at > at - CLAIM


def _script(request: HttpRequest, page: CallSheet) -> list[str]:
    caller = getattr(request.user, "display_name", "")
    return call_script.script(call=page.call, inquiry=page.inquiry, requests=page.requests, caller=caller)


def _cases(page: CallSheet, asked: Sequence[CallAnswerForm], at: datetime) -> list[dict[str, Any]]:
    """What waits, and what was refused just now: nobody loses what was typed."""
    today, forms = timezone.localdate(at), {one.request.pk: one for one in asked}
    rows = {row.pk: row for row in page.requests}
    rows.update({one.request.pk: one.request for one in asked if one.is_bound and one.errors})
    return [
        {"facts": letters.case_facts(request=row, today=today), "form": forms.get(pk)}
        for pk, row in sorted(rows.items())
    ]
