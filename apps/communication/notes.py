"""Reading notes: what is to be remembered when somebody talks to a person."""

from django.db.models import QuerySet

from apps.communication.models import Note
from apps.patients.models import Patient
from apps.therapists.models import Therapist


def notes_of(*, therapist: Therapist | None = None, patient: Patient | None = None) -> QuerySet[Note]:
    """The notes about one of the two that are not struck out, newest first, with their authors."""
    notes = Note.objects.filter(therapist=therapist, patient=patient, struck_at__isnull=True)
    return notes.select_related("author")
