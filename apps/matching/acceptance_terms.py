"""The figures of the expected acceptance in words, for the page that explains them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from apps.matching.engine.acceptance_model import FORMER_DAYS, NO_FIT, RECENT_DAYS, AcceptanceModel
from apps.matching.engine.calibration import Bin

LABELS: dict[str, str | Promise] = {
    "free_place_odds": _("A free place is known in a setting the patient takes"),
    "possible_place_odds": _("No free place is known, but places are possible"),
    "knows_agency_odds": _("The therapist knows the agency"),
    "recent_contact_odds": format_lazy(_("Last contact up to {days} days ago"), days=RECENT_DAYS),
    "former_contact_odds": format_lazy(
        _("Last contact {first} to {last} days ago"), first=RECENT_DAYS + 1, last=FORMER_DAYS
    ),
    "level_odds": _("Correction for everybody"),
}


@dataclass(frozen=True)
class Term:
    """One factor of the odds, what it usually is, and what it makes of an average chance (0 to 100)."""

    label: str | Promise
    factor: float
    usual: float
    percent_with: float


@dataclass(frozen=True)
class BinRow:
    """A line of the table below the plot, in percent."""

    predicted: float
    observed: float
    low: float
    high: float
    count: int


def terms(model: AcceptanceModel, average: float) -> list[Term]:
    return [_term(name, model, average) for name in LABELS]


def bin_rows(bins: Sequence[Bin]) -> list[BinRow]:
    return [
        BinRow(row.predicted * 100, row.observed * 100, row.low * 100, row.high * 100, row.count)
        for row in bins
    ]


def region_rows(model: AcceptanceModel) -> list[tuple[str, float]]:
    """First two digits of the PLZ and the rate in percent."""
    return [(f"{region:02d}", rate * 100) for region, rate in model.region_rates]


def _term(name: str, model: AcceptanceModel, average: float) -> Term:
    factor = getattr(model, name)
    odds = average / (1 - average) * factor
    return Term(LABELS[name], factor, getattr(NO_FIT, name), 100 * odds / (1 + odds))
