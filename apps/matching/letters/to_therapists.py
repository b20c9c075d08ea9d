"""The letters to therapists. None of them names a patient: identities go over the one-time link."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.communication.enums import LetterKind
from apps.communication.letters import LetterType, Privacy, RealData, Values, Variable, register
from apps.matching.enums import RequestStatus, SearchStatus
from apps.matching.letters.cases import case_values
from apps.matching.models import Inquiry, PlacementRequest
from apps.matching.reply_links import reply_url
from apps.therapists.models import Therapist
from apps.therapists.selectors import salutation_line

PLACE_FOUND = (SearchStatus.TRIAL, SearchStatus.PLACED)
HIDDEN_LINK = settings.SITE_URL + "/reply/…"  # in previews: who has the real one answers for the therapist
OUR_REFERENCE = re.compile(r"\bA-[A-Z0-9]{6}\b")
SAMPLE_CASES = [
    {
        "code": "K7M-4QX",
        "lines": [
            ["Alter", "36 Jahre"],
            ["Wohngegend", "PLZ-Region 04"],
            ["Anliegen", "gedrückte Stimmung, Schlafstörungen"],
            ["Versicherung", "gesetzlich"],
            ["Verfahren", "VT, TP"],
            ["Setting", "Einzeltherapie"],
            ["Zeiten", "Mo 08:00–13:00; Do 16:00–19:00"],
        ],
    },
    {
        "code": "P9R-3TW",
        "lines": [["Alter", "52 Jahre"], ["Verfahren", "offen"], ["Setting", "Gruppentherapie"]],
    },
    {"code": "X4C-6HN", "lines": [["Alter", "19 Jahre"], ["Verfahren", "ST"], ["Setting", "Einzeltherapie"]]},
]

GREETING = Variable("greeting", _("Greeting of the therapist, without comma"), "Sehr geehrte Frau Dr. Linde")
REFERENCE = Variable(
    "reference", _("Reference of the inquiry"), "A-K7M4QX", privacy=Privacy.PUBLIC, is_required=True
)
REPLY_URL = Variable(
    "reply_url", _("Address of the reply page"), f"{settings.SITE_URL}/reply/beispiel/", is_required=True
)
CASES = Variable(
    "cases", _("The cases, each with code and lines (label, text)"), SAMPLE_CASES, is_required=True
)
INQUIRY_REFERENCE = _("Reference of an inquiry")


class CasesLetter(LetterType):
    """A letter about cases; a preview with real data goes by the inquiry's reference."""

    button = "Jetzt antworten"
    real_label = INQUIRY_REFERENCE

    @classmethod
    def of(cls, inquiry: Inquiry, requests: Sequence[PlacementRequest], today: date) -> dict[str, Any]:
        cases = [case_values(request=request, today=today) for request in requests]
        return {**_of(inquiry), "cases": cases}

    @classmethod
    def values(cls, *, inquiry: Inquiry, requests: Sequence[PlacementRequest], today: date) -> Values:
        raise NotImplementedError

    @classmethod
    def real(cls, about: str, *, today: date) -> RealData | None:
        found = inquiry_named(about)
        if found is None:
            return None
        requests = shown_requests(found)
        return hidden(cls.values(inquiry=found, requests=requests, today=today), requests)


@register
class InquiryLetter(CasesLetter):
    kind = LetterKind.INQUIRY
    purpose = _("First contact to a therapist, when an inquiry is released. Pseudonymous.")
    variables = (
        GREETING,
        REFERENCE,
        REPLY_URL,
        CASES,
        Variable(
            "is_sprechstunde_held", _("Yes if everybody has had the Sprechstunde"), True, is_optional=True
        ),
    )

    @classmethod
    def values(cls, *, inquiry: Inquiry, requests: Sequence[PlacementRequest], today: date) -> Values:
        return {
            **cls.of(inquiry, requests, today),
            "is_sprechstunde_held": all(
                request.search.patient.sprechstunde_on is not None for request in requests
            ),
        }


@register
class ReminderLetter(CasesLetter):
    kind = LetterKind.REMINDER
    purpose = _("Follow-up by e-mail where nobody can be called. Pseudonymous.")
    variables = (
        GREETING,
        REFERENCE,
        REPLY_URL,
        CASES,
        Variable(
            "asked_on",
            _("Day of the inquiry"),
            date(2026, 11, 16),
            privacy=Privacy.PUBLIC,
            is_optional=True,
        ),
    )

    @classmethod
    def values(cls, *, inquiry: Inquiry, requests: Sequence[PlacementRequest], today: date) -> Values:
        return {
            **cls.of(inquiry, requests, today),
            "asked_on": timezone.localdate(inquiry.sent_at) if inquiry.sent_at else "",
        }


