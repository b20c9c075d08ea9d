"""What a person has to mend in a registration before it can become a patient."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from apps.core import contacts
from apps.geocoding.models import PostalCode
from apps.intake.enums import ProblemCode
from apps.intake.reading import insurer_named, path
from apps.patients import selectors
from apps.patients.enums import Purpose
from apps.patients.models import CLINICAL_FIELDS
from apps.patients.normalise import normalise

HEALTH = (*CLINICAL_FIELDS, "referral_code", "sprechstunde_on", "ptv11_on", "is_ptv11_urgent")

LONGEST_ADDRESS = 254  # small letters of some alphabets are longer than their capitals

Problem = dict[str, str]
Found = Iterator[tuple[ProblemCode, str]]


def problems(said: Mapping[str, Any], payload: Mapping[str, Any], *, today: date) -> list[Problem]:
    """{"code", "path"} for everything wrong with the values `said`; codes and names of fields only."""
    found = [
        *_unusable(said, today),
        *_unknown(said),
        *_missing(said),
        *_without_consent(said, payload),
    ]
    return [{"code": str(code), "path": path(name, payload)} for code, name in found]


def _unusable(said: Mapping[str, Any], today: date) -> Found:
    try:
        normalise({name: value for name, value in said.items() if name != "insurer"}, today=today)
    except ValidationError as error:
        yield from ((ProblemCode.UNUSABLE, name) for name in error.message_dict)
    if said.get("email") and not is_address(said["email"]):
        yield ProblemCode.UNUSABLE, "email"


def _unknown(said: Mapping[str, Any]) -> Found:
    if said.get("insurer") and insurer_named(said["insurer"]) is None:
        yield ProblemCode.UNKNOWN_INSURER, "insurer"
    if set(said.get("symptoms") or []) - selectors.symptom_codes():
        yield ProblemCode.UNKNOWN_SYMPTOM, "symptoms"
    if _is_unknown_plz(said.get("plz") or ""):
        yield ProblemCode.UNKNOWN_PLZ, "plz"


def _is_unknown_plz(text: str) -> bool:
    """Only where the table of PLZ is filled can one be missing in it."""
    plz = text.strip()
    if len(plz) != 5 or PostalCode.objects.filter(plz=plz).exists():
        return False
    return PostalCode.objects.exists()


def _missing(said: Mapping[str, Any]) -> Found:
    if said.get("birth_date") is None:
        yield ProblemCode.MISSING, "birth_date"
    if not said.get("email") and not said.get("phone"):
        yield ProblemCode.MISSING, "phone"


def _without_consent(said: Mapping[str, Any], payload: Mapping[str, Any]) -> Found:
    is_agreed = any(one["purpose"] == Purpose.HEALTH_DATA for one in payload.get("consents", []))
    if not is_agreed and any(said.get(name) not in (None, "", []) for name in HEALTH):
        yield ProblemCode.NO_HEALTH_CONSENT, "consents"


def is_address(text: str) -> bool:
    try:
        validate_email(text.strip())
    except ValidationError:
        return False
    return len(contacts.email(text)) <= LONGEST_ADDRESS
