"""A therapist reports a free place: whom to offer, and why not the others."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

import numpy as np
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.permissions import viewing, working
from apps.core import parameters as operating
from apps.core.parameters import Parameters
from apps.matching import phrases, score_terms
from apps.matching.contrasts import Pair, contrasts
from apps.matching.engine.reasons import REASONS, Reason
from apps.matching.enums import OPEN_INQUIRIES, InquiryStatus, SearchStatus
from apps.matching.forms import FreePlaceForm
from apps.matching.models import Inquiry
from apps.matching.selectors.waiting import (
    EITHER,
    FIELDS,
    FreePlace,
    Offer,
    OfferLine,
    known_place,
    lines_of,
    offer_place,
)
from apps.matching.views.shared import page_number, pages
from apps.therapists.models import Therapist
from apps.therapists.selectors import paused_until, with_offer, with_pause
from apps.therapists.services import records
from apps.therapists.tables import free_places

ROWS_A_PAGE = 25


@viewing
@require_GET
def show(request: HttpRequest, pk: int) -> HttpResponse:
    """The place is taken from the address, else from the record; trying one changes nothing."""
    today = timezone.localdate()
    therapist = get_object_or_404(with_pause(with_offer(Therapist.objects.all()), today), pk=pk)
    known = known_place(therapist, today)
    initial = {"free_from": known.from_on, "setting": known.setting}
    form = FreePlaceForm(request.GET if "free_from" in request.GET else None, initial=initial)
    place = form.place if form.is_valid() else known
    parameters = operating.current(at=timezone.now())
    offer = offer_place(therapist=therapist, place=place, today=today, parameters=parameters)
    context = {
        "therapist": therapist,
        "form": form,
        "place": place,
        "is_new": _changes(therapist, place) != {},
        "free": free_places(therapist),
        "limits": _limits(offer, therapist, today, parameters),
        "draft": therapist.inquiries.filter(status=InquiryStatus.DRAFT).first(),
        "today": today,
        "next_url": request.get_full_path(),
        **_lists(request, offer, therapist, place, parameters),
    }
    return render(request, "matching/waiting.html", context)


@working
@require_POST
def save(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the place that was tried into the therapist's record."""
    therapist = get_object_or_404(Therapist, pk=pk)
    form = FreePlaceForm(request.POST)
    page = reverse("matching:waiting_patients", args=[pk])
    if not form.is_valid():
        messages.warning(request, _("Please give the day from which the place is free."))
        return redirect(page)
    changes = _changes(therapist, form.place)
    records.update(therapist=therapist, changes=changes, actor=request.user, at=timezone.now())
    messages.success(request, _("The place is saved in the therapist's record."))
    query = {"free_from": form.place.from_on.isoformat(), "setting": form.place.setting}
    return redirect(f"{page}?{urlencode(query)}")


def _changes(therapist: Therapist, place: FreePlace) -> dict[str, date]:
    names = FIELDS[place.setting]
    return {name: place.from_on for name in names if getattr(therapist, name) != place.from_on}


def _limits(offer: Offer, therapist: Therapist, today: date, parameters: Parameters) -> list[dict[str, Any]]:
    """What stands against contacting the therapist today, with the page that tells more."""
    contact = reverse("therapists:contact", args=[therapist.pk])
    lines = {
        Reason.CONTACT_PAUSE: {"url": contact, "until": paused_until(therapist, today)},
        Reason.CONTACTED_RECENTLY: {"url": contact, "days": parameters.contact_interval_days},
        Reason.OPEN_INQUIRY: {"inquiry": _open_inquiry(therapist)},
    }
    return [{"sentence": phrases.REASONS[reason], **lines[reason]} for reason in offer.limits]


def _open_inquiry(therapist: Therapist) -> Inquiry | None:
    """That of the contact group; a draft for this therapist can still be filled."""
    rows = Inquiry.objects.filter(contact_group=therapist.contact_group_id, status__in=OPEN_INQUIRIES)
    return rows.exclude(therapist=therapist, status=InquiryStatus.DRAFT).first()


def _lists(
    request: HttpRequest, offer: Offer, therapist: Therapist, place: FreePlace, parameters: Parameters
) -> dict[str, Any]:
    """Both lists, a page of each, read together."""
    query, reason = request.GET.get("q", "").strip(), _reason(request)
    fits = _page(request, offer.fitting, "page")
    others = _page(request, _others(offer, query, reason), "others")
    fitting, failing = list(fits.object_list), list(others.object_list)
    lines = dict(zip([*fitting, *failing], lines_of(offer, [*fitting, *failing]), strict=True))
    day = max(place.from_on, timezone.localdate())

    def pair(line: OfferLine) -> Pair:
        return Pair(
            search=line.search,
            therapist=therapist,
            day=day,
            parameters=parameters,
            distance_km=line.distance_km,
            longest_common_minutes=line.longest_common_minutes,
            measured_minutes=line.measured_minutes,
            has_no_way=line.has_no_way,
            setting="" if place.setting == EITHER else place.setting,
        )

    return {
        "offer": offer,
        "query": query,
        "reason": reason,
        "fits": [_fit(lines[row], parameters) for row in fitting],
        "fit_count": len(offer.fitting),
        "fit_pages": _links(request, fits, "page"),
        "others": [
            {"line": lines[row], "contrasts": contrasts(lines[row].reasons, pair(lines[row]))}
            for row in failing
        ],
        "other_count": others.paginator.count,
        "other_pages": _links(request, others, "others", "#others"),
        "rejected": [(code, phrases.REASONS[code], count) for code, count in offer.reject_counts],
        "acceptance_url": reverse("matching:acceptance"),
    }


def _reason(request: HttpRequest) -> Reason | None:
    return next((reason for reason in REASONS if reason == request.GET.get("reason")), None)


def _others(offer: Offer, query: str, reason: Reason | None) -> np.ndarray:
    if query:
        return offer.named(query)
    return offer.others_in_reach if reason is None else offer.failing(reason)


def _page(request: HttpRequest, rows: np.ndarray, name: str) -> Page:
    return Paginator(rows.tolist(), ROWS_A_PAGE).get_page(page_number(request, name))


def _links(request: HttpRequest, page: Page, name: str, anchor: str = "") -> Any:
    return pages(request, number=page.number, count=page.paginator.num_pages, name=name, anchor=anchor)


def _fit(line: OfferLine, parameters: Parameters) -> dict[str, Any]:
    return {
        "line": line,
        "is_active": line.search.status == SearchStatus.ACTIVE,
        "score": score_terms.percent(line.score),
        "score_terms": score_terms.terms(
            parts=line.parts,
            parameters=parameters,
            distance_km=line.distance_km,
            common_minutes=line.common_minutes,
        ),
    }
