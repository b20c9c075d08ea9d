"""Who is let in. Every endpoint names the scope it needs (`routing.Endpoints`); without one there is none."""

from typing import Any

import pghistory
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import APIKeyCookie, HttpBearer

from apps.core import throttle
from apps.gateway.enums import Scope
from apps.gateway.principal import Principal, of_client, of_staff
from apps.gateway.problems import Forbidden, TooMany
from apps.gateway.services import clients

MINUTE = 60


class Token(HttpBearer):
    """`Authorization: Bearer ptv_…` of a client."""

    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> Principal | None:
        client = clients.client_of(secret=token, at=timezone.now())
        if client is None:
            return None
        limit = client.requests_per_minute
        if not throttle.allow(f"api:{client.pk}", limit, MINUTE):
            raise TooMany(seconds=throttle.seconds_left(MINUTE))
        return _admitted(request, of_client(client), self.scope)


class Session(APIKeyCookie):
    """The session of a member of staff, with the rights of their role; writing needs the CSRF token."""

    param_name = settings.SESSION_COOKIE_NAME

    def __init__(self, scope: Scope) -> None:
        super().__init__(csrf=True)
        self.scope = scope

    def _get_key(self, request: HttpRequest) -> str | None:
        """Who has no session needs no CSRF token either, and is told to log in."""
        return super()._get_key(request) if self.param_name in request.COOKIES else None

    def authenticate(self, request: HttpRequest, key: str | None) -> Principal | None:
        user: Any = request.user
        if not user.is_authenticated:
            return None
        return _admitted(request, of_staff(user), self.scope)


def _admitted(request: HttpRequest, principal: Principal, scope: Scope) -> Principal:
    if not principal.may(scope):
        raise Forbidden(scope)
    request.principal = principal  # type: ignore[attr-defined]
    pghistory.context(user=principal.account.pk)  # joins the trail that `ActorMiddleware` has begun
    return principal


def needs(scope: Scope) -> list[Any]:
    return [Token(scope), Session(scope)]
