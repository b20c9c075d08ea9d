"""What stands on the page of imports besides uploaded files: every app may add a section."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class ImportSection:
    """A part of the page: its template and what that needs. The template brings its own heading (h2)."""

    template: str
    context: dict[str, Any]


Teller = Callable[[Any, datetime], ImportSection | None]

_tellers: list[Teller] = []


def shown_with_imports(function: Teller) -> Teller:
    """Register a function of (user, at); None where there is nothing for this person."""
    _tellers.append(function)
    return function


def sections(*, user: Any, at: datetime) -> list[ImportSection]:
    return [section for teller in _tellers if (section := teller(user, at)) is not None]
