"""One incoming message: what it says, what it seems to mean, and what a person makes of it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.permissions import viewing, working
from apps.communication.enums import INBOUND_OPEN, InboundKind, InboundStatus, MatchedBy
from apps.communication.models import InboundMessage
from apps.communication.services import inbound as services
from apps.matching.inbound import matter
from apps.matching.inbound_forms import BOOKABLE, AssignForm, LetterForm, SaidForm, WishesForm
from apps.matching.models import Inquiry, PlacementRequest
from apps.matching.services import inbound_answers
from apps.matching.views.shared import note_access, posted, reads_and_writes

HANDLED = (InboundStatus.DONE, InboundStatus.DISMISSED)


@viewing
@require_GET
def show(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _message(pk))


@working
@require_POST
def book(request: HttpRequest, pk: int) -> HttpResponse:
    message = _message(pk)
    cards, wishes = _cards(message, request.POST), _wishes(message, request.POST)
    forms = [*(card["form"] for card in cards), wishes]
    invalid = [form for form in forms if not form.is_valid()]
    if invalid:
        return _page(request, message, cards=cards, wishes=wishes)
    booked = inbound_answers.book(
        message=message,
        bookings=[(card["asked"], card["form"].answer) for card in cards if card["form"].is_answered],
        wishes=wishes.wishes,
        actor=request.user,
        at=timezone.now(),
        today=timezone.localdate(),
    )
    count = len(booked)
    told = ngettext("%(count)s answer is booked.", "%(count)s answers are booked.", count) % {"count": count}
    messages.success(request, told if count else _("Recorded."))
    return redirect("communication:inbox")


@working
@reads_and_writes
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    message, form = _message(pk), AssignForm(posted(request))
    if not form.is_valid():
        return _page(request, message, assign=form)
    services.assign(
        message=message,
        therapist=form.therapist,
        patient=form.patient,
        matter=matter(form.inquiry) if form.inquiry is not None else None,
        actor=request.user,
        at=timezone.now(),
    )
    messages.success(request, _("Assigned."))
    return redirect("matching:inbound", pk)


@working
@reads_and_writes
def write_back(request: HttpRequest, pk: int) -> HttpResponse:
    message = _message(pk)
    form = LetterForm(posted(request), initial={"subject": _subject(message)})
    if form.is_valid():
        inbound_answers.write_back(
            message=message, actor=request.user, at=timezone.now(), **form.cleaned_data
        )
        messages.success(request, _("The answer waits in the queue."))
        return redirect("matching:inbound", pk)
    _note_patients(request, message, _cards(message, None))
    context = {
        "message": message,
        "form": form,
        "address": inbound_answers.address_of(message),
        "back": reverse("matching:inbound", args=[pk]),
    }
    return render(request, "matching/inbound_letter.html", context)


def _message(pk: int) -> InboundMessage:
    related = ("therapist", "patient", "email__therapist", "handled_by")
    return get_object_or_404(InboundMessage.objects.select_related(*related).defer("raw"), pk=pk)


def _page(
    request: HttpRequest,
    message: InboundMessage,
    *,
    cards: list[dict[str, Any]] | None = None,
    wishes: WishesForm | None = None,
    assign: AssignForm | None = None,
) -> HttpResponse:
    cards = cards if cards is not None else _cards(message, None)
    _note_patients(request, message, cards)
    suggestion = message.suggestion or {}
    is_open = message.status in (*INBOUND_OPEN, InboundStatus.PARKED)
    context = {
        "message": message,
        "inquiry": inbound_answers.inquiry_of(message),
        "cards": cards,
        "wishes": wishes or _wishes(message, None),
        "assign": assign or AssignForm(),
        "suggestion": suggestion,
        "is_open": is_open,
        "is_handled": message.status in HANDLED,
        "is_answerable": is_open and message.therapist_id is not None and _is_from_a_person(message),
        "is_other_sender": _is_other_sender(message),
        "entries": _entries(message),
    }
    return render(request, "matching/inbound.html", context)


def _cards(message: InboundMessage, data: Any) -> list[dict[str, Any]]:
    """One for each request of the inquiry that may still be answered, with what the words seem to say."""
    inquiry = inbound_answers.inquiry_of(message)
    suggested = (message.suggestion or {}).get("answers", {})
    today = timezone.localdate()
    return [
        {
            "asked": asked,
            "form": SaidForm(data, request=asked, suggestion=suggested.get(str(asked.pk)), today=today),
        }
        for asked in (_requests(inquiry) if inquiry is not None else [])
    ]


def _requests(inquiry: Inquiry) -> list[PlacementRequest]:
    rows = inquiry.requests.filter(status__in=BOOKABLE).select_related(
        "search__patient", "inquiry", "therapist"
    )
    return list(rows.order_by("pk"))


def _wishes(message: InboundMessage, data: Any) -> WishesForm:
    return WishesForm(data, suggestion=message.suggestion, today=timezone.localdate())


def _note_patients(request: HttpRequest, message: InboundMessage, cards: list[dict[str, Any]]) -> None:
    shown = {card["asked"].search.patient_id for card in cards}
    note_access(request, shown | ({message.patient_id} if message.patient_id else set()))


def _is_from_a_person(message: InboundMessage) -> bool:
    return message.kind in (InboundKind.ANSWER, InboundKind.REPLY_PAGE)


def _is_other_sender(message: InboundMessage) -> bool:
    """It answers our letter, but from another address than the letter went to."""
    return (
        message.matched_by == MatchedBy.HEADER
        and message.email is not None
        and message.kind == InboundKind.ANSWER
        and message.email.to_email.lower() != message.from_email
    )


def _subject(message: InboundMessage) -> str:
    """Never the sender's own words: they may name a patient, and subjects are read by everybody."""
    inquiry = inbound_answers.inquiry_of(message)
    return (
        _("Your message (%(reference)s)") % {"reference": inquiry.reference} if inquiry else _("Your message")
    )


def _entries(message: InboundMessage) -> list[dict[str, Any]]:
    labels = dict(InboundStatus.choices)
    rows = message.history.select_related("actor").order_by("-at", "-pk")  # type: ignore[attr-defined]
    return [
        {
            "at": row.at,
            "text": labels.get(row.new, row.new),
            "actor": row.actor.display_name if row.actor else "",
            "icon": "inbox",
            "reason": row.reason,
        }
        for row in rows
    ]
