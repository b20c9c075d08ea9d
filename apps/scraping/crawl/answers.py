"""What the answer to a request means: take it, ask again later, note it and go on, or stop. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto

from django.utils.translation import gettext as _

MARKUP = (b"<!doctype", b"<html", b"<head", b"<?xml")
CHALLENGES = (b"captcha", b"challenge-platform", b"cf-chl", b"are you a robot", b"are you human")


class Expected(Enum):
    JSON = auto()
    PAGE = auto()
    TABLE = auto()


class Trouble(Enum):
    """Why there is no answer."""

    TIMEOUT = auto()
    UNREACHABLE = auto()
    TOO_LARGE = auto()
    ELSEWHERE = auto()
    ROBOTS_FORBID = auto()
    ROBOTS_UNREADABLE = auto()
    TOO_SLOW = auto()
    NOT_PERMITTED = auto()
    LEFT = auto()  # we broke off; the step is asked again


class Kind(Enum):
    TAKE = auto()
    UNCHANGED = auto()
    AGAIN = auto()
    NOTE = auto()
    BROKEN = auto()
    STOP = auto()
    NOT_PERMITTED = auto()
    LEAVE = auto()


@dataclass(frozen=True)
class Answer:
    """Header names in small letters. With `trouble` there is no answer; `detail` is for a person."""

    status: int = 0
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    trouble: Trouble | None = None
    detail: str = ""


@dataclass(frozen=True)
class Verdict:
    """`wait_seconds` is what the source asked us to wait before we ask again; `is_about_all`: not this step
    alone is meant, so that after the last try the run stops."""

    kind: Kind
    message: str = ""
    wait_seconds: float | None = None
    is_about_all: bool = False


def judge(answer: Answer, *, expected: Expected, is_register: bool = False, at: datetime) -> Verdict:
    """`is_register`: the public register, whose empty 500 is a refusal and no accident."""
    if answer.trouble is not None:
        return _of_trouble(answer.trouble, answer.detail)
    if answer.status == 304:
        return Verdict(Kind.UNCHANGED)
    if answer.status in (401, 403, 407, 451) or _is_challenge(answer):
        return _refused(answer)
    if is_register and answer.status == 500 and not answer.body.strip():
        return Verdict(
            Kind.STOP,
            _(
                "The register answered with an empty error 500: since December 2025 that is how it turns "
                "down calls without a browser. Do not try again; ask the operator for access, or read saved "
                "files."
            ),
        )
    if answer.status in (408, 425, 429) or answer.status >= 500:
        message = _("The source answered with error %(status)s.") % {"status": answer.status}
        return Verdict(Kind.AGAIN, message, _wait_seconds(answer, at), is_about_all=answer.status == 429)
    if answer.status != 200:
        return Verdict(Kind.NOTE, _("The source answered with %(status)s.") % {"status": answer.status})
    return _of_content(answer.body, expected)


def _of_trouble(trouble: Trouble, detail: str) -> Verdict:
    messages = {
        Trouble.TIMEOUT: _("The source did not answer in time."),
        Trouble.UNREACHABLE: _("The source cannot be reached (%(detail)s)."),
        Trouble.TOO_LARGE: _("The answer is larger than permitted."),
        Trouble.ELSEWHERE: _(
            "The source sends us on to another host (%(detail)s), for which there is no permission. Check "
            "the address of the source."
        ),
        Trouble.ROBOTS_FORBID: _(
            "The robots.txt of the source forbids this address to programs. Agree on access with its "
            "operator, or read saved files."
        ),
        Trouble.ROBOTS_UNREADABLE: _(
            "The robots.txt of the source cannot be read (%(detail)s); without it nothing is fetched."
        ),
        Trouble.TOO_SLOW: _(
            "The robots.txt of the source asks for %(detail)s seconds between requests. If it is worth "
            "while, set the pause of the source to as much."
        ),
        Trouble.NOT_PERMITTED: "%(detail)s",
        Trouble.LEFT: "",
    }
    kinds = {
        Trouble.TIMEOUT: Kind.AGAIN,
        Trouble.UNREACHABLE: Kind.AGAIN,
        Trouble.ROBOTS_UNREADABLE: Kind.AGAIN,
        Trouble.TOO_LARGE: Kind.NOTE,
        Trouble.NOT_PERMITTED: Kind.NOT_PERMITTED,
        Trouble.LEFT: Kind.LEAVE,
    }
    return Verdict(
        kinds.get(trouble, Kind.STOP),
        messages[trouble] % {"detail": detail},
        is_about_all=trouble is Trouble.ROBOTS_UNREADABLE,
    )


def _refused(answer: Answer) -> Verdict:
    if _is_challenge(answer):
        text = _(
            "The source wants to be shown a human being (captcha). Programs are not welcome there: do not "
            "try again, agree on access with its operator, or read saved files."
        )
    else:
        text = _(
            "The source refuses (error %(status)s). Agree on access with its operator, or read saved files."
        )
    return Verdict(Kind.STOP, text % {"status": answer.status})


def _is_challenge(answer: Answer) -> bool:
    start = answer.body[:20_000].lower()
    return answer.headers.get("cf-mitigated") == "challenge" or (
        _is_markup(start) and any(mark in start for mark in CHALLENGES)
    )


def _is_markup(body: bytes) -> bool:
    return body.lstrip(b"\xef\xbb\xbf \t\r\n")[:9].lower().startswith(MARKUP)


def _of_content(body: bytes, expected: Expected) -> Verdict:
    if expected is Expected.PAGE:
        return Verdict(Kind.TAKE)
    if _is_markup(body):
        return Verdict(
            Kind.STOP,
            _(
                "The source answered with a web page instead of data: a log-in, a captcha or a notice. Open "
                "its address in a browser and agree on access with its operator."
            ),
        )
    if expected is Expected.JSON:
        try:
            json.loads(body)
        except (ValueError, RecursionError):
            return Verdict(Kind.BROKEN, _("The answer is no well-formed JSON."))
    return Verdict(Kind.TAKE)


def _wait_seconds(answer: Answer, at: datetime) -> float | None:
    """Retry-After: seconds, or a date."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, (parsedate_to_datetime(text) - at).total_seconds())
    except (ValueError, TypeError):
        return None
