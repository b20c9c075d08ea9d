"""Answers for the machine room: /healthz, /readyz, /version. No detail for strangers, never kept."""

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.core.doctor import probes
from apps.core.doctor.queues import Queue, queues_of_readiness

PATIENCE_SECONDS = 2.0  # of one question to the database
GOOD_WORDS = frozenset({"ok", "none"})  # "none": no broker is set up


@login_not_required
@require_safe
@never_cache
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """The process can work and the work is being done: 200, else 503.

    Who sends `Authorization: Bearer HEALTH_TOKEN` gets one word per check: {"ready": …, "checks": {…}}.
    """
    words = dict(_words())
    is_ready = set(words.values()) <= GOOD_WORDS
    status = 200 if is_ready else 503
    if _is_operator(request):
        return JsonResponse({"ready": is_ready, "checks": words}, status=status)
    return HttpResponse("ok" if is_ready else "unavailable", content_type="text/plain", status=status)


@login_not_required
@require_safe
@never_cache
def version(request: HttpRequest) -> HttpResponse:
    """The product's version and, where the environment names it (RELEASE), the release."""
    release = {"release": settings.RELEASE} if settings.RELEASE else {}
    return JsonResponse({"version": product_version(), **release})


@cache
def product_version() -> str:
    project = tomllib.loads((Path(settings.BASE_DIR) / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])


def _is_operator(request: HttpRequest) -> bool:
    """Without a token in the settings nobody is."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    is_bearer = scheme.lower() == "bearer" and settings.HEALTH_TOKEN != ""
    return is_bearer and constant_time_compare(token, settings.HEALTH_TOKEN)


def _words() -> Iterator[tuple[str, str]]:
    yield "broker", _broker()
    try:
        with probes.bounded(PATIENCE_SECONDS):
            is_migrated = probes.is_migrated()
            late = {queue.name: _lateness(queue, is_migrated) for queue in queues_of_readiness()}
    except Error:
        yield "database", "unreachable"
        return
    yield "database", "ok"
    yield "migrations", "ok" if is_migrated else "missing"
    yield from late.items()


def _broker() -> str:
    if settings.REDIS_URL is None:
        return "none"
    return "unreachable" if probes.broker_failure() else "ok"


def _lateness(queue: Queue, is_migrated: bool) -> str:
    """The tables of a queue need not be there before they are migrated."""
    if not is_migrated:
        return "unknown"
    return "late" if queue.is_late(timezone.now()) else "ok"
