"""What matching tells of a person: searches, requests and answers, trial sessions, identity, evidence.

On a therapist's page patients appear by their case code only.
"""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.core.templatetags.ui import tone
from apps.core.timeline import PATIENT, THERAPIST, Entry, tells_of
from apps.matching.enums import EvidenceStatus, InquiryStatus, RequestStatus, SearchStatus
from apps.matching.models import (
    EvidenceHistory,
    IdentityLink,
    InquiryHistory,
    PlacementRequest,
    RequestHistory,
    SearchHistory,
    TherapistExclusion,
    TrialSession,
)
from apps.matching.timeline import entry_of
from apps.patients.models import SECRET_FIELDS

R = RequestStatus
ANSWERS = (R.ACCEPTED, R.WAITLISTED, R.REJECTED, R.CONFLICT)
AFTERWARDS = (R.CONFIRMED, R.NOT_FITTING)
ASKED = (R.SENT, R.EXPIRED, R.WITHDRAWN)
NEWEST = ("-at", "-id")


@tells_of(PATIENT)
def of_patient(pk: int) -> list[Entry]:
    searches = SearchHistory.objects.filter(subject__patient=pk).select_related("actor").order_by(*NEWEST)
    requests = _requests(Q(subject__search__patient=pk), *ANSWERS, *AFTERWARDS, *ASKED)
    return [
        *(_search(row) for row in searches),
        *(_request(row, row.subject.therapist.full_name) for row in requests),
        *_of_requests("search__patient", pk, lambda request: request.therapist.full_name),
        *_exclusions(pk),
        *_evidence(pk),
    ]


@tells_of(THERAPIST)
def of_therapist(pk: int) -> list[Entry]:
    """Asked and withdrawn is told once per inquiry, answers per request."""
    inquiries = InquiryHistory.objects.filter(subject__therapist=pk).exclude(new=InquiryStatus.DRAFT)
    requests = _requests(Q(subject__therapist=pk), *ANSWERS, *AFTERWARDS)
    return [
        *(_inquiry(row) for row in inquiries.select_related("actor", "subject").order_by(*NEWEST)),
        *(_request(row, row.subject.search.patient.case_code) for row in requests),
        *_of_requests("therapist", pk, lambda request: request.search.patient.case_code),
    ]


def _search(row: SearchHistory) -> Entry:
    entry = entry_of(row, SearchStatus, "searches", about=_("Search for a place"))
    return {**entry, "url": reverse("matching:search", args=[row.subject_id])}  # type: ignore[attr-defined]


def _inquiry(row: Any) -> Entry:
    entry = entry_of(row, InquiryStatus, "inquiries", about=row.subject.reference)
    return {**entry, "url": row.subject.get_absolute_url()}


def _requests(about: Q, *states: str) -> QuerySet[RequestHistory]:
    """Only the columns that are shown: clinical ones stay in the database."""
    people = ("subject__therapist", "subject__search__patient")
    answer = ("answered_at", "answer_source", "rejection_reason", "waitlist_until", "inquiry_id")
    names = ("title", "first_name", "last_name")
    rows = RequestHistory.objects.filter(about, new__in=states).select_related("actor", *people)
    return rows.only(
        *("old", "new", "at", "reason", "actor", "subject__search__patient__case_code"),
        *(f"subject__{name}" for name in answer),
        *(f"subject__therapist__{name}" for name in names),
    ).order_by(*NEWEST)


def _request(row: Any, about: str) -> Entry:
    request = row.subject
    entry = entry_of(row, RequestStatus, "inquiries", about=about)
    url = reverse("matching:inquiry", args=[request.inquiry_id]) + f"#request-{request.pk}"
    if row.new not in ANSWERS:
        return {**entry, "url": url}
    said = _said(request) if row.at == request.answered_at else ""  # a later answer has other words
    reason = " · ".join(text for text in (said, row.reason) if text)
    return {**entry, "url": url, "kind": "answer", "icon": "check", "reason": reason}


def _said(request: PlacementRequest) -> str:
    parts = [request.get_answer_source_display(), request.get_rejection_reason_display()]
    if request.waitlist_until:
        parts.append(_("until %(day)s") % {"day": date_format(request.waitlist_until, "SHORT_DATE_FORMAT")})
    return " · ".join(str(part) for part in parts if part)


def _of_requests(path: str, pk: int, name: Any) -> Iterator[Entry]:
    """Trial sessions and the identity, of all requests of a person. `name` says who the other one is."""
    people = ("therapist", "search__patient")
    sessions = TrialSession.objects.filter(**{f"request__{path}": pk})
    released = PlacementRequest.objects.filter(identity_released_at__isnull=False, **{path: pk})
    links = IdentityLink.objects.filter(**{f"request__{path}": pk}).select_related("created_by")
    through = [f"request__{part}" for part in people]
    for session in sessions.select_related(*through).defer(*_secrets("request__")):
        yield _session(session, name(session.request))
    for request in released.select_related(*people).defer(*_secrets("")):
        yield _identity(request.identity_released_at, _("identity released"), name(request))
    for link in links.select_related(*through).defer(*_secrets("request__")):
        yield from _link(link, name(link.request))


def _secrets(before: str) -> list[str]:
    return [f"{before}answer_note", *(f"{before}search__patient__{name}" for name in SECRET_FIELDS)]


def _session(session: TrialSession, about: str) -> Entry:
    words = {"about": about, "outcome": session.get_outcome_display()}
    return {
        "at": session.planned_at,
        "icon": "calendar",
        "text": _("%(about)s: trial session, %(outcome)s") % words,
        "tone": tone(session.outcome),
        "is_from_outside": True,
    }


def _identity(at: Any, what: str, about: str, **more: Any) -> Entry:
    return {"at": at, "icon": "key", "text": f"{about}: {what}", "is_from_outside": True, **more}


def _link(link: IdentityLink, about: str) -> Iterator[Entry]:
    who = link.created_by.display_name if link.created_by else ""
    yield _identity(link.created_at, _("link to the identity sent"), about, actor=who)
    if link.opened_at:
        yield _identity(link.opened_at, _("identity looked at"), about, tone="success")
    if link.revoked_at:
        yield _identity(link.revoked_at, _("link to the identity revoked"), about, tone="warning")


def _exclusions(pk: int) -> Iterator[Entry]:
    for row in TherapistExclusion.objects.filter(patient=pk).select_related("therapist").order_by("-id"):
        yield {
            "at": row.created_at,
            "icon": "x",
            "text": _("%(name)s excluded") % {"name": row.therapist.full_name},
            "reason": ": ".join(str(text) for text in (row.get_source_display(), row.reason) if text),
            "is_from_outside": True,
        }


def _evidence(pk: int) -> Iterator[Entry]:
    made = (EvidenceStatus.SIGNED, EvidenceStatus.VOID)
    rows = EvidenceHistory.objects.filter(subject__patient=pk, new__in=made).select_related("actor")
    for row in rows.order_by(*NEWEST):
        url = reverse("matching:evidence", args=[row.subject_id])  # type: ignore[attr-defined]
        yield {**entry_of(row, EvidenceStatus, "check", about=_("Refusal evidence")), "url": url}
