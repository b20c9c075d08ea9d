"""What this app does when it has recorded somebody: perhaps the therapist is known already."""

from apps.events.catalogue import subscribe
from apps.events.models import DomainEvent
from apps.therapists.services import duplicates


@subscribe("therapist.created", "therapist.merged")
def look_for_duplicates(event: DomainEvent) -> None:
    duplicates.look_around(therapist_ids=[int(event.subject_id)], at=event.occurred_at)
