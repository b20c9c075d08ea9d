"""What came of one kind of fault, as one line."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Outcome:
    """`faults` were made; `lost` jobs never had their effect, `double` had it more than once.

    `unclear` e-mails had to be looked up before they were settled. `broken` names every other promise that
    was not kept; `more` are figures to read along.
    """

    kind: str
    faults: int
    lost: int = 0
    double: int = 0
    unclear: int = 0
    more: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    skipped: str = ""

    @property
    def is_ok(self) -> bool:
        return not (self.lost or self.double or self.broken)

    @property
    def verdict(self) -> str:
        if self.skipped:
            return f"skipped ({self.skipped})"
        return "ok" if self.is_ok else "BROKEN" + "".join(f" ({promise})" for promise in self.broken)

    def line(self, *, verdict: str = "") -> str:
        figures = {"faults": self.faults, "lost": self.lost, "double": self.double, "unclear": self.unclear}
        told = " ".join(f"{name}={value}" for name, value in (figures | self.more).items())
        return f"{self.kind} {told} verdict={verdict or self.verdict}"

    def promise(self, is_kept: bool, what: str) -> None:
        """Note a promise that was not kept."""
        if not is_kept:
            self.broken.append(what)

    def count(self, effects: Iterable[int]) -> None:
        """How often each job had its effect: once is right."""
        for times in effects:
            self.lost += times == 0
            self.double += times > 1


def total(outcomes: Iterable[Outcome]) -> str:
    """The last line of a run."""
    done = list(outcomes)
    figures = {
        name: sum(getattr(outcome, name) for outcome in done)
        for name in ("faults", "lost", "double", "unclear")
    }
    told = " ".join(f"{name}={value}" for name, value in figures.items())
    return f"total {told} verdict={'ok' if all(outcome.is_ok for outcome in done) else 'BROKEN'}"
