"""The contacts of a request: e-mails and calls that happened, with their proof or what it lacks."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import localdate

from apps.communication.enums import CallOutcome, CallPurpose, CallStatus, EmailStatus, LetterKind
from apps.communication.models import EmailHistory, EmailMessage, PhoneCall
from apps.core.contacts import readable_phone
from apps.matching.evidence import wording
from apps.matching.models import InquiryContact, PlacementRequest
from apps.therapists.models import Practice

ASKING_LETTERS = [LetterKind.INQUIRY, LetterKind.REMINDER]
ASKING_CALLS = [CallPurpose.FIRST_CONTACT, CallPurpose.FOLLOW_UP]
MISSED = [CallOutcome.NOT_REACHED, CallOutcome.MESSAGE_LEFT]
GAPS = {
    EmailStatus.HANDING_OVER: wording.UNCLEAR,
    EmailStatus.UNCLEAR: wording.UNCLEAR,
    EmailStatus.FAILED: wording.NOT_SENT,
    EmailStatus.REFUSED: wording.NOT_SENT,
    EmailStatus.BOUNCED: wording.BOUNCED,
}
# Nothing has left the house, or was called off before it did: no attempt.
NO_ATTEMPT = [EmailStatus.QUEUED, EmailStatus.SENDING, EmailStatus.CANCELLED]


@dataclass(frozen=True)
class Contact:
    """One e-mail or call about a request. `gap` says what is missing of the proof, "" where nothing is.

    `outcome` is that of a call. `needs_answer`: only an answer proves that this e-mail arrived.
    """

    key: str
    at: datetime
    who: str
    proof: str
    gap: str = ""
    outcome: str = ""
    practice: Practice | None = None
    needs_answer: bool = False

    @property
    def is_call(self) -> bool:
        return self.key.startswith("call")

    @property
    def is_missed_call(self) -> bool:
        return self.outcome in MISSED


def contacts_of(requests: Iterable[PlacementRequest]) -> dict[int, list[Contact]]:
    """By request, oldest first: three queries however many requests."""
    by_id = {request.pk: request for request in requests}
    rows = list(_rows({request.inquiry_id for request in by_id.values()}))
    writers = _writers([row.email_id for row in rows if row.email_id is not None])
    found: dict[int, list[Contact]] = defaultdict(list)
    for row in rows:
        contact = _contact(row, writers)
        for pk in row.request_ids:
            if contact is not None and pk in by_id and _was_about(contact, by_id[pk]):
                found[pk].append(contact)
    return {pk: sorted(group, key=lambda contact: (contact.at, contact.key)) for pk, group in found.items()}


def _rows(inquiry_ids: set[int]) -> Iterable[InquiryContact]:
    rows = InquiryContact.objects.filter(inquiry__in=inquiry_ids).order_by("pk")
    rows = rows.select_related("inquiry__released_by", "email", "call__coordinator", "call__practice")
    return rows.defer("email__text", "email__html", "call__note")


def _writers(email_ids: list[int]) -> dict[int, str]:
    """Who had each letter written; "" where the system did by itself."""
    rows = EmailHistory.objects.filter(subject__in=email_ids, old="").select_related("actor")
    return {row.subject_id: row.actor.display_name for row in rows if row.actor}


def _contact(row: InquiryContact, writers: dict[int, str]) -> Contact | None:
    if row.email is not None:
        return _of_email(row.email, writers.get(row.email.pk, "") or _released_by(row))
    return _of_call(row.call) if row.call is not None else None


def _released_by(row: InquiryContact) -> str:
    return row.inquiry.released_by.display_name if row.inquiry.released_by else ""


def _of_email(email: EmailMessage, who: str) -> Contact | None:
    if email.kind not in ASKING_LETTERS or email.status in NO_ATTEMPT:
        return None
    is_taken = email.server_reply.startswith("2") or bool(email.provider_id)
    return Contact(
        key=f"email:{email.pk}",
        at=email.sent_at or email.claimed_at or email.created_at,
        who=who,
        proof=_email_proof(email, is_taken),
        gap=GAPS.get(EmailStatus(email.status), ""),
        needs_answer=email.status == EmailStatus.SENT and not is_taken,
    )


def _email_proof(email: EmailMessage, is_taken: bool) -> str:
    parts = [f"Message-ID {email.message_id}"]
    if email.provider_id:
        parts.append(f"Nummer beim Versanddienst {email.provider_id}")
    elif is_taken:
        parts.append(f"Mailserver: {email.server_reply}")
    return "; ".join(parts)


def _of_call(call: PhoneCall) -> Contact | None:
    if call.purpose not in ASKING_CALLS or call.status != CallStatus.DONE or call.done_at is None:
        return None
    who = call.coordinator.display_name if call.coordinator else ""
    return Contact(
        key=f"call:{call.pk}",
        at=call.done_at,
        who=who,
        proof=f"Anruf Nr. {call.pk} mit Gesprächsvermerk, gewählt {readable_phone(call.phone)}",
        gap="" if who else wording.NO_CALLER,
        outcome=call.outcome,
        practice=call.practice,
    )


def _was_about(contact: Contact, request: PlacementRequest) -> bool:
    """A later call about other requests of the same inquiry says nothing of one that was over by then."""
    over = request.answered_at or request.ended_at
    return over is None or localdate(contact.at) <= localdate(over)
