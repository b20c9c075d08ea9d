"""Who may have written, by address, and which of our letters is meant."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from apps.communication.models import EmailMessage
from apps.communication.wire import sender_address
from apps.patients.models import Patient
from apps.therapists.models import Therapist


@dataclass(frozen=True)
class Senders:
    """Everybody known under an address. `last_written` is the therapist we wrote to last at it."""

    therapist_ids: frozenset[int] = frozenset()
    patient_ids: frozenset[int] = frozenset()
    last_written: int | None = None

    @property
    def only_one(self) -> tuple[int | None, int | None] | None:
        """(therapist, patient) where it can only be one person: in a shared mailbox the one we wrote to."""
        if len(self.therapist_ids) + len(self.patient_ids) == 1:
            return next(iter(self.therapist_ids), None), next(iter(self.patient_ids), None)
        if self.therapist_ids and not self.patient_ids and self.last_written is not None:
            return self.last_written, None
        return None


def senders(address: str) -> Senders:
    """Therapists whose practice has the address or whom we wrote to there, and patients."""
    if not address:
        return Senders()
    at_practice = Therapist.objects.filter(practices__email__iexact=address).values_list("pk", flat=True)
    letters = EmailMessage.objects.filter(to_email__iexact=address, therapist__isnull=False)
    written = list(letters.order_by("-id").values_list("therapist_id", flat=True)[:50])
    patients = Patient.objects.filter(email__iexact=address).values_list("pk", flat=True)
    return Senders(
        therapist_ids=frozenset(at_practice) | frozenset(pk for pk in written if pk is not None),
        patient_ids=frozenset(patients),
        last_written=written[0] if written else None,
    )


def our_addresses() -> frozenset[str]:
    return frozenset({sender_address().lower()})


def email_answered(message_ids: Iterable[str], outbox_ids: Iterable[str]) -> EmailMessage | None:
    """The letter these numbers name, by the nearest Message-ID first; providers may have put their own."""
    ids = list(message_ids)
    own = [found for text in outbox_ids if (found := _uuid(text)) is not None]
    bare = [part for message_id in ids for part in _provider_ids(message_id)]
    named = Q(message_id__in=ids) | Q(outbox_id__in=own) | Q(provider_id__in=bare)
    letters = list(EmailMessage.objects.filter(named)[:50]) if ids or own else []
    return min(letters, key=lambda letter: _position(letter, ids), default=None)


def _position(letter: EmailMessage, ids: list[str]) -> int:
    return ids.index(letter.message_id) if letter.message_id in ids else len(ids)


def _provider_ids(message_id: str) -> list[str]:
    """As a provider may have told its number: with or without brackets and domain."""
    bare = message_id.strip("<>")
    return [message_id, bare, bare.partition("@")[0]]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None