@register
class WithdrawalLetter(LetterType):
    kind = LetterKind.WITHDRAWAL
    purpose = _("Thanks to a therapist who was asked, when a place was found elsewhere or none is sought.")
    button = "Zu den offenen Fällen"
    real_label = INQUIRY_REFERENCE
    variables = (
        GREETING,
        REFERENCE,
        Variable(
            "reply_url",
            _("Address of the reply page, for the open cases"),
            f"{settings.SITE_URL}/reply/beispiel/",
        ),
        Variable(
            "case_codes", _("Codes of the cases that are settled"), ["K7M-4QX", "P9R-3TW"], is_required=True
        ),
        Variable("is_place_found", _("Yes if a place was found for all of them"), True, is_optional=True),
        Variable(
            "open_count",
            _("Number of cases of the inquiry that stay open"),
            2,
            privacy=Privacy.PUBLIC,
            one=1,
            is_optional=True,
        ),
    )

    @classmethod
    def values(cls, *, inquiry: Inquiry, requests: Sequence[PlacementRequest]) -> Values:
        return {
            **_of(inquiry),
            "case_codes": [request.search.patient.case_code for request in requests],
            "is_place_found": all(request.search.status in PLACE_FOUND for request in requests),
            "open_count": inquiry.requests.filter(status=RequestStatus.SENT).count(),
        }

    @classmethod
    def real(cls, about: str, *, today: date) -> RealData | None:
        found = inquiry_named(about)
        if found is None:
            return None
        shown = shown_requests(found)
        settled = [row for row in shown if row.status == RequestStatus.WITHDRAWN] or shown
        return hidden(cls.values(inquiry=found, requests=settled), settled)


@register
class AlternativesLetter(LetterType):
    kind = LetterKind.ALTERNATIVES
    purpose = _("To a therapist whose yes came second or whose case is settled: other patients are waiting.")
    real_label = INQUIRY_REFERENCE
    variables = (
        GREETING,
        REFERENCE,
        Variable(
            "count",
            _("Number of other patients who fit"),
            3,
            privacy=Privacy.PUBLIC,
            one=1,
            is_optional=True,
        ),
    )

    @classmethod
    def values(cls, *, inquiry: Inquiry, count: int) -> Values:
        return {
            "greeting": salutation_line(inquiry.therapist),
            "reference": inquiry.reference,
            "count": count,
        }

    @classmethod
    def real(cls, about: str, *, today: date) -> RealData | None:
        found = inquiry_named(about)
        return None if found is None else RealData(cls.values(inquiry=found, count=3))


@register
class IdentityLetter(LetterType):
    kind = LetterKind.IDENTITY
    purpose = _("To a therapist who said yes: the one-time link to name and phone. Names nobody itself.")
    button = "Kontaktdaten einmalig anzeigen"
    real_label = INQUIRY_REFERENCE
    variables = (
        GREETING,
        REFERENCE,
        Variable("case_code", _("Code of the case"), "K7M-4QX", is_required=True),
        Variable("url", _("The one-time link"), f"{settings.SITE_URL}/identity/beispiel/", is_required=True),
        Variable("valid_until", _("Last day of the link"), date(2026, 11, 30), privacy=Privacy.PUBLIC),
    )

    @classmethod
    def values(cls, *, request: PlacementRequest, url: str, valid_until: date | datetime) -> Values:
        if isinstance(valid_until, datetime):
            valid_until = timezone.localdate(valid_until)
        return {
            "greeting": salutation_line(request.therapist),
            "reference": request.inquiry.reference,
            "case_code": request.search.patient.case_code,
            "url": url,
            "valid_until": valid_until,
        }

    @classmethod
    def real(cls, about: str, *, today: date) -> RealData | None:
        found = inquiry_named(about)
        requests = shown_requests(found) if found else []
        if not requests:
            return None
        values = cls.values(request=requests[0], url=f"{settings.SITE_URL}/identity/…", valid_until=today)
        return RealData(values, [requests[0].search.patient_id])


@register
class AnswerLetter(LetterType):
    """The reference alone is taken from the subject that came in: the rest of it may say anything."""

    kind = LetterKind.ANSWER
    purpose = _("A coordinator's answer to a message of a therapist.")
    variables = (
        GREETING,
        Variable(
            "reference",
            _("Reference of the inquiry, if the message had one"),
            "A-K7M4QX",
            privacy=Privacy.PUBLIC,
            is_optional=True,
        ),
        Variable(
            "text", _("What the coordinator wrote"), "vielen Dank für Ihre Nachfrage.", is_required=True
        ),
    )

    @classmethod
    def values(cls, *, therapist: Therapist, text: str, subject: str) -> Values:
        reference = OUR_REFERENCE.search(subject)
        return {
            "greeting": salutation_line(therapist),
            "reference": reference[0] if reference else "",
            "text": text.strip(),
        }


def _of(inquiry: Inquiry) -> dict[str, Any]:
    return {
        "greeting": salutation_line(inquiry.therapist),
        "reference": inquiry.reference,
        "reply_url": reply_url(inquiry),
    }


# Real cases for previews


def inquiry_named(reference: str) -> Inquiry | None:
    return Inquiry.objects.select_related("therapist").filter(reference__iexact=reference.strip()).first()


def shown_requests(inquiry: Inquiry) -> list[PlacementRequest]:
    rows = inquiry.requests.exclude(status=RequestStatus.DROPPED).order_by("pk")
    joined = rows.select_related("search__patient", "therapist", "inquiry")
    return list(joined.prefetch_related("search__patient__availability"))


def hidden(values: Values, requests: Iterable[PlacementRequest]) -> RealData:
    """Without the link by which one answers in the therapist's name."""
    ids = [request.search.patient_id for request in requests]
    return RealData({**values, "reply_url": HIDDEN_LINK}, ids)
