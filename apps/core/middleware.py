"""Who acts, what a domain error looks like, and that no page with personal data stays in a cache."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pghistory
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from apps.core.errors import DomainError
from apps.core.logs import plain_address

GetResponse = Callable[[HttpRequest], HttpResponse]
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class ProbeMiddleware:
    """The machine room's questions have no session: with the database away nobody could look one up."""

    PATHS = frozenset({"/healthz", "/readyz", "/version"})

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in self.PATHS:
            request.COOKIES = {}
        return self.get_response(request)


class ActorMiddleware:
    """Names the user in the audit trail of every change made during the request."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in UNSAFE:
            return self.get_response(request)
        with pghistory.context(user=request.user.pk, path=plain_address(request.path)):
            return self.get_response(request)


class DomainErrorMiddleware:
    """A domain error becomes a friendly message, never a 500: back to the page for a form, text for htmx."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DomainError):
            return None
        if getattr(request, "htmx", False):
            return render(request, "components/alert.html", {"message": error.message, "level": "warning"})
        if request.method in UNSAFE and (back := _page_before(request)):
            messages.warning(request, str(error.message))
            return redirect(back)
        return render(request, "errors/domain.html", {"message": error.message}, status=error.status)


def _page_before(request: HttpRequest) -> str | None:
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure()):
        return None
    parts = urlsplit(referer)
    return parts.path + (f"?{parts.query}" if parts.query else "")


class NoStoreMiddleware:
    """Pages behind the login are not kept by browsers and proxies."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        return response
