"""Event types of therapists."""

from apps.events.catalogue import declare

declare(
    "therapists",
    therapist__created="A therapist was recorded",
    therapist__moved="Address or place of a practice changed",
    therapist__changed="Something that decides about matches changed (approvals, hours, wishes, seat …)",
    therapist__active="A therapist may be asked again",
    therapist__blocked="A therapist was blocked",
    therapist__inactive="A therapist stopped working",
    therapist__verified="A person has looked at the record",
    therapist__objected="A therapist objected to further contact; final",
    therapist__paused="A contact pause began",
    therapist__merged="A second record of a therapist became part of this one",
)
