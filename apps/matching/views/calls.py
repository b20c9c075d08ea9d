"""The call sheet: everything for one call on one page, and what came of it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.permissions import viewing
from apps.communication.enums import CallOutcome, CallStatus
from apps.communication.models import PhoneCall
from apps.core.errors import NotAllowed
from apps.matching import letters
from apps.matching.enums import RequestStatus
from apps.matching.forms import CallForm
from apps.matching.models import Inquiry
from apps.matching.selectors.lists import inquiry_page
from apps.matching.services import follow_up
from apps.matching.views.shared import done, posted, reads_and_writes
from apps.therapists import selectors as therapists
from apps.therapists.enums import HoursKind

TO_TALK_ABOUT = (RequestStatus.RELEASED, RequestStatus.SENT)


@viewing
@reads_and_writes
def sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """Only case facts, nobody's name: it is what may be said on the phone before a yes."""
    call = get_object_or_404(PhoneCall.objects.select_related("therapist", "practice", "coordinator"), pk=pk)
    inquiry = inquiry_page().filter(contacts__call=call).first()
    form = CallForm(posted(request))
    if form.is_valid():
        return _completed(request, call, inquiry, form)
    context = {
        "call": call,
        "therapist": call.therapist,
        "inquiry": inquiry,
        "form": form,
        "is_planned": call.status == CallStatus.PLANNED,
        "cases": _cases(inquiry),
        "phone_hours": therapists.hours(call.therapist, HoursKind.PHONE),
        "salutation_line": therapists.salutation_line(call.therapist),
        "today": timezone.localdate(),
    }
    return render(request, "matching/call.html", context)


def _completed(
    request: HttpRequest, call: PhoneCall, inquiry: Inquiry | None, form: CallForm
) -> HttpResponse:
    if not getattr(request.user, "can_work", False):
        raise NotAllowed(_("Your role does not allow this. Please ask the management."))
    outcome = CallOutcome(form.cleaned_data["outcome"])
    note = form.cleaned_data["note"]
    follow_up.complete_call(call=call, outcome=outcome, note=note, actor=request.user, at=timezone.now())
    if outcome == CallOutcome.REACHED and inquiry is not None:
        return done(request, _("Recorded. Please write the answers down now."), inquiry)
    return done(request, _("Recorded. The next try is planned where one is due."), "communication:calls")


def _cases(inquiry: Inquiry | None) -> list[dict[str, Any]]:
    if inquiry is None:
        return []
    return [
        {"request": row, "facts": letters.case_facts(request=row, today=timezone.localdate())}
        for row in inquiry.requests.all()
        if row.status in TO_TALK_ABOUT
    ]
