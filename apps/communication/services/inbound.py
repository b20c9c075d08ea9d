"""Every message that comes in goes through `ingest`, whatever way it took; then a person decides.

Nothing here writes to anybody: a machine that answers machines never stops.
"""

import base64
from datetime import date, datetime
from typing import Any

import structlog
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.communication.enums import INBOUND_OPEN, InboundKind, InboundSource, InboundStatus, MatchedBy
from apps.communication.inbound import answers, reports
from apps.communication.inbound.decoding import as_text
from apps.communication.inbound.matters import Cue, Matter, resolve
from apps.communication.inbound.parsing import (
    RAW_LIMIT,
    Received,
    parse,
    second_fingerprint,
    words,
)
from apps.communication.inbound.quoting import Folded, fold
from apps.communication.inbound.recognising import recognise
from apps.communication.models import EmailMessage, InboundMessage
from apps.communication.senders import Senders, email_answered, our_addresses, senders
from apps.communication.services import reconciliation
from apps.core.errors import Refused
from apps.core.transitions import move, record_start
from apps.patients.models import Patient
from apps.therapists.models import Therapist

log = structlog.get_logger(__name__)

S = InboundStatus
UNREAD_SHOWN = 5000  # bytes of a message nothing could be made of
NO_DECISION = (InboundKind.LOOP, InboundKind.BOUNCE, InboundKind.DELAY, InboundKind.AUTO_REPLY)


def ingest(*, raw: bytes, source: InboundSource, received_at: datetime) -> tuple[InboundMessage, bool]:
    """Write down one message; the second value tells whether it is new.

    The same message by several ways, in any order, at the same moment, becomes one row. Everything that
    follows from it (a bounce marks the letter) is in one transaction with it: once this returns, the
    message may be removed where it came from.
    """
    received = parse(raw)
    for fingerprint in _fingerprints(received):
        row, is_new = _find_or_record(received, fingerprint, raw, source, received_at)
        if is_new or _is_the_same(row, received):
            break
    return row, is_new


def _find_or_record(
    received: Received, fingerprint: str, raw: bytes, source: InboundSource, at: datetime
) -> tuple[InboundMessage, bool]:
    present = InboundMessage.objects.filter(fingerprint=fingerprint).first()
    if present is not None:
        return present, False
    try:
        return _record(received, fingerprint, raw, source, at), True
    except IntegrityError:  # somebody else was faster
        present = InboundMessage.objects.filter(fingerprint=fingerprint).first()
        if present is None:
            raise
        return present, False
    except (OperationalError, InterfaceError):  # no fault of the message: the next attempt takes it
        raise
    except Exception as error:  # a message that trips us up must not stop those behind it, nor be lost
        log.error("inbound_not_understood", error=type(error).__name__)
        return _record_unread(fingerprint, raw, source, at), True


@transaction.atomic
def _record_unread(fingerprint: str, raw: bytes, source: InboundSource, at: datetime) -> InboundMessage:
    """As it came, for a person; whoever repairs the reading finds it whole."""
    row = InboundMessage.objects.create(
        kind=InboundKind.ANSWER,
        source=source,
        fingerprint=fingerprint,
        received_at=at,
        text=as_text(raw[:UNREAD_SHOWN], None),
        raw=base64.b64encode(raw[:RAW_LIMIT]).decode(),
        size=len(raw),
    )
    record_start(row, actor=None, at=at, reason="not understood")
    return row


def _fingerprints(received: Received) -> list[str]:
    """The second one is for another text under a Message-ID that is taken."""
    return (
        [received.fingerprint, second_fingerprint(received)]
        if received.message_id
        else [received.fingerprint]
    )


def _is_the_same(present: InboundMessage, received: Received) -> bool:
    """By its words where both have some: on another way a part or a character may be missing."""
    earlier = words(parse(base64.b64decode(present.raw)).text)
    now = words(received.text)
    return not earlier or not now or earlier.startswith(now) or now.startswith(earlier)


@transaction.atomic
def _record(
    received: Received, fingerprint: str, raw: bytes, source: InboundSource, at: datetime
) -> InboundMessage:
    kind = recognise(received, ours=our_addresses())
    email = _letter(received, kind)
    known = senders(received.from_email) if kind not in (InboundKind.LOOP, InboundKind.BOUNCE) else Senders()
    folded = fold(received.text) if kind == InboundKind.ANSWER else Folded(text=received.text, quoted="")
    matter = _matter(received, email, known)
    row = InboundMessage(
        kind=kind,
        source=source,
        fingerprint=fingerprint,
        message_id=received.message_id,
        in_reply_to=received.in_reply_to,
        references=received.references,
        received_at=at,
        from_email=received.from_email,
        from_name=received.from_name,
        subject=received.subject,
        text=folded.text,
        quoted=folded.quoted,
        raw=base64.b64encode(raw[:RAW_LIMIT]).decode(),
        size=len(raw),
        attachments=[{"name": file.name, "type": file.type, "size": file.size} for file in received.files],
    )
    _match(row, email, matter, known)
    row.suggestion = _suggestion(row, matter)
    row.status = _first_status(row)
    row.save()
    record_start(row, actor=None, at=at)
    if kind == InboundKind.BOUNCE and email is not None:
        reconciliation.came_back(email=email, report=reports.read(received), at=at)
    log.info("inbound", inbound_id=row.pk, kind=row.kind, status=row.status, matched_by=row.matched_by)
    return row


