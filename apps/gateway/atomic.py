"""Requests that write: all or nothing, and once per idempotency key."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.gateway import problems
from apps.gateway.services import answers, clients

HEADER = "Idempotency-Key"
LONGEST_KEY = 200

Run = Callable[..., HttpResponse]


def all_or_nothing(run: Run) -> Run:
    """Around an operation with everything it does, so that its effect and its kept answer are one commit."""

    @wraps(run)
    def wrapped(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        key = request.headers.get(HEADER, "").strip()
        account = _account(request) if key and request.method == "POST" else None
        if account is None:
            return answers.without_traces_of_a_refusal(lambda: run(request, **kwargs))
        return _once(request, account, key, lambda: run(request, **kwargs))

    return wrapped


def _once(request: HttpRequest, account: User, key: str, answer: Callable[[], HttpResponse]) -> HttpResponse:
    if len(key) > LONGEST_KEY or not key.isprintable():
        detail = _("An idempotency key has at most 200 printable characters.")
        return _refused(request, "bad-request", 400, detail)
    try:
        return answers.once(account=account, key=key, request=request, at=timezone.now(), answer=answer)
    except answers.OtherRequest:
        detail = _("It was used for another request before. Please take a new key for a new request.")
        return _refused(request, "key-reused", 422, detail)


def _account(request: HttpRequest) -> User | None:
    """Whose key it is. A token that is none is left to the endpoint to refuse."""
    scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        client = clients.client_of(secret=secret.strip(), at=timezone.now())
        return client.account if client else None
    return request.user if isinstance(request.user, User) else None


def _refused(request: HttpRequest, kind: str, status: int, detail: str) -> HttpResponse:
    title = _("The idempotency key cannot be used.")
    return problems.problem(request, kind=kind, title=title, status=status, detail=detail)
