"""What a registration says, in the words of a patient's record. Reads no patient."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from apps.core.encryption import blind_index
from apps.core.weekly import Interval, join
from apps.intake.models import Registration
from apps.intake.schema import ConsentIn, sha256_of
from apps.patients.models import Insurer, Patient
from apps.patients.normalise import normalise
from apps.patients.sections import FORM_FIELDS

Values = dict[str, Any]

SECTIONS = ("patient", "wishes", "health")
DAYS = {
    name for name in FORM_FIELDS if isinstance(Patient._meta.get_field(name), models.DateField)
}  # encrypted days too


def values(registration: Registration) -> Values:
    """Field of a patient → value as it is known now: handed in, or mended by staff. The insurer by name."""
    corrected = (registration.corrected or {}).get("fields", {})
    return decoded(flattened(registration.payload or {}) | corrected)


def flattened(payload: Mapping[str, Any]) -> Values:
    found: Values = {"payment_reference": payload.get("payment_reference", "")}
    for section in SECTIONS:
        found |= payload.get(section) or {}
    return found


def path(name: str, payload: Mapping[str, Any]) -> str:
    """Where a field stands in what was handed in: "patient.phone"."""
    return next((f"{one}.{name}" for one in SECTIONS if name in (payload.get(one) or {})), name)


def encoded(fields: Mapping[str, Any]) -> Values:
    """For JSON: days as ISO, the insurer by name."""
    return {name: _plain(value) for name, value in fields.items()}


def decoded(fields: Mapping[str, Any]) -> Values:
    return {
        name: date.fromisoformat(value) if name in DAYS and value else value for name, value in fields.items()
    }


def hours(registration: Registration) -> list[Interval]:
    corrected = registration.corrected
    if corrected is not None and "hours" in corrected:
        return [Interval(*one) for one in corrected["hours"]]
    rows = (registration.payload or {}).get("availability", [])
    return join(Interval(one["weekday"], one["start_minute"], one["end_minute"]) for one in rows)


def consents(registration: Registration) -> list[ConsentIn]:
    return [ConsentIn.model_validate(one) for one in (registration.payload or {}).get("consents", [])]


def proof(consent: ConsentIn) -> str:
    """What stands in the patient's consent: where it is, in which words, when exactly."""
    digest = consent.wording_sha256 or sha256_of(consent.wording_text)
    given_at = timezone.localtime(consent.given_at).isoformat(timespec="seconds")
    return f"{consent.proof.strip()} · {consent.wording_version.strip()} · {given_at} · SHA-256 {digest}"


def given_on(consent: ConsentIn) -> date:
    return timezone.localdate(consent.given_at)


def insurer_named(name: str) -> Insurer | None:
    return Insurer.objects.filter(name__iexact=name.strip()).first() if name.strip() else None


def as_patient(said: Mapping[str, Any], *, today: date) -> Patient:
    """A record that is not saved, for forms and comparisons; what cannot be used stays as it was typed."""
    fields = {name: _usable(name, value, today) for name, value in said.items() if name in FORM_FIELDS}
    fields["insurer"] = insurer_named(said.get("insurer") or "")
    return Patient(**fields, kvnr_index=blind_index(fields.get("kvnr", "")))


def fingerprint(content: Mapping[str, Any]) -> str:
    """The same content, the same text; without the key nobody can tell whose it is."""
    return blind_index(json.dumps(content, sort_keys=True, separators=(",", ":")))


def _usable(name: str, value: Any, today: date) -> Any:
    try:
        return normalise({name: value}, today=today)[name]
    except ValidationError:
        return value


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value.name if isinstance(value, Insurer) else value
