"""Notes about a patient or therapist: written once, struck out with trace, never edited."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.communication.models import Note
from apps.core.errors import NotAllowed, Refused, StaleState
from apps.core.transitions import lock
from apps.patients.models import Patient
from apps.therapists.models import Therapist

DOUBLE_CLICK = timedelta(minutes=1)


@transaction.atomic
def add(
    *,
    text: str,
    actor: User,
    at: datetime,
    therapist: Therapist | None = None,
    patient: Patient | None = None,
) -> Note:
    """Write a note about exactly one of the two. Raises Refused for an empty one.

    The same words of the same author about the same person within a minute are one note (a second click).
    """
    if not text.strip():
        raise Refused(_("A note needs words."))
    person = {"therapist": therapist, "patient": patient}
    for row in filter(None, person.values()):
        lock(row)  # two clicks at the same moment wait for each other here
    present = Note.objects.filter(**person, author=actor, written_at__gt=at - DOUBLE_CLICK, struck_at=None)
    for note in present:  # encrypted: cannot be compared in SQL
        if note.text == text.strip():
            return note
    return Note.objects.create(**person, author=actor, text=text.strip(), written_at=at)


@transaction.atomic
def strike(*, note: Note, actor: User, at: datetime) -> Note:
    """Strike a note out; it stays readable, with who and when. Authors their own, managers any.

    Raises NotAllowed for somebody else's note, StaleState where it is struck out already.
    """
    if note.author_id != actor.pk and not actor.can_manage:
        raise NotAllowed(_("Only its author or the management can strike a note out."))
    fresh = Note.objects.select_for_update().get(pk=note.pk)
    if fresh.struck_at is not None:
        raise StaleState()
    fresh.struck_at, fresh.struck_by = at, actor
    fresh.save(update_fields=["struck_at", "struck_by"])
    return fresh
