"""What a website hands in."""

from copy import deepcopy
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from apps.intake.models import Registration
from apps.intake.schema import RegistrationIn
from apps.intake.services import receiving
from apps.intake.services.receiving import Origin

AT = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Europe/Berlin"))

CONSENT = {
    "given_at": "2026-11-22T20:15:00+01:00",
    "wording_version": "2026-03",
    "wording_sha256": "ab" * 32,
    "proof": "form 4711",
}
FORM: dict[str, Any] = {
    "external_reference": "web-4711",
    "payment_reference": "PV-04711",
    "language": "de",
    "patient": {
        "salutation": "ms",
        "gender": "female",
        "first_name": "Mira",
        "last_name": "Sample",
        "birth_date": "1991-04-12",
        "street": "Musterweg 4",
        "plz": "04103",
        "city": "Leipzig",
        "email": "Mira.Sample@Example.org",
        "phone": "0341 1234567",
        "insurance_kind": "gkv",
        "insurer": "Ahornkasse",
        "kvnr": "A123456780",
    },
    "wishes": {"wished_gender": "female", "wished_methods": ["TP", "VT"], "max_distance_km": 20},
    "availability": [
        {"weekday": 0, "start_minute": 480, "end_minute": 720},
        {"weekday": 3, "start_minute": 900, "end_minute": 1140},
    ],
    "health": {
        "diagnosis": "F32.1",
        "symptoms": ["depressed-mood"],
        "complaints": "Seit Monaten erschöpft.",
        "has_previous_therapy": False,
        "ptv11_on": "2026-10-15",
        "referral_code": "A1B2C3D4E5F6",
    },
    "consents": [
        {"purpose": purpose, **CONSENT} for purpose in ("health_data", "pseudonymous", "identity", "email")
    ],
}


def form(**changes: Any) -> dict[str, Any]:
    """The form with changes: `patient__phone="x"` for a field of a section."""
    found = deepcopy(FORM)
    for name, value in changes.items():
        section, _two, field = name.rpartition("__")
        (found[section] if section else found)[field] = value
    return found


def received(at: datetime = AT, origin: Origin | None = None, **changes: Any) -> Registration:
    data = RegistrationIn.model_validate(form(**changes))
    return receiving.receive(data=data, origin=origin or Origin(), actor=None, at=at).registration
