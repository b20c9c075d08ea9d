"""What can be wrong with an import file, and with one row of it."""

from dataclasses import dataclass

from apps.core.errors import DomainError


@dataclass(frozen=True)
class Problem:
    """`column` is the heading as the file has it; "" where the row as a whole is meant."""

    column: str
    reason: str

    def __str__(self) -> str:
        return f"{self.column}: {self.reason}" if self.column else self.reason


class UnusableFile(DomainError):
    """Nothing of the file can be imported."""

    status = 400


class RowRejected(Exception):
    """This row stays out; the others go in."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems
