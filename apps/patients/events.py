"""Event types of patients."""

from apps.events.catalogue import declare

declare(
    "patients",
    patient__created="A patient was registered",
    patient__merged="A second record of a patient became part of this one",
    patient__moved="Address or place of a patient changed",
    patient__wishes_changed="Wishes, availability or clinical facts that decide about matches changed",
    patient__consent_given="A consent was recorded",
    patient__consent_withdrawn="A consent was withdrawn",
    patient__searching="A search for a place began",
    patient__in_therapy="A place was confirmed",
    patient__therapy_completed="The therapy was completed",
    patient__therapy_discontinued="The therapy was discontinued",
    patient__search_cancelled="The search was cancelled",
)
