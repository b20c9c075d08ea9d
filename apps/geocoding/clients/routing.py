"""What route planners have in common: one origin, many destinations, one typed error, the wire.

No redirect is followed and no proxy asked: a patient's point goes to the configured server or nowhere.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from time import sleep
from typing import Any, Protocol
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from apps.geocoding.travel import DIGITS

TIMEOUT_SECONDS = 10.0
PAUSES_SECONDS = (1.0, 2.0)  # before the second and the third attempt
LARGEST_ANSWER_BYTES = 4_000_000
TOO_MANY_REQUESTS = 429
BUSY = "busy"  # the server asks for fewer questions: no second attempt

Point = tuple[float, float]  # latitude, longitude
Turn = Callable[[], None]  # waits until it is our turn to ask; may raise RouterError


class RouterError(Exception):
    """The route planner gave no usable answer.

    `reply` is for the log and never holds what was asked. `permanent`: the same question will be refused
    again (a wrong address, a wrong setting); otherwise the server is at fault and may be well again later.
    """

    def __init__(self, reply: str, *, permanent: bool = False, code: str = "") -> None:
        super().__init__(reply)
        self.reply = reply
        self.permanent = permanent
        self.code = code


@dataclass(frozen=True, slots=True)
class Leg:
    """One way. No seconds: there is none. Not placed: the planner cannot tell, it knows no road there."""

    seconds: int | None
    metres: int | None
    is_placed: bool = True


UNPLACED = Leg(None, None, is_placed=False)


def at_once() -> None:
    """The turn of whoever need not wait."""


class Router(Protocol):
    most_destinations: int  # of one question; may shrink when the server says so

    def ask(self, origin: Point, destinations: Sequence[Point]) -> list[Leg]:
        """The ways in the order of the destinations, at most `most_destinations`. Raises RouterError."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any  # parsed JSON, None if it is none

    @property
    def is_ok(self) -> bool:
        return self.status == 200 and isinstance(self.body, dict)

    def text(self, name: str) -> str:
        return str(self.body.get(name, "")) if isinstance(self.body, dict) else ""


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None  # the answer 3xx itself is what the caller gets


_opener = build_opener(_NoRedirect, ProxyHandler({}))


def fetch(url: str, *, body: Any = None) -> Answer:
    """GET, or POST with a JSON body; three attempts. Raises RouterError where nothing usable comes back."""
    found = _attempt(url, body)
    for seconds in PAUSES_SECONDS:
        if not isinstance(found, RouterError) or found.code == BUSY:
            break
        sleep(seconds)
        found = _attempt(url, body)
    if isinstance(found, RouterError):
        raise found
    return found


def coordinate(value: float) -> str:
    """Degrees as they leave the house: four digits, about ten metres."""
    return f"{value:.{DIGITS}f}"


def _attempt(url: str, body: Any) -> Answer | RouterError:
    """What a server that is not well says (5xx, 429) is an error, a refusal (3xx, 4xx) is an answer."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(url, data=data, headers=_headers(data))  # noqa: S310  (config/env.py takes http(s) only)
    try:
        with _opener.open(request, timeout=TIMEOUT_SECONDS) as response:
            return Answer(response.status, _parsed(response.read(LARGEST_ANSWER_BYTES)))
    except HTTPError as error:
        with error:
            return _refusal(error.code, error.read(LARGEST_ANSWER_BYTES))
    except (OSError, HTTPException) as error:  # URLError and time-outs are OSErrors
        return RouterError(f"not reached ({type(error).__name__})")


def _refusal(status: int, data: bytes) -> Answer | RouterError:
    if status == TOO_MANY_REQUESTS:
        return RouterError("HTTP 429", code=BUSY)
    return RouterError(f"HTTP {status}") if status >= 500 else Answer(status, _parsed(data))


def _headers(data: bytes | None) -> dict[str, str]:
    headers = {"Accept": "application/json", "User-Agent": "psychotherapie-vermittlung"}
    return headers if data is None else headers | {"Content-Type": "application/json"}


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None
