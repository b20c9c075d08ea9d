"""What can be wrong with an installation, and how to mend it. Every app tells its part.

An app registers its checks in its `doctor.py` (core: in this package), imported by `AppConfig.ready`. A check
only looks: it changes nothing, and its words name no person.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from django.db import Error, connection
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from apps.core.doctor.probes import bounded

PATIENCE_SECONDS = 10.0  # of one check for the database


class Level(IntEnum):
    OK = 0
    WARNING = 1
    ERROR = 2


@dataclass(frozen=True)
class Finding:
    """`remedy` says in a sentence how to mend it; "" only where all is well."""

    level: Level
    text: str
    remedy: str = ""


Look = Callable[[datetime], Iterable[Finding]]


@dataclass(frozen=True)
class Check:
    name: str
    label: str | Promise
    look: Look
    needs_database: bool


@dataclass(frozen=True)
class Diagnosis:
    check: Check
    findings: list[Finding]

    @property
    def level(self) -> Level:
        return max((finding.level for finding in self.findings), default=Level.OK)


_checks: dict[str, Check] = {}


def looks_at(name: str, label: str | Promise, *, needs_database: bool = True) -> Callable[[Look], Look]:
    """Register a function from the present moment to findings. One without the database may take seconds;
    the others run in a transaction of their own, each statement of at most PATIENCE_SECONDS."""

    def register(look: Look) -> Look:
        _checks[name] = Check(name, label, look, needs_database)
        return look

    return register


def good(text: str) -> Finding:
    return Finding(Level.OK, text)


def warning(text: str, remedy: str) -> Finding:
    return Finding(Level.WARNING, text, remedy)


def error(text: str, remedy: str) -> Finding:
    return Finding(Level.ERROR, text, remedy)


def examine(*, at: datetime) -> list[Diagnosis]:
    """Every check in the order of registration. Whatever a check raises becomes a finding."""
    has_database = _has_database()
    return [Diagnosis(check, _findings(check, at, has_database)) for check in _checks.values()]


def _has_database() -> bool:
    try:
        connection.ensure_connection()
    except Error:
        return False
    return True


def _findings(check: Check, at: datetime, has_database: bool) -> list[Finding]:
    if check.needs_database and not has_database:
        return [warning(_("Not looked at: there is no database."), _("Mend the database first."))]
    try:
        return _look(check, at)
    except Error as failure:  # its words may quote rows
        text = _("The database refused the question (%(error)s).") % {"error": type(failure).__name__}
        return [error(text, _("Bring the schema up to date: manage.py migrate."))]
    except Exception as failure:  # one check's bug must not hide what the others found
        text = _("The check itself failed (%(error)s).") % {"error": type(failure).__name__}
        return [error(text, _("Please tell those who maintain the software."))]


def _look(check: Check, at: datetime) -> list[Finding]:
    if not check.needs_database:
        return list(check.look(at))
    with bounded(PATIENCE_SECONDS):
        return list(check.look(at))
