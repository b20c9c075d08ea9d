"""What this app does when it has registered somebody: perhaps the person has been here before."""

from apps.events.catalogue import subscribe
from apps.events.models import DomainEvent
from apps.patients.services import duplicates


@subscribe("patient.created", "patient.merged")
def look_for_duplicates(event: DomainEvent) -> None:
    duplicates.look_around(patient_id=int(event.subject_id), at=event.occurred_at)
