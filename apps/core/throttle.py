"""How often somebody may do something, counted in the cache that all web processes share in production.

Windows are fixed: across the seam of two of them up to twice the limit may pass. Without a cache nothing
is limited, because a lost answer would be worse than one request too many.
"""

import hashlib
import ipaddress
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

import structlog
from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

READS = frozenset({"GET", "HEAD"})
WRITES = frozenset({"POST"})
HOUSEHOLD_BITS = 64  # of an IPv6 address: what one line gets, so that its owner is counted as one

_told: set[str] = set()  # outages that stand in the log already

View = Callable[..., HttpResponse]


def allow(key: str, limit: int, seconds: int) -> bool:
    """Count one more under `key`. False where that is more than `limit` in the present window."""
    # the entry outlives its window, so that it cannot vanish between the two steps
    name = f"throttle:{hashlib.sha256(key.encode()).hexdigest()}:{seconds}:{int(time.time()) // seconds}"
    try:
        cache.add(name, 0, timeout=2 * seconds)
        count = cache.incr(name)
    except ValueError:  # a full cache in memory has thrown it out
        return True
    except (OSError, RedisError) as error:
        _tell_outage(error)
        return True
    _told.clear()
    return count <= limit


def seconds_left(seconds: int) -> int:
    """Until the present window of that length ends."""
    return seconds - int(time.time()) % seconds


def client_address(request: HttpRequest) -> str:
    """Whom to count: behind as many trusted proxies as the log-in's own throttle is told of."""
    address = get_adapter().get_client_ip(request)
    if ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address}/{HOUSEHOLD_BITS}", strict=False))


def by_address(request: HttpRequest, arguments: Mapping[str, Any]) -> str:
    return client_address(request)


def by_token(request: HttpRequest, arguments: Mapping[str, Any]) -> str:
    return str(arguments["token"])


@dataclass(frozen=True)
class Limit:
    """At most `most` requests of these methods in `seconds`, for each address, token, …"""

    name: str
    most: int
    seconds: int
    methods: frozenset[str]
    whom: Callable[[HttpRequest, Mapping[str, Any]], str] = by_address

    def allows(self, request: HttpRequest, arguments: Mapping[str, Any]) -> bool:
        if request.method not in self.methods:
            return True
        return allow(f"{self.name}:{self.whom(request, arguments)}", self.most, self.seconds)


def throttled(*limits: Limit, refuse: Callable[[HttpRequest], HttpResponse]) -> Callable[[View], View]:
    """Answer with `refuse` and status 429 once a limit is reached; the view's arguments come by name."""

    def decorated(view: View) -> View:
        @wraps(view)
        def opened(request: HttpRequest, **arguments: Any) -> HttpResponse:
            for limit in limits:
                if not limit.allows(request, arguments):
                    return refused(refuse(request), seconds=limit.seconds)
            return view(request, **arguments)

        return opened

    return decorated


def refused(response: HttpResponse, *, seconds: int) -> HttpResponse:
    """Make it say that it was too often, and when it may be tried again."""
    response.status_code = 429
    response["Retry-After"] = str(seconds_left(seconds))
    return response


def _tell_outage(error: Exception) -> None:
    """Once per outage: every request would say the same."""
    if "cache" not in _told:
        _told.add("cache")
        log.warning("throttle.cache_down", error=type(error).__name__)