def _letter(received: Received, kind: InboundKind) -> EmailMessage | None:
    """The letter of ours it answers or reports about."""
    if kind == InboundKind.LOOP:
        return email_answered(received.answered_ids, [received.headers.get("x-outbox-id", "")])
    if kind in (InboundKind.BOUNCE, InboundKind.DELAY):
        report = reports.read(received)
        return email_answered(report.message_ids, report.outbox_ids)
    return email_answered(received.answered_ids, [])


def _matter(received: Received, email: EmailMessage | None, known: Senders) -> Matter | None:
    everything = f"{received.subject}\n{received.text}"
    return resolve(Cue(email=email, words=everything, therapist_ids=known.therapist_ids))


def _match(row: InboundMessage, email: EmailMessage | None, matter: Matter | None, known: Senders) -> None:
    """By headers, then by a reference from a sender we know, then by the sender alone."""
    if email is not None:
        row.email, row.matched_by = email, MatchedBy.HEADER
        row.therapist_id = email.therapist_id or (matter.therapist_id if matter else None)
        row.patient_id = email.patient_id
    elif matter is not None and matter.therapist_id in known.therapist_ids:
        row.email, row.therapist_id, row.matched_by = matter.email, matter.therapist_id, MatchedBy.REFERENCE
    elif known.only_one is not None:
        row.therapist_id, row.patient_id = known.only_one
        row.matched_by = MatchedBy.SENDER


def _suggestion(row: InboundMessage, matter: Matter | None) -> dict[str, Any] | None:
    """What the words seem to say. The reference of somebody else's inquiry is only a hint."""
    day = timezone.localdate(row.received_at)
    if row.kind == InboundKind.OUT_OF_OFFICE:
        until = answers.absence_until(f"{row.subject}\n{row.text}"[: answers.LONGEST], today=day)
        return {"pause_until": until.isoformat(), "why": ""} if until else None
    if row.kind != InboundKind.ANSWER:
        return None
    is_ours = matter is not None and matter.therapist_id == row.therapist_id
    if matter is not None and not is_ours:
        return {"hint": matter.reference}
    return _read(row, matter, day) if row.matched_by else None


def _read(row: InboundMessage, matter: Matter | None, day: date) -> dict[str, Any]:
    cases = dict(matter.cases) if matter else {}
    reading = answers.read(row.text, codes=cases, today=day) if row.therapist_id else answers.Reading()
    reference = {"reference": matter.reference} if matter else {}
    return {**reference, **reading.as_json(cases)}


def _first_status(row: InboundMessage) -> InboundStatus:
    if row.kind in NO_DECISION:
        return S.PARKED
    if row.kind == InboundKind.OUT_OF_OFFICE:
        return S.WAITING if row.suggestion and row.therapist_id else S.PARKED
    return S.WAITING if row.matched_by else S.UNMATCHED


# What a person does


@transaction.atomic
def assign(
    *,
    message: InboundMessage,
    actor: Any,
    at: datetime,
    therapist: Therapist | None = None,
    patient: Patient | None = None,
    matter: Matter | None = None,
) -> InboundMessage:
    """A person says who wrote and, with `matter`, to which inquiry; the words are read anew."""
    row = _open(message)
    row.therapist_id = matter.therapist_id if matter else therapist.pk if therapist else None
    row.patient_id, row.email = (patient.pk if patient else None), (matter.email if matter else None)
    row.matched_by = MatchedBy.PERSON
    row.suggestion = _read(row, matter, timezone.localdate(row.received_at))
    fields = {name: getattr(row, name) for name in ASSIGNED}
    if row.status == S.WAITING:
        row.save(update_fields=[*fields, "updated_at"])
        return row
    return move(row, to=S.WAITING, actor=actor, at=at, reason=_("assigned by hand"), fields=fields)


ASSIGNED = ("therapist_id", "patient_id", "email", "matched_by", "suggestion")


def finish(*, message: InboundMessage, actor: Any, at: datetime, reason: str = "") -> InboundMessage:
    """Handled. Raises StaleState where it was handled already."""
    return _handle(message, S.DONE, actor, at, reason)


def dismiss(*, message: InboundMessage, actor: Any, at: datetime, reason: str) -> InboundMessage:
    if not reason.strip():
        raise Refused(_("Please say why the message is put aside."))
    return _handle(message, S.DISMISSED, actor, at, reason.strip())


def park(*, message: InboundMessage, actor: Any, at: datetime, reason: str = "") -> InboundMessage:
    return move(message, to=S.PARKED, actor=actor, at=at, reason=reason)


@transaction.atomic
def take_back(*, message: InboundMessage, actor: Any, at: datetime) -> InboundMessage:
    """Put a message that was handled, dismissed or parked back among those that wait.

    Answers that were booked from it stay; each has an undo of its own.
    """
    row = InboundMessage.objects.select_for_update().get(pk=message.pk)
    to = S.WAITING if row.matched_by or row.status != S.DISMISSED else S.UNMATCHED
    fields = {"handled_by": None, "handled_at": None}
    is_undo = row.status in row.UNDO
    return move(row, to=to, actor=actor, at=at, reason=_("taken back"), fields=fields, undo=is_undo)


def _handle(
    message: InboundMessage, to: InboundStatus, actor: Any, at: datetime, reason: str
) -> InboundMessage:
    fields = {"handled_by": actor, "handled_at": at}
    return move(message, to=to, actor=actor, at=at, reason=reason, fields=fields)


def _open(message: InboundMessage) -> InboundMessage:
    row = InboundMessage.objects.select_for_update().get(pk=message.pk)
    if row.status not in (*INBOUND_OPEN, S.PARKED):
        raise Refused(_("This message has been handled already."))
    return row
