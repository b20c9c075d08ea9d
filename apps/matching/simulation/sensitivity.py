"""Does the answer hold when contacts or therapists are scarce or plenty?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from apps.matching.simulation.compare import RIVAL, SUBJECT, Progress, compare, silent
from apps.matching.simulation.settings import Settings

FACTORS = (0.5, 1.0, 2.0)


@dataclass(frozen=True)
class Variation:
    contacts_per_week: int
    therapists: int
    result: dict[str, Any]  # of compare(), planner and its rival alone


def vary(settings: Settings, progress: Progress = silent) -> Iterator[Variation]:
    """Halve and double the contacts and the therapists, every combination, all else equal."""
    for therapists_factor in FACTORS:
        for contacts_factor in FACTORS:
            varied = replace(
                settings,
                therapists=max(1, round(settings.therapists * therapists_factor)),
                contacts_per_week=max(1, round(settings.contacts_per_week * contacts_factor)),
                policies=(SUBJECT, RIVAL),
            )
            yield Variation(varied.contacts_per_week, varied.therapists, compare(varied, progress))
