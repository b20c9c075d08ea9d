"""The log of who looked at which patient (DSGVO; ASVS V16): who, when, which record, which page."""

from datetime import datetime
from typing import Any

from apps.core.models import AccessEntry


def record_access(*, actor: Any, patient_id: int, purpose: str, at: datetime) -> None:
    """Append one entry. `purpose` is the name of the page, never anything about the patient."""
    AccessEntry.objects.create(actor=actor, patient_id=patient_id, purpose=purpose, at=at)
