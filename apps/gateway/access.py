"""The log of who looked at whom, as the interface writes it."""

from collections.abc import Iterable

from django.http import HttpRequest
from django.utils import timezone

from apps.core.audit import record_accesses
from apps.gateway.principal import principal


def note_access(request: HttpRequest, patients: Iterable[int | None], operation_id: str) -> None:
    """This answer says something about these patients. One statement, none without patients."""
    ids = sorted({one for one in patients if one is not None})
    if ids:
        account, purpose = principal(request).account, f"API: {operation_id}"
        record_accesses(actor=account, patient_ids=ids, purpose=purpose, at=timezone.now())
