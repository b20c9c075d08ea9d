"""Event types of therapists."""

from apps.events.catalogue import Told, declare, declare_states
from apps.events.schema import always, field_names, one_of, row_text
from apps.therapists.enums import ReviewStatus, TherapistStatus
from apps.therapists.models import Therapist

SUBJECT = "the therapist"

declare(
    "therapists",
    subject=SUBJECT,
    therapist__created=Told(
        "A therapist was recorded", {"to": one_of(TherapistStatus, "The state of the new record")}
    ),
    therapist__moved=Told(
        "Address or place of a practice changed",
        {"changed": field_names("street", of="the practice, `practice` or `practices` for another one")},
    ),
    therapist__changed=Told(
        "Something that decides about matches changed (approvals, hours, wishes, seat …)",
        {"changed": field_names("approvals", of="the therapist or the practice")},
    ),
    therapist__verified=Told(
        "A person has looked at the record",
        {
            "from": always(ReviewStatus.UNREVIEWED, "The state of the review before"),
            "to": always(ReviewStatus.VERIFIED, "The state of the review from now on"),
        },
    ),
    therapist__objected="A therapist objected to further contact; final",
    therapist__paused="A contact pause began",
    therapist__merged=Told(
        "A second record of a therapist became part of this one",
        {
            "from": row_text("The record that was given up", example="4712"),
            "to": row_text("The record that stays", example="4711"),
        },
    ),
)

declare_states(
    "therapists",
    Therapist,
    subject=SUBJECT,
    active="A therapist may be asked again",
    blocked="A therapist was blocked",
    inactive="A therapist stopped working",
)
