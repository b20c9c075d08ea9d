"""One therapist: a page per tab under a common head."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from apps.accounts.permissions import viewing
from apps.core import parameters, timeline
from apps.core.enums import Language
from apps.therapists import selectors
from apps.therapists.enums import HoursKind
from apps.therapists.models import Therapist

TABS = [
    ("therapists:detail", _("Overview")),
    ("therapists:offer", _("Offer and wishes")),
    ("therapists:hours", _("Hours")),
    ("therapists:contact", _("Contact and pauses")),
    ("therapists:history", _("History")),
]


@viewing
@require_GET
def overview(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _therapist(pk), "detail")


@viewing
@require_GET
def offer(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _therapist(pk), "offer", language_choices=Language)


@viewing
@require_GET
def hours(request: HttpRequest, pk: int) -> HttpResponse:
    therapist = _therapist(pk, "hours")
    return _page(
        request,
        therapist,
        "hours",
        phone_hours=selectors.hours(therapist, HoursKind.PHONE),
        working_hours=selectors.hours(therapist, HoursKind.WORKING),
        is_phone_time_doubtful=selectors.is_phone_time_doubtful(therapist),
        least_minutes=selectors.LEAST_PHONE_MINUTES,
    )


@viewing
@require_GET
def contact(request: HttpRequest, pk: int) -> HttpResponse:
    therapist = _therapist(pk)
    policy = parameters.current(at=timezone.now()).email_policy
    return _page(
        request,
        therapist,
        "contact",
        address=selectors.may_be_emailed(therapist=therapist, policy=policy),
        phone_number=selectors.phone_of(therapist),
        salutation_line=selectors.salutation_line(therapist),
        colleagues=selectors.colleagues(therapist),
        pauses=selectors.pauses_of_group(therapist),
    )


@viewing
@require_GET
def history(request: HttpRequest, pk: int) -> HttpResponse:
    therapist = _therapist(pk)
    found = timeline.story_page(timeline.story(timeline.THERAPIST, pk), query=request.GET)
    return _page(request, therapist, "history", story=found)


def _therapist(pk: int, *prefetches: str) -> Therapist:
    therapists = selectors.with_pause(Therapist.objects.all(), timezone.localdate())
    return get_object_or_404(selectors.with_offer(therapists).prefetch_related(*prefetches), pk=pk)


def _page(request: HttpRequest, therapist: Therapist, tab: str, **context: Any) -> HttpResponse:
    today = timezone.localdate()
    context |= {
        "therapist": therapist,
        "practice": selectors.main_practice(therapist),
        "contact": selectors.contact_state(therapist, today),
        "today": today,
        "tabs": [
            {
                "url": reverse(name, args=[therapist.pk]),
                "label": label,
                "is_current": name.endswith(f":{tab}"),
            }
            for name, label in TABS
        ],
    }
    return render(request, f"therapists/{tab}.html", context)
