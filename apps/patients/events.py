"""Event types of patients."""

from apps.events.catalogue import Told, declare, declare_states
from apps.events.schema import field_names, one_of, row_text
from apps.patients.enums import Purpose
from apps.patients.models import Patient

SUBJECT = "the patient"

declare(
    "patients",
    subject=SUBJECT,
    patient__created="A patient was registered",
    patient__merged=Told(
        "A second record of a patient became part of this one",
        {
            "from": row_text("The record that was given up", example="4712"),
            "to": row_text("The record that stays", example="4711"),
        },
    ),
    patient__moved=Told(
        "Address or place of a patient changed", {"changed": field_names("plz", "city", of="the patient")}
    ),
    patient__wishes_changed=Told(
        "Wishes, availability or clinical facts that decide about matches changed",
        {"changed": field_names("availability", of="the patient")},
    ),
    patient__consent_given=Told("A consent was recorded", {"to": one_of(Purpose, "What it is for")}),
    patient__consent_withdrawn=Told("A consent was withdrawn", {"from": one_of(Purpose, "What it was for")}),
)

declare_states(
    "patients",
    Patient,
    subject=SUBJECT,
    searching="A search for a place began",
    in_therapy="A place was confirmed",
    therapy_completed="The therapy was completed",
    therapy_discontinued="The therapy was discontinued",
    search_cancelled="The search was cancelled",
)
