"""One therapist: a page per tab under a common head."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.accounts.permissions import viewing
from apps.core import parameters, timeline
from apps.core.enums import Language
from apps.therapists import selectors, tabs
from apps.therapists.enums import HoursKind
from apps.therapists.models import Therapist


@viewing
@require_GET
def overview(request: HttpRequest, pk: int) -> HttpResponse:
    return page(request, therapist_or_404(pk), "detail")


@viewing
@require_GET
def offer(request: HttpRequest, pk: int) -> HttpResponse:
    return page(request, therapist_or_404(pk), "offer", language_choices=Language)


@viewing
@require_GET
def hours(request: HttpRequest, pk: int) -> HttpResponse:
    therapist = therapist_or_404(pk, "hours")
    return page(
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
    therapist = therapist_or_404(pk)
    policy = parameters.current(at=timezone.now()).email_policy
    return page(
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
    therapist = therapist_or_404(pk)
    found = timeline.story_page(timeline.story(timeline.THERAPIST, pk), query=request.GET)
    return page(request, therapist, "history", story=found)


def therapist_or_404(pk: int, *prefetches: str) -> Therapist:
    therapists = selectors.with_pause(Therapist.objects.all(), timezone.localdate())
    return get_object_or_404(selectors.with_offer(therapists).prefetch_related(*prefetches), pk=pk)


def page(
    request: HttpRequest, therapist: Therapist, tab: str, *, template: str = "", **context: Any
) -> HttpResponse:
    """A tab under the common head; `template` where it belongs to another app (`tabs.add`)."""
    today = timezone.localdate()
    context |= {
        "therapist": therapist,
        "practice": selectors.main_practice(therapist),
        "contact": selectors.contact_state(therapist, today),
        "today": today,
        "tabs": tabs.of(therapist, tab),
    }
    return render(request, template or f"therapists/{tab}.html", context)
