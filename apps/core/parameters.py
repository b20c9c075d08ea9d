"""Operating parameters (DOMAIN.md section 9): what they are, their limits, and the values in force.

A value is changed by adding a `ParameterChange` row; every round names the version it was planned with.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.models import ParameterChange


@dataclass(frozen=True)
class Definition:
    """One parameter: default, smallest and largest value (numbers) or choices (text), unit for people."""

    label: str | Promise
    default: int | float | str
    smallest: float | None = None
    largest: float | None = None
    unit: str | Promise = ""
    choices: tuple[tuple[str, str | Promise], ...] = ()


DEFINITIONS: dict[str, Definition] = {
    "max_requests_per_inquiry": Definition(_("Most requests in one inquiry"), 6, 1, 12),
    "min_requests_per_inquiry": Definition(_("Fewest requests in one inquiry"), 1, 1, 6),
    "contact_interval_days": Definition(_("Days between two contacts of one therapist"), 7, 1, 90, _("days")),
    "contact_pause_days": Definition(_("Contact pause after an answer"), 28, 0, 365, _("days")),
    "pair_lock_days": Definition(_("Pair lock after a rejection"), 28, 0, 730, _("days")),
    "follow_up_days": Definition(_("Follow-up call after"), 7, 1, 60, _("days")),
    "expire_days": Definition(_("Inquiry expires after the last contact"), 14, 1, 120, _("days")),
    "open_requests_per_search": Definition(_("Open requests per search"), 10, 1, 50),
    "call_minutes": Definition(_("Length of a call"), 5, 1, 60, _("minutes")),
    "calls_per_hour": Definition(_("Calls per coordinator and hour"), 8, 1, 30),
    "emails_per_hour": Definition(_("Most e-mails sent in one hour"), 600, 1, 100_000),
    "reply_link_days": Definition(_("Reply links are valid for"), 60, 1, 365, _("days")),
    "identity_link_days": Definition(_("Links to a patient's identity are valid for"), 7, 1, 60, _("days")),
    "default_max_distance_km": Definition(_("Longest distance if nothing is said"), 25, 1, 200, "km"),
    "least_common_minutes": Definition(_("Least common time in one piece"), 50, 10, 180, _("minutes")),
    "least_weekly_hours": Definition(_("Least weekly availability (warning)"), 20, 0, 60, _("hours")),
    "two_year_window_months": Definition(_("Window for previous therapy"), 24, 1, 60, _("months")),
    "email_policy": Definition(
        _("E-mail to therapists"),
        "published",
        choices=(
            ("published", _("published address unless objected")),
            ("permission", _("recorded permission only")),
        ),
    ),
    "retention_months": Definition(_("Anonymise after the end of a case"), 6, 1, 120, _("months")),
    "registration_retention_days": Definition(
        _("Empty registrations after the decision"), 30, 1, 365, _("days")
    ),
    "weight_acceptance": Definition(_("Ranking: expected acceptance"), 0.45, 0, 1),
    "weight_distance": Definition(_("Ranking: distance or travel time"), 0.25, 0, 1),
    "weight_hours": Definition(_("Ranking: common hours"), 0.20, 0, 1),
    "weight_email": Definition(_("Ranking: e-mail available"), 0.10, 0, 1),
    "acceptance_smoothing": Definition(_("Answers that the region's average weighs as"), 8, 0, 100),
}


@dataclass(frozen=True)
class Parameters:
    """The values in force at one moment. `version` is the id of the newest change, 0 for defaults."""

    version: int
    values: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.values[name]
        except KeyError:
            raise AttributeError(name) from None


def current(*, at: datetime) -> Parameters:
    """All parameters as they are in force at `at`: one query."""
    values = {name: definition.default for name, definition in DEFINITIONS.items()}
    newest = (
        ParameterChange.objects.filter(valid_from__lte=at)
        .order_by("name", "-valid_from", "-id")
        .distinct("name")
        .values_list("name", "value", "id")
    )
    version = 0
    for name, value, change_id in newest:
        if name in values:
            values[name] = value
            version = max(version, change_id)
    return Parameters(version=version, values=values)


def change(*, name: str, value: Any, actor: Any, at: datetime, reason: str) -> ParameterChange:
    """Put a new value in force. Raises ValidationError outside the limits or without a reason."""
    value = check(name, value)
    if not reason.strip():
        raise ValidationError({"reason": _("Please say why.")})
    with transaction.atomic():
        return ParameterChange.objects.create(
            name=name, value=value, valid_from=at, changed_by=actor, reason=reason.strip()
        )


def check(name: str, value: Any) -> int | float | str:
    """The value in its right type. Raises ValidationError naming the limits."""
    definition = DEFINITIONS.get(name)
    if definition is None:
        raise ValidationError({"name": _("There is no such parameter.")})
    if definition.choices:
        return _check_choice(definition, value)
    return _check_number(definition, value)


def _check_choice(definition: Definition, value: Any) -> str:
    if value not in dict(definition.choices):
        allowed = ", ".join(key for key, _label in definition.choices)
        raise ValidationError({"value": _("Choose one of: %(allowed)s.") % {"allowed": allowed}})
    return str(value)


def _check_number(definition: Definition, value: Any) -> int | float:
    kind = type(definition.default)
    try:
        number = kind(str(value).replace(",", ".")) if not isinstance(value, bool) else None
    except ValueError:
        number = None
    low, high = definition.smallest, definition.largest
    if number is None or not low <= number <= high:  # type: ignore[operator]
        raise ValidationError(
            {"value": _("A number from %(low)s to %(high)s, please.") % {"low": low, "high": high}}
        )
    return number  # type: ignore[return-value]
