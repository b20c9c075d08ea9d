"""Who did what: the log of who looked at which patient (DSGVO; ASVS V16), and names in the audit trail."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pghistory

from apps.core.models import AccessEntry


def record_access(*, actor: Any, patient_id: int, purpose: str, at: datetime) -> None:
    """Append one entry. `purpose` is the name of the page, never anything about the patient."""
    record_accesses(actor=actor, patient_ids=[patient_id], purpose=purpose, at=at)


def record_accesses(*, actor: Any, patient_ids: Iterable[int], purpose: str, at: datetime) -> None:
    """Append one entry per patient, in one statement: for lists and exports."""
    AccessEntry.objects.bulk_create(
        AccessEntry(actor=actor, patient_id=patient_id, purpose=purpose, at=at) for patient_id in patient_ids
    )


@contextmanager
def acting(actor: Any) -> Iterator[None]:
    """Name the person in the audit trail of changes where no request has done so (commands, tasks)."""
    if actor is None:
        yield
    else:
        with pghistory.context(user=actor.pk):
            yield
