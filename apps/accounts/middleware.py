"""Absolute session length and the second factor."""

import time
from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

GetResponse = Callable[[HttpRequest], HttpResponse]
STARTED = "session_started"
# Where a user without a second factor may go: enrolment, re-authentication, leaving.
ENROLMENT_PATHS = ("/accounts/2fa/", "/accounts/reauthenticate/", "/accounts/logout/", "/i18n/", "/static/")


class SessionLimitMiddleware:
    """Ends a session SESSION_ABSOLUTE_AGE seconds after the login, whatever was clicked."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            started = request.session.setdefault(STARTED, time.time())
            if time.time() - started > settings.SESSION_ABSOLUTE_AGE:
                logout(request)
                return redirect(settings.LOGIN_URL)
        return self.get_response(request)


class SecondFactorMiddleware:
    """With REQUIRE_SECOND_FACTOR, staff without one reach only its enrolment."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: object) -> HttpResponse | None:
        """Not in `__call__`: only here all middleware has run, so that the message can be kept."""
        if not self._must_enrol(request):
            return None
        messages.info(request, _("Please set up your second factor first."))
        return redirect("mfa_index")

    def _must_enrol(self, request: HttpRequest) -> bool:
        return (
            settings.REQUIRE_SECOND_FACTOR
            and request.user.is_authenticated
            and not request.path.startswith(ENROLMENT_PATHS)
            and not is_mfa_enabled(request.user)
        )
