"""What people type, brought to the one form that is stored. Pure: no database, no clock."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.core import contacts, icd
from apps.core.enums import Language, Method
from apps.core.saving import normalise_each
from apps.patients import checks

MOST_SYMPTOMS = 3
OLDEST_YEARS = 120
PAST_DATES = (
    "birth_date",
    "previous_therapy_last_session_on",
    "contracts_signed_on",
    "sprechstunde_on",
    "ptv11_on",
    "payment_received_on",
)


def normalise(data: Mapping[str, Any], *, today: date) -> dict[str, Any]:
    """The same keys with clean values. Raises one ValidationError that names every field that is wrong."""
    return normalise_each(data, lambda name, value: _normalise_one(name, value, today))


def kvnr(text: str) -> str:
    number = checks.normalise_kvnr(text)
    if number and not checks.is_valid_kvnr(number):
        raise ValidationError(
            _("This is no KVNR (a letter and nine digits with a check digit). Please compare the card.")
        )
    return number


def referral_code(text: str) -> str:
    code = checks.normalise_referral_code(text)
    if code and not checks.is_valid_referral_code(code):
        raise ValidationError(_("A Vermittlungscode has twelve letters or digits, e.g. A1B2-C3D4-E5F6."))
    return code


def diagnosis(text: str) -> str:
    if not text.strip():
        return ""
    code = icd.normalise_diagnosis(text)
    if code is None:
        raise ValidationError(_("Please enter one ICD-10-GM code such as F32.1, without words."))
    return code


def symptoms(codes: Iterable[str]) -> list[str]:
    chosen = list(dict.fromkeys(codes or []))
    if len(chosen) > MOST_SYMPTOMS:
        raise ValidationError(_("Three symptoms at most: please untick the less important ones."))
    return chosen


def at_least_one(number: int | None) -> int | None:
    if number is not None and number < 1:
        raise ValidationError(_("At least 1, or leave it empty."))
    return number


def methods(values: Iterable[str]) -> list[str]:
    return _in_order(values, Method.values)


def languages(values: Iterable[str]) -> list[str]:
    return _in_order(values, Language.values)


def _in_order(values: Iterable[str], order: list[str]) -> list[str]:
    """Each once, in the order of the enum; unknown ones last, for the field to refuse."""
    chosen = set(values or [])
    return [value for value in order if value in chosen] + sorted(chosen - set(order))


NORMALISERS: dict[str, Callable[[Any], Any]] = {
    "phone": contacts.phone,
    "plz": contacts.plz,
    "email": contacts.email,
    "kvnr": kvnr,
    "referral_code": referral_code,
    "diagnosis": diagnosis,
    "symptoms": symptoms,
    "wished_methods": methods,
    "languages": languages,
    "max_distance_km": at_least_one,
    "max_travel_minutes": at_least_one,
}


def _normalise_one(name: str, value: Any, today: date) -> Any:
    value = value.strip() if isinstance(value, str) else value
    if name in PAST_DATES:
        return _past(name, value, today)
    return NORMALISERS[name](value) if name in NORMALISERS else value


def _past(name: str, day: date | None, today: date) -> date | None:
    if day is None:
        return None
    if day > today:
        raise ValidationError(_("This day lies in the future. Please check the year."))
    if name == "birth_date" and today.year - day.year > OLDEST_YEARS:
        raise ValidationError(_("More than 120 years ago. Please check the year."))
    return day
