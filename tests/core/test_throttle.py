"""Counting in windows, for whom, and what happens where the cache is gone."""

from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Barrier, Thread
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from redis.exceptions import ConnectionError as RedisDown
from structlog.testing import capture_logs

from apps.core import throttle
from apps.core.throttle import READS, WRITES, Limit, allow, by_token, client_address, throttled

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


class FakeCache:
    """Answers or does not, as one says."""

    is_down = True

    def add(self, name: str, value: int, timeout: int) -> bool:
        if self.is_down:
            raise RedisDown("connection refused")
        return True

    def incr(self, name: str) -> int:
        return 1


@pytest.fixture
def broken_cache(monkeypatch: pytest.MonkeyPatch) -> FakeCache:
    throttle._told.clear()
    fake = FakeCache()
    monkeypatch.setattr(throttle, "cache", fake)
    return fake


def refuse(request: HttpRequest) -> HttpResponse:
    return HttpResponse("too often")


@throttled(
    Limit("page.read", most=2, seconds=60, methods=READS),
    Limit("page.token", most=1, seconds=60, methods=WRITES, whom=by_token),
    refuse=refuse,
)
def page(request: HttpRequest, token: str) -> HttpResponse:
    return HttpResponse(token)


def test_limit_holds_until_the_window_ends(clock: time_machine.Traveller) -> None:
    assert [allow("a", 2, 60) for _time in range(3)] == [True, True, False]
    clock.shift(59)
    assert allow("a", 2, 60) is False
    clock.shift(1)
    assert allow("a", 2, 60) is True


def test_everybody_is_counted_alone(clock: time_machine.Traveller) -> None:
    assert [allow(key, 1, 60) for key in ("a", "b", "a")] == [True, True, False]


def test_windows_of_other_lengths_count_alone(clock: time_machine.Traveller) -> None:
    assert [allow("a", 1, seconds) for seconds in (60, 3600, 60)] == [True, True, False]


def test_any_word_may_be_a_key(clock: time_machine.Traveller) -> None:
    """Memcached and Redis refuse blanks and long keys; a token may be anything."""
    key = "a b\n" + "x" * 5000
    assert [allow(key, 1, 60) for _time in range(2)] == [True, False]


def test_counting_at_the_same_moment_forgets_nobody(clock: time_machine.Traveller) -> None:
    barrier, allowed = Barrier(20), []

    def ask() -> None:
        barrier.wait(timeout=10)
        allowed.append(allow("a", 7, 60))

    threads = [Thread(target=ask) for _number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (allowed.count(True), allowed.count(False)) == (7, 13)


def test_seconds_left_is_the_end_of_the_window(clock: time_machine.Traveller) -> None:
    clock.shift(25)
    assert (throttle.seconds_left(60), throttle.seconds_left(3600)) == (35, 3575)


def test_without_cache_everything_is_allowed_and_said_once(broken_cache: FakeCache) -> None:
    with capture_logs() as logs:
        assert [allow("a", 1, 60) for _time in range(3)] == [True, True, True]
    assert logs == [{"event": "throttle.cache_down", "error": "ConnectionError", "log_level": "warning"}]


def test_next_outage_is_told_again(broken_cache: FakeCache) -> None:
    with capture_logs() as logs:
        for broken_cache.is_down in (True, True, False, True):
            allow("a", 1, 60)
    assert len(logs) == 2


def test_entry_thrown_out_of_a_full_cache_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "add", lambda *args, **kwargs: False)
    assert allow("a", 0, 60) is True


@pytest.mark.parametrize(
    ("proxies", "headers", "address"),
    [
        (0, {}, "192.0.2.1"),
        (0, {"X-Forwarded-For": "198.51.100.9"}, "192.0.2.1"),
        (1, {"X-Forwarded-For": "203.0.113.5, 198.51.100.9"}, "198.51.100.9"),
        (2, {"X-Forwarded-For": "203.0.113.5, 198.51.100.9"}, "203.0.113.5"),
        (1, {"X-Forwarded-For": "2001:db8:1:2:3:4:5:6"}, "2001:db8:1:2::/64"),
    ],
)
def test_address_is_that_before_our_own_proxies(
    settings: Any, proxies: int, headers: dict[str, str], address: str
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", headers=headers)
    assert client_address(request) == address


def test_page_answers_429_with_the_time_to_wait(clock: time_machine.Traveller) -> None:
    answers = [page(RequestFactory().get("/"), token="x") for _time in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert (answers[-1]["Retry-After"], answers[-1].content) == ("60", b"too often")


def test_methods_are_counted_for_their_own_limits(clock: time_machine.Traveller) -> None:
    asked = [("get", "x"), ("post", "x"), ("post", "y"), ("post", "x"), ("get", "x"), ("head", "x")]
    codes = [page(getattr(RequestFactory(), method)("/"), token=token).status_code for method, token in asked]
    assert codes == [200, 200, 200, 429, 200, 429]
