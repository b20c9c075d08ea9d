"""Registrations from a file: JSON Lines, one registration a line, of the same shape as over the interface.

A line that cannot be taken in is reported with its reason, the others go in; each is a transaction of its
own. The same file once more does nothing new: every line names its registration by its reference.
"""

import json
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from pydantic import ValidationError as SchemaError

from apps.core.errors import Refused
from apps.gateway.models import ApiClient
from apps.intake.models import Registration
from apps.intake.schema import RegistrationIn
from apps.intake.services import receiving
from apps.intake.services.receiving import Origin

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LONGEST_NAME: int = Registration._meta.get_field("file_name").max_length  # type: ignore[union-attr,assignment]
LONGEST_LINE = 200_000
NEW, KNOWN, BROKEN = "new", "known", "broken"


@dataclass(frozen=True)
class Line:
    """What became of one line; `reasons` tell why it was not taken in, by the path of the field."""

    number: int
    result: str
    registration: Registration | None = None
    reasons: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Report:
    lines: list[Line]
    is_dry_run: bool = False

    def count(self, result: str) -> int:
        return sum(line.result == result for line in self.lines)

    @property
    def new(self) -> int:
        return self.count(NEW)

    @property
    def known(self) -> int:
        return self.count(KNOWN)

    @property
    def broken(self) -> list[Line]:
        return [line for line in self.lines if line.result == BROKEN]


def take_in(
    *,
    content: bytes,
    name: str,
    client: ApiClient | None,
    actor: Any,
    at: datetime,
    is_dry_run: bool = False,
) -> Report:
    """Take in every line that can be. Never raises for what is in the file; a dry run leaves nothing."""
    with transaction.atomic() if is_dry_run else nullcontext():
        lines = _taken(content, name, client, actor, at)
        if is_dry_run:
            transaction.set_rollback(True)
    return Report(lines, is_dry_run)


def _taken(content: bytes, name: str, client: ApiClient | None, actor: Any, at: datetime) -> list[Line]:
    return [
        _line(number, text, Origin(client, name[:LONGEST_NAME], number), actor, at)
        for number, text in _texts(content)
    ]


def _texts(content: bytes) -> Iterator[tuple[int, bytes]]:
    for number, text in enumerate(content.removeprefix(BYTE_ORDER_MARK).split(b"\n"), start=1):
        if text.strip():
            yield number, text


def _line(number: int, text: bytes, origin: Origin, actor: Any, at: datetime) -> Line:
    try:
        data = _read(text)
        received = receiving.receive(data=data, origin=origin, actor=actor, at=at)
    except SchemaError as error:
        return Line(number, BROKEN, reasons=[_reason(one) for one in error.errors()])
    except ValidationError as error:
        found = error.message_dict.items()
        return Line(number, BROKEN, reasons=[(path, " ".join(texts)) for path, texts in found])
    except (Refused, _Unreadable) as error:
        return Line(number, BROKEN, reasons=[("", str(error))])
    return Line(number, NEW if received.is_new else KNOWN, received.registration)


class _Unreadable(Exception):
    """The line is no JSON object."""


def _read(text: bytes) -> RegistrationIn:
    if len(text) > LONGEST_LINE:
        raise _Unreadable(_("The line is too long."))
    try:
        found = json.loads(text.decode())
    except (ValueError, RecursionError) as error:
        raise _Unreadable(_("This is no JSON.")) from error
    return RegistrationIn.model_validate(found)


def _reason(error: Any) -> tuple[str, str]:
    """Path and message; what was typed is not repeated."""
    return ".".join(map(str, error["loc"])), str(error["msg"])
