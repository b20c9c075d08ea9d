"""A therapist reports a free place: who waits and fits."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.accounts.permissions import viewing
from apps.core import parameters as operating
from apps.matching import phrases
from apps.matching.enums import InquiryStatus
from apps.matching.selectors.waiting import waiting_for
from apps.therapists.models import Therapist
from apps.therapists.tables import free_places


@viewing
@require_GET
def show(request: HttpRequest, pk: int) -> HttpResponse:
    therapist = get_object_or_404(Therapist, pk=pk)
    today = timezone.localdate()
    found = waiting_for(therapist=therapist, today=today, parameters=operating.current(at=timezone.now()))
    context = {
        "therapist": therapist,
        "free": free_places(therapist),
        "found": found,
        "rejected": [(phrases.REASONS[reason], count) for reason, count in found.reject_counts],
        "draft": therapist.inquiries.filter(status=InquiryStatus.DRAFT).first(),
        "today": today,
    }
    return render(request, "matching/waiting.html", context)
