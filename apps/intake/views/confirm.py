"""The page behind the link of the letter: public, shows nobody's name, confirms at the press of a button.

GET changes nothing: mail scanners open links. The token is the right to confirm, so the page does without
session and CSRF cookie, like the reply page.
"""

from email.utils import parseaddr

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from apps.core.throttle import READS, WRITES, Limit, throttled
from apps.intake.services import confirmation

LIMITS = (
    Limit("confirm.read", most=60, seconds=60, methods=READS),
    Limit("confirm.write", most=20, seconds=60, methods=WRITES),
)


def office() -> dict[str, str]:
    """How to reach us, for people whose link does not work."""
    return {"email": parseaddr(settings.DEFAULT_FROM_EMAIL)[1], "phone": settings.OFFICE_PHONE}


def too_many(request: HttpRequest) -> HttpResponse:
    return render(request, "reply/too_many.html", {"office": office()})


@login_not_required
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, token: str) -> HttpResponse:
    """In German like the letter; nobody may index, cache, frame or trace it."""
    with translation.override("de"):
        response = _page(request, token=token)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


@throttled(*LIMITS, refuse=too_many)
def _page(request: HttpRequest, token: str) -> HttpResponse:
    """One page for all links that do not open: it does not tell which of them was once a good one."""
    at = timezone.now()
    if request.method == "POST":
        is_good = confirmation.confirm(token=token, at=at)
        return render(request, "intake/thanks.html") if is_good else _gone(request)
    registration = confirmation.find(token=token)
    if registration is None or not confirmation.opens(registration=registration, at=at):
        return _gone(request)
    page = "intake/thanks.html" if registration.is_email_confirmed else "intake/confirm.html"
    return render(request, page, {"registration": registration})


def _gone(request: HttpRequest) -> HttpResponse:
    return render(request, "intake/link_gone.html", {"office": office()}, status=404)
