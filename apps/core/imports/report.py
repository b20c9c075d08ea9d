"""What an import did, row by row, in counts that add up."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from apps.core.csv_export import write_csv
from apps.core.imports.columns import is_own_heading
from apps.core.imports.errors import Problem
from apps.core.imports.reading import SourceRow

Rejected = tuple[int, Sequence[str], str]  # line, cells, why


class Result(Enum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class Outcome:
    """What became of one good row, and what a person should know about it."""

    result: Result
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rejection:
    row: SourceRow
    problems: tuple[Problem, ...]

    @property
    def reason(self) -> str:
        return " ".join(str(problem) for problem in self.problems)


@dataclass
class Report:
    """`seen == new + changed + unchanged + rejected` always holds."""

    header: tuple[str, ...]
    unknown_columns: tuple[str, ...]
    is_dry_run: bool
    seen: int = 0
    counts: dict[Result, int] = field(default_factory=lambda: dict.fromkeys(Result, 0))
    rejections: list[Rejection] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)

    @property
    def new(self) -> int:
        return self.counts[Result.NEW]

    @property
    def changed(self) -> int:
        return self.counts[Result.CHANGED]

    @property
    def unchanged(self) -> int:
        return self.counts[Result.UNCHANGED]

    @property
    def rejected(self) -> int:
        return len(self.rejections)

    def add(self, row: SourceRow, outcome: Outcome) -> None:
        self.seen += 1
        self.counts[outcome.result] += 1
        self.notes += [(row.line, note) for note in (*row.notes, *outcome.notes)]

    def reject(self, row: SourceRow, problems: Iterable[Problem]) -> None:
        self.seen += 1
        self.rejections.append(Rejection(row, tuple(problems)))

    def summary_counts(self) -> dict[str, int]:
        counts = {result.value: count for result, count in self.counts.items()}
        return {"seen": self.seen, **counts, "rejected": self.rejected}

    def summary(self) -> str:
        text = _(
            "Rows seen: %(seen)s = %(new)s new + %(changed)s changed + %(unchanged)s unchanged"
            " + %(rejected)s rejected"
        )
        return text % self.summary_counts()

    def lines(self) -> list[str]:
        """Everything a person should read, the summary last."""
        texts = [
            _("Column “%(name)s” is not known and was left out.") % {"name": name}
            for name in self.unknown_columns
        ]
        texts += [_line(line, _("note: %(text)s") % {"text": text}) for line, text in self.notes]
        texts += [_line(one.row.line, str(problem)) for one in self.rejections for problem in one.problems]
        if self.is_dry_run:
            texts.append(_("Trial run: nothing was saved."))
        return [*texts, self.summary()]


def _line(number: int, text: str) -> str:
    return _("Line %(line)s: %(text)s") % {"line": number, "text": text}


def write_rejections(report: Report, path: Path) -> None:
    """The rejected rows as they were, with line and reason, ready to be corrected and uploaded again.

    Readable by the owner only: the rows are about people.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(handle, 0o600)  # the file may have been there before
    with os.fdopen(handle, "w", encoding="utf-8", errors="replace", newline="") as file:
        write_csv(file, rejected_lines(report.header, map(_rejected, report.rejections)))


def _rejected(one: Rejection) -> Rejected:
    return one.row.line, one.row.cells, one.reason


def rejected_lines(header: Sequence[str], rows: Iterable[Rejected]) -> Iterator[list[Any]]:
    """Heading and lines of a file of rejected rows; columns of an earlier such file are left out."""
    kept = [at for at, heading in enumerate(header) if not is_own_heading(heading)]
    yield [*(header[at] for at in kept), "Zeile", "Grund"]
    for line, cells, reason in rows:
        yield [*(cells[at] for at in kept), line, reason]
