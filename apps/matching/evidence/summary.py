"""Counting against what the insurer expects."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.matching.evidence import wording
from apps.matching.evidence.outcomes import LABELS, Outcome
from apps.matching.evidence.rows import Row
from apps.matching.models import EvidenceRule
from apps.patients.models import Insurer


@dataclass(frozen=True)
class Summary:
    """Counted requests and how many different therapists and practices they went to.

    The insurer's number is held against the therapists: asking one twice does not make two.
    """

    requests: int
    therapists: int
    practices: int
    least: int
    outcomes: tuple[tuple[str, int], ...]

    @property
    def is_reached(self) -> bool:
        return self.therapists >= self.least

    @property
    def sentence(self) -> str:
        requests = wording.counted(self.requests, "erfolglose Anfrage", "erfolglose Anfragen")
        practices = wording.counted(self.practices, "Praxis", "Praxen")
        therapists = wording.counted(self.therapists, "Therapeut:in", "Therapeut:innen")
        result = "erreicht" if self.is_reached else "nicht erreicht"
        return (
            f"{requests} bei {practices} mit Kassensitz ({therapists}); "
            f"die Kasse erwartet mindestens {self.least}: {result}"
        )


def rule_for(insurer: Insurer | None) -> EvidenceRule:
    """The insurer's own row, else the general one, else the defaults of the model (not saved)."""
    if insurer is not None and (own := EvidenceRule.objects.filter(insurer=insurer).first()):
        return own
    return EvidenceRule.objects.filter(insurer__isnull=True).first() or EvidenceRule()


def summarise(rows: Sequence[Row], *, least: int) -> Summary:
    counted = [row for row in rows if row.is_counted]
    return Summary(
        requests=len({row.request.pk for row in counted}),
        therapists=len({row.therapist.pk for row in counted}),
        practices=len({_place(row) for row in counted}),
        least=least,
        outcomes=tuple(
            (label, number) for outcome, label in LABELS.items() if (number := _number(counted, outcome))
        ),
    )


def _place(row: Row) -> tuple[str, int]:
    return ("practice", row.practice.pk) if row.practice else ("therapist", row.therapist.pk)


def _number(rows: Sequence[Row], outcome: Outcome) -> int:
    return sum(row.outcome == outcome for row in rows)
