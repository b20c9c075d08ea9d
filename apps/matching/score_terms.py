"""Why a score is what it is: each part with its fact, value, weight and contribution."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from apps.core.parameters import Parameters
from apps.matching.phrases import SCORE_PARTS


@dataclass(frozen=True)
class Term:
    """One line of a score. `sum` reads "12.3 % × 0.45 = 5.5 %"; all contributions add up to the score."""

    code: str
    label: str | Promise
    words: str
    sum: str


def terms(
    *,
    parts: Mapping[str, float],
    parameters: Parameters,
    distance_km: float | None,
    common_minutes: int | None,
) -> list[Term]:
    """In the order in which parts are always shown."""
    words = {
        "acceptance": _("how likely a yes is"),
        "distance": _way(distance_km),
        "hours": _hours(common_minutes),
        "email": _("an e-mail may be written") if parts.get("email") else _("only by phone"),
    }
    weights = parameters.values
    return [
        Term(code, SCORE_PARTS[code], words[code], _sum(parts[code], float(weights[f"weight_{code}"])))
        for code in SCORE_PARTS
        if code in parts
    ]


def percent(share: float) -> str:
    return f"{number_format(share * 100, decimal_pos=1)} %"


def _sum(value: float, weight: float) -> str:
    return f"{percent(value)} × {number_format(weight, decimal_pos=2)} = {percent(value * weight)}"


def _way(distance_km: float | None) -> str:
    if distance_km is None:
        return _("the way is unknown")
    kilometres = number_format(distance_km, decimal_pos=1)
    return _("%(km)s km; how much of the longest way is left") % {"km": kilometres}


def _hours(common_minutes: int | None) -> str:
    if common_minutes is None:
        return _("unknown, so it counts as none")
    hours = number_format(common_minutes / 60, decimal_pos=1)
    return _("%(hours)s h a week; ten hours count in full") % {"hours": hours}
