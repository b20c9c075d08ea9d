"""Which inquiry an incoming message is about; asked by communication, which does not know inquiries."""

import re

from django.db.models import QuerySet

from apps.communication.inbound.matters import Cue, Matter, register_reference_resolver
from apps.communication.models import EmailMessage
from apps.matching.enums import InquiryStatus, RequestStatus
from apps.matching.models import Inquiry, PlacementRequest
from apps.patients.models import CASE_CODE_LETTERS

R = RequestStatus
# What a therapist may still say something to. A case that is over is not suggested, a person may choose it.
SUGGESTED = (R.RELEASED, R.SENT, R.EXPIRED, R.WAITLISTED)
REFERENCE = re.compile(rf"(?<![\w-])A\s?[-–]\s?([{CASE_CODE_LETTERS}]{{6}})(?![\w-])", re.IGNORECASE)
CASE_CODE = re.compile(rf"(?<![\w-])([{CASE_CODE_LETTERS}]{{3}})[-–]([{CASE_CODE_LETTERS}]{{3}})(?![\w-])")
MOST_MARKS = 20
NOT_OUT = (InquiryStatus.DRAFT, InquiryStatus.CANCELLED)


@register_reference_resolver
def matter_of(cue: Cue) -> Matter | None:
    """By the letter it answers, else by a reference, else by a case code a known sender was asked about."""
    inquiry = _of_letter(cue.email) or _by_reference(cue.words) or _by_case_code(cue)
    return matter(inquiry) if inquiry is not None else None


def matter(inquiry: Inquiry) -> Matter:
    cases = inquiry.requests.filter(status__in=SUGGESTED).select_related("search__patient")
    codes = cases.values_list("search__patient__case_code", "pk")
    return Matter(
        reference=inquiry.reference,
        therapist_id=inquiry.therapist_id,
        email=last_letter(inquiry),
        cases=dict(codes),
    )


def last_letter(inquiry: Inquiry) -> EmailMessage | None:
    """The newest letter of an inquiry, without its text."""
    letters = EmailMessage.objects.filter(inquiry_contact__inquiry=inquiry)
    return letters.defer("text", "html").order_by("-id").first()


def inquiry_named(text: str) -> Inquiry | None:
    """By its reference, as people type it."""
    found = REFERENCE.search(text) or REFERENCE.search(f"A-{text.strip()}")
    return _out().filter(reference=f"A-{found[1].upper()}").first() if found else None


def _of_letter(email: EmailMessage | None) -> Inquiry | None:
    return _out().filter(contacts__email=email).first() if email is not None else None


def _by_reference(words: str) -> Inquiry | None:
    """The first reference in subject and text that exists; whose it is is looked at by who asks."""
    marks = [f"A-{found.upper()}" for found in REFERENCE.findall(words)[:MOST_MARKS]]
    known = {inquiry.reference: inquiry for inquiry in _out().filter(reference__in=marks)} if marks else {}
    return next((known[mark] for mark in marks if mark in known), None)


def _by_case_code(cue: Cue) -> Inquiry | None:
    """A case code alone opens nothing: the sender must have been asked about it, the last time counts."""
    codes = {f"{first}-{second}" for first, second in CASE_CODE.findall(cue.words)[:MOST_MARKS]}
    if not codes or not cue.therapist_ids:
        return None
    asked = PlacementRequest.objects.filter(
        search__patient__case_code__in=codes, therapist__in=cue.therapist_ids
    )
    newest = asked.exclude(inquiry__status__in=NOT_OUT).order_by("-inquiry_id").first()
    return newest.inquiry if newest is not None else None


def _out() -> QuerySet[Inquiry]:
    return Inquiry.objects.exclude(status__in=NOT_OUT)
