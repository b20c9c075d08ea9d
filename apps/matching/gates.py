"""What matching knows against sending letters; asked by the sender itself."""

from collections.abc import Iterable, Sequence

from django.db.models import QuerySet
from django.utils import timezone

from apps.communication.enums import LetterKind, Refusal
from apps.communication.gates import Found, Look, gate
from apps.communication.models import EmailMessage
from apps.matching.enums import InquiryStatus, RequestStatus
from apps.matching.models import IdentityLink, InquiryContact, PlacementRequest
from apps.patients.enums import Purpose
from apps.patients.selectors import patients_with_consent

STATE_OF = {
    LetterKind.INQUIRY: (InquiryStatus.RELEASED, RequestStatus.RELEASED),
    LetterKind.REMINDER: (InquiryStatus.SENT, RequestStatus.SENT),
}


@gate(*STATE_OF)
def inquiry_is_released(emails: Sequence[EmailMessage], look: Look) -> Found:
    """The inquiry and every request the letter names are (still) in the state the letter speaks of."""
    contacts = _contacts(emails)
    named = _named(contacts.values())
    for email in emails:
        contact = contacts.get(email.pk)
        inquiry_state, request_state = STATE_OF[LetterKind(email.kind)]
        if contact is None or contact.inquiry.status != inquiry_state:
            yield email.pk, Refusal.NOT_RELEASED
        elif any(named[pk].status != request_state for pk in contact.request_ids if pk in named):
            yield email.pk, Refusal.OUTDATED


@gate(*STATE_OF)
def patients_agreed(emails: Sequence[EmailMessage], look: Look) -> Found:
    contacts = _contacts(emails)
    named = _named(contacts.values())
    today = timezone.localdate(look.at)
    patients = {request.search.patient_id for request in named.values()}
    pseudonymous = patients_with_consent(patient_ids=patients, purpose=Purpose.PSEUDONYMOUS, on=today)
    health = patients_with_consent(patient_ids=patients, purpose=Purpose.HEALTH_DATA, on=today)
    for email_id, contact in contacts.items():
        of_letter = {named[pk].search.patient_id for pk in contact.request_ids if pk in named}
        if of_letter - pseudonymous:
            yield email_id, Refusal.NO_CONSENT_PSEUDONYMOUS
        elif of_letter - health:
            yield email_id, Refusal.NO_CONSENT_HEALTH


@gate(LetterKind.IDENTITY)
def identity_is_released(emails: Sequence[EmailMessage], look: Look) -> Found:
    """The patient agrees, a person released it to this very therapist, and the link still opens."""
    today = timezone.localdate(look.at)
    links = {link.email_id: link for link in _identity_links(emails)}
    patients = [link.request.search.patient_id for link in links.values()]
    agreed = patients_with_consent(patient_ids=patients, purpose=Purpose.IDENTITY, on=today)
    for email in emails:
        link = links.get(email.pk)
        if link is None or link.revoked_at is not None or link.expires_at <= look.at:
            yield email.pk, Refusal.LINK
        elif not _is_released(link, email, agreed):
            yield email.pk, Refusal.IDENTITY


def _is_released(link: IdentityLink, email: EmailMessage, agreed: set[int]) -> bool:
    request = link.request
    return (
        request.status in (RequestStatus.ACCEPTED, RequestStatus.CONFIRMED)
        and request.identity_released_at is not None
        and request.therapist_id == email.therapist_id
        and request.search.patient_id in agreed
    )


def _contacts(emails: Sequence[EmailMessage]) -> dict[int, InquiryContact]:
    """The inquiry of each letter, by the letter's id."""
    rows = InquiryContact.objects.filter(email__in=[email.pk for email in emails]).select_related("inquiry")
    return {row.email_id: row for row in rows if row.email_id is not None}


def _named(contacts: Iterable[InquiryContact]) -> dict[int, PlacementRequest]:
    ids = [pk for contact in contacts for pk in contact.request_ids]
    rows = PlacementRequest.objects.filter(pk__in=ids).select_related("search")
    return {row.pk: row for row in rows.only("status", "search__patient_id")}


def _identity_links(emails: Sequence[EmailMessage]) -> QuerySet[IdentityLink]:
    links = IdentityLink.objects.filter(email__in=[email.pk for email in emails])
    return links.select_related("request__search")
