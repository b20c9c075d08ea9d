"""Event types of registrations. Told with those of patients: whoever follows them hears these."""

from apps.events.catalogue import Told, declare
from apps.events.schema import row_id

PATIENT = {"patient_id": row_id("The patient it became part of", example=4711)}

declare(
    "patients",
    subject="the registration",
    registration__received="A registration came in from outside and waits for a person",
    registration__confirmed="The e-mail address of a registration was confirmed by its link",
    registration__accepted=Told("A registration became a new patient", PATIENT),
    registration__merged=Told("A registration was added to a known patient", PATIENT),
    registration__rejected="A registration was turned down",
    registration__reopened="The rejection of a registration was undone",
)
