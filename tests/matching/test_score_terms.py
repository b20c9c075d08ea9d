from django.utils import translation

from apps.core import parameters as operating
from apps.core.parameters import Parameters
from apps.matching.score_terms import percent, terms

VALUES = {name: definition.default for name, definition in operating.DEFINITIONS.items()}
PARTS = {"acceptance": 0.12, "distance": 0.8, "hours": 0.5, "email": 1.0}


def _terms(**changes: object) -> list[tuple[str, str]]:
    facts: dict[str, object] = {"distance_km": 5.0, "common_minutes": 300} | changes
    found = terms(parts=PARTS, parameters=Parameters(0, VALUES), **facts)  # type: ignore[arg-type]
    return [(str(term.words), term.sum) for term in found]


def test_every_part_is_value_times_weight() -> None:
    with translation.override("en"):
        assert _terms() == [
            ("how likely a yes is", "12.0 % × 0.45 = 5.4 %"),
            ("5.0 km; how much of the longest way is left", "80.0 % × 0.25 = 20.0 %"),
            ("5.0 h a week; ten hours count in full", "50.0 % × 0.20 = 10.0 %"),
            ("an e-mail may be written", "100.0 % × 0.10 = 10.0 %"),
        ]


def test_unknown_hours_and_way_are_said() -> None:
    with translation.override("en"):
        words = [text for text, _sum in _terms(distance_km=None, common_minutes=None)]
    assert words[1:3] == ["the way is unknown", "unknown, so it counts as none"]


def test_figures_follow_the_language() -> None:
    assert percent(0.454) == "45,4 %"
