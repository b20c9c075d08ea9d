"""The calendar of a coordinator's calls: its secret address, and the feed a calendar program reads."""

import hashlib
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.permissions import working
from apps.communication import ical
from apps.communication.models import CalendarFeed
from apps.communication.selectors.calls import feed_calls
from apps.communication.services import calendars


@working
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    return _page(request)


@working
@require_POST
def renew(request: HttpRequest) -> HttpResponse:
    """The answer to the POST itself shows the address: it is nowhere else, not even in the session."""
    token = calendars.renew(user=request.user, at=timezone.now())  # type: ignore[arg-type]
    return _page(request, address=settings.SITE_URL + reverse("communication:call_feed", args=[token]))


@working
@require_POST
def revoke(request: HttpRequest) -> HttpResponse:
    calendars.revoke(user=request.user)  # type: ignore[arg-type]
    messages.success(request, _("The address does not work any more."))
    return redirect("communication:call_calendar")


@login_not_required
@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """Public by a secret address. A program that asks again gets 304 until something has changed."""
    found = calendars.reader(token=token)
    if found is None:
        raise Http404
    at = timezone.now()
    body = ical.calendar(
        feed_calls(user=found.user, at=at),
        site_url=settings.SITE_URL,
        domain=urlsplit(settings.SITE_URL).hostname or "localhost",
    )
    calendars.note_reading(feed=found, at=at)
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["ETag"] = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response["Cache-Control"] = "private, no-cache"
    response["Content-Disposition"] = 'inline; filename="anrufe.ics"'
    answer = get_conditional_response(request, etag=response["ETag"], response=response)
    assert isinstance(answer, HttpResponse)
    return answer


def _page(request: HttpRequest, **context: Any) -> HttpResponse:
    found = CalendarFeed.objects.filter(user=request.user.pk).first()
    return render(request, "communication/call_calendar.html", {"feed": found, **context})
