"""Last look before messages go out. The gates here know people; an app above registers what it knows.

A gate looks at several messages at once and names every reason against each, so that the number of
statements does not grow with the queue. The sender itself asks, so no form, command or forgotten button
gets past. What a person has set aside (`EmailMessage.overridden`) does not count, except what nobody may
set aside: consents, objections, releases.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from apps.communication.enums import (
    FIRST_CONTACT,
    MAY_HAVE_ARRIVED,
    OVERRIDABLE,
    CallPurpose,
    CallStatus,
    EmailStatus,
    LetterKind,
    Refusal,
)
from apps.communication.models import EmailMessage, PhoneCall, UndeliverableAddress
from apps.core import parameters as operating
from apps.core.parameters import Parameters
from apps.patients.enums import Purpose
from apps.patients.selectors import patients_with_consent
from apps.therapists.enums import ReviewStatus, TherapistStatus
from apps.therapists.selectors import may_be_emailed, pauses_in_force

TO_THERAPISTS = [
    LetterKind.INQUIRY,
    LetterKind.REMINDER,
    LetterKind.WITHDRAWAL,
    LetterKind.ALTERNATIVES,
    LetterKind.IDENTITY,
    LetterKind.ANSWER,
]
TO_PATIENTS = [kind for kind in LetterKind if kind.value.startswith("patient_")]
# Who wrote to us or said yes expects an answer, whatever the policy says about writing first.
UNASKED = [LetterKind.INQUIRY, LetterKind.REMINDER, LetterKind.WITHDRAWAL, LetterKind.ALTERNATIVES]


@dataclass(frozen=True)
class Look:
    """The moment of the look and the parameters in force then."""

    at: datetime
    parameters: Parameters

    @classmethod
    def now(cls, at: datetime) -> "Look":
        return cls(at=at, parameters=operating.current(at=at))


Found = Iterable[tuple[int, Refusal]]
Gate = Callable[[Sequence[EmailMessage], Look], Found]

_gates: list[tuple[Gate, frozenset[str]]] = []


def gate(*kinds: str) -> Callable[[Gate], Gate]:
    """Register a gate for kinds of letters; it gets the messages of these kinds and yields (id, reason)."""

    def register(function: Gate) -> Gate:
        _gates.append((function, frozenset(kinds)))
        return function

    return register


def refusals(emails: Sequence[EmailMessage], at: datetime) -> dict[int, Refusal]:
    """The first reason against each message that must not go out; the others are not in it."""
    look = Look.now(at)
    found: dict[int, Refusal] = {}
    for email_id, reason in _reasons(emails, look):
        email = next(email for email in emails if email.pk == email_id)
        if email_id not in found and not _is_overridden(email, reason):
            found[email_id] = reason
    return found


def refusal(email: EmailMessage, at: datetime) -> Refusal | None:
    """The first reason against one message."""
    return refusals([email], at).get(email.pk)


def _reasons(emails: Sequence[EmailMessage], look: Look) -> Iterator[tuple[int, Refusal]]:
    for check, kinds in _gates:
        if concerned := [email for email in emails if email.kind in kinds]:
            yield from check(concerned, look)


def _is_overridden(email: EmailMessage, reason: Refusal) -> bool:
    return reason in OVERRIDABLE and reason in email.overridden


@gate(*TO_THERAPISTS)
def therapist_has_not_objected(emails: Sequence[EmailMessage], look: Look) -> Found:
    for email in emails:
        if email.therapist is None or email.therapist.do_not_contact_since is not None:
            yield email.pk, Refusal.OBJECTED


@gate(*UNASKED)
def policy_allows_the_address(emails: Sequence[EmailMessage], look: Look) -> Found:
    for email in emails:
        if email.therapist is not None and not may_be_emailed(
            therapist=email.therapist, policy=look.parameters.email_policy
        ):
            yield email.pk, Refusal.EMAIL_POLICY


@gate(LetterKind.INQUIRY, LetterKind.REMINDER, LetterKind.ALTERNATIVES)
def therapist_works_and_is_reviewed(emails: Sequence[EmailMessage], look: Look) -> Found:
    for email in emails:
        therapist = email.therapist
        if therapist is not None and (
            therapist.status != TherapistStatus.ACTIVE or therapist.review_status != ReviewStatus.VERIFIED
        ):
            yield email.pk, Refusal.NOT_CONTACTABLE


@gate(LetterKind.INQUIRY, LetterKind.REMINDER)
def nobody_behind_the_mailbox_pauses(emails: Sequence[EmailMessage], look: Look) -> Found:
    groups = {email.therapist.contact_group_id for email in emails if email.therapist is not None}
    pauses = pauses_in_force(timezone.localdate(look.at)).filter(therapist__contact_group__in=groups)
    paused = set(pauses.values_list("therapist__contact_group_id", flat=True))
    for email in emails:
        if email.therapist is not None and email.therapist.contact_group_id in paused:
            yield email.pk, Refusal.CONTACT_PAUSE


@gate(*FIRST_CONTACT)
def interval_since_the_last_first_contact(emails: Sequence[EmailMessage], look: Look) -> Found:
    """Nobody behind the same mailbox or number was written to or called first within the interval.

    Of two messages on their way at the same moment the older one goes.
    """
    since = look.at - timedelta(days=look.parameters.contact_interval_days)
    groups = {email.therapist.contact_group_id for email in emails if email.therapist is not None}
    written = list(_first_letters(groups, since))
    called = set(_first_calls(groups, since))
    for email in emails:
        if email.therapist is None:
            continue
        group = email.therapist.contact_group_id
        others = [row for row in written if row["therapist__contact_group_id"] == group]
        if group in called or any(_comes_before(row, email) for row in others):
            yield email.pk, Refusal.CONTACT_INTERVAL


@gate(*TO_THERAPISTS, *TO_PATIENTS)
def somebody_reads_there(emails: Sequence[EmailMessage], look: Look) -> Found:
    marked = undeliverable(email.to_email for email in emails)
    for email in emails:
        if email.to_email.lower() in marked:
            yield email.pk, Refusal.BOUNCED


@gate(*TO_PATIENTS)
def patient_agreed_to_emails(emails: Sequence[EmailMessage], look: Look) -> Found:
    agreed = patients_with_consent(
        patient_ids=[email.patient_id for email in emails if email.patient_id],
        purpose=Purpose.EMAIL,
        on=timezone.localdate(look.at),
    )
    for email in emails:
        if email.patient_id not in agreed:
            yield email.pk, Refusal.NO_CONSENT


def undeliverable(addresses: Iterable[str]) -> set[str]:
    """Which of the addresses (in lower case) are marked: mail to them came back."""
    wanted = {address.lower() for address in addresses}
    marked = UndeliverableAddress.objects.filter(address__in=wanted, cleared_at__isnull=True)
    return set(marked.values_list("address", flat=True))


def _first_letters(groups: set[int], since: datetime) -> Iterable[Any]:
    """Went out, perhaps went out, or are on their way: with the contact group of their therapist."""
    out = Q(status__in=MAY_HAVE_ARRIVED, claimed_at__gt=since) | Q(status=EmailStatus.SENDING)
    letters = EmailMessage.objects.filter(out, kind__in=FIRST_CONTACT, therapist__contact_group__in=groups)
    return letters.values("id", "status", "therapist__contact_group_id")


def _first_calls(groups: set[int], since: datetime) -> Iterable[int]:
    calls = PhoneCall.objects.filter(
        status=CallStatus.DONE,
        purpose=CallPurpose.FIRST_CONTACT,
        done_at__gt=since,
        therapist__contact_group__in=groups,
    )
    return calls.exclude(outcome="not_reached").values_list("therapist__contact_group_id", flat=True)


def _comes_before(row: Any, email: EmailMessage) -> bool:
    if row["id"] == email.pk:
        return False
    return row["status"] != EmailStatus.SENDING or row["id"] < email.pk
