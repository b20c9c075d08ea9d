"""Letters to patients that tell how things stand: each once, however often and by whomever this is called.

The weekly status goes out by itself; the others are sent by a person who has read them first.
"""

from datetime import date, datetime
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.communication.enums import EmailStatus, LetterKind
from apps.communication.models import EmailMessage
from apps.communication.services import queue
from apps.communication.services.queue import Letter
from apps.core.errors import Refused
from apps.core.transitions import lock
from apps.matching import letters
from apps.matching.enums import EvidenceStatus, RequestStatus, SearchStatus
from apps.matching.models import PlacementRequest, PlacementSearch, RefusalEvidence
from apps.matching.selectors import patient_news as news
from apps.patients.models import Patient
from apps.therapists.selectors import phone_of

log = structlog.get_logger(__name__)

TUESDAY = 1
FIRST_HOUR, LAST_HOUR = 9, 18


def status_week(at: datetime) -> str | None:
    """The ISO week whose letters are due at that moment, e.g. "2026-W47"; else None.

    Monday from nine o'clock, by the clocks in Berlin. What could not run then is made up for until Tuesday
    evening; nobody is written to at night.
    """
    local = timezone.localtime(at)
    if local.weekday() > TUESDAY or not FIRST_HOUR <= local.hour <= LAST_HOUR:
        return None
    year, week, _weekday = local.isocalendar()
    return f"{year}-W{week:02d}"


def send_status_letters(*, at: datetime) -> int:
    """Queue this week's letters that are due and not there yet; returns how many."""
    week = status_week(at)
    if week is None:
        return 0
    due = news.due_for_status(today=timezone.localdate(at), week=week)
    return sum(_send_status(search, week, at) for search in due)


def _send_status(search: Any, week: str, at: datetime) -> bool:
    """One letter that cannot be written must not keep the others from theirs."""
    try:
        with transaction.atomic():
            if lock(search).status != SearchStatus.ACTIVE:
                return False
            figures = news.status_figures(search=search, today=timezone.localdate(at))
            letter = letters.status_letter(search=search, figures=figures)
            _enqueue(search.patient, letter, f"status:{search.pk}:{week}", actor=None, at=at)
    except Exception as error:
        log.error("status_letter_failed", search_id=search.pk, error=type(error).__name__, exc_info=error)
        return False
    return True


def welcome(*, patient: Patient, today: date) -> Letter:
    """The letter, to read or to send. Raises Refused where the patient must not be written to."""
    _require_consent(patient, today)
    return letters.welcome_letter(patient=patient)


def missing_documents(*, patient: Patient, today: date) -> Letter:
    """Raises Refused also where nothing is missing that a letter could ask for, or it has asked already."""
    _require_consent(patient, today)
    missing = news.missing_documents(patient=patient, today=today)
    if not missing:
        raise Refused(_("Nothing is missing that a letter could ask for."))
    if news.written(keys=news.missing_keys(patient, today)[1:]):
        raise Refused(_("The patient was asked for the missing documents less than a week ago."))
    return letters.missing_documents_letter(patient=patient, missing=missing)


def search_ended(*, search: PlacementSearch, today: date) -> Letter:
    """Raises Refused also where the search has not been cancelled."""
    if search.status != SearchStatus.CANCELLED:
        raise Refused(_("The search has not ended."))
    _require_consent(search.patient, today)
    return letters.search_ended_letter(patient=search.patient)


def place_call(*, request: PlacementRequest, today: date) -> Letter:
    """Raises Refused also until the therapist may know who calls, and where there is no number to call."""
    if request.status != RequestStatus.ACCEPTED or request.identity_released_at is None:
        raise Refused(_("Please release the identity first."))
    if not phone_of(request.therapist):
        raise Refused(_("No phone number of this practice is known."))
    _require_consent(request.search.patient, today)
    return letters.place_call_letter(request=request)


def evidence_ready(*, evidence: RefusalEvidence, today: date) -> Letter:
    """Raises Refused also for a draft and for a void document."""
    if evidence.status != EvidenceStatus.SIGNED:
        raise Refused(_("The evidence has not been signed off."))
    _require_consent(evidence.patient, today)
    return letters.evidence_letter(
        patient=evidence.patient, period_from=evidence.period_from, period_to=evidence.period_to
    )


@transaction.atomic
def send_welcome(*, patient: Patient, actor: Any, at: datetime) -> EmailMessage:
    letter = welcome(patient=lock(patient), today=timezone.localdate(at))
    return _send_by_hand(patient, letter, news.welcome_key(patient), actor=actor, at=at)


@transaction.atomic
def send_missing_documents(*, patient: Patient, actor: Any, at: datetime) -> EmailMessage:
    """At most once a week; the second click of a day returns the message of the first."""
    today = timezone.localdate(at)
    letter = missing_documents(patient=lock(patient), today=today)
    return _send_by_hand(patient, letter, news.missing_key(patient, today), actor=actor, at=at)


@transaction.atomic
def send_search_ended(*, search: PlacementSearch, actor: Any, at: datetime) -> EmailMessage:
    search = lock(search)
    letter = search_ended(search=search, today=timezone.localdate(at))
    return _send_by_hand(search.patient, letter, news.ended_key(search), actor=actor, at=at)


@transaction.atomic
def send_place_call(*, request: PlacementRequest, actor: Any, at: datetime) -> EmailMessage:
    request = lock(request)
    letter = place_call(request=request, today=timezone.localdate(at))
    patient = request.search.patient
    return _send_by_hand(patient, letter, news.place_call_key(request), actor=actor, at=at)


@transaction.atomic
def send_evidence_ready(*, evidence: RefusalEvidence, actor: Any, at: datetime) -> EmailMessage:
    """That it is ready; the document itself holds health data and is never attached."""
    evidence = lock(evidence)
    letter = evidence_ready(evidence=evidence, today=timezone.localdate(at))
    return _send_by_hand(evidence.patient, letter, news.evidence_key(evidence), actor=actor, at=at)


def take_back_place(*, patient: Patient, actor: Any, at: datetime, reason: str) -> None:
    """There is no place after all: cancel the good news as long as it waits in the queue."""
    kinds = [LetterKind.PATIENT_PLACE_FOUND, LetterKind.PATIENT_PLACE_CALL]
    waiting = patient.emails.filter(kind__in=kinds, status=EmailStatus.QUEUED)
    for email in waiting.select_for_update().order_by("id"):
        queue.cancel(email=email, actor=actor, at=at, reason=reason)


def free_key(key: str) -> None:
    """A letter that was cancelled while it waited does not stand in the way of another one."""
    EmailMessage.objects.filter(once_key=key, status=EmailStatus.CANCELLED).update(once_key=None)


def _send_by_hand(patient: Patient, letter: Letter, key: str, *, actor: Any, at: datetime) -> EmailMessage:
    free_key(key)
    return _enqueue(patient, letter, key, actor=actor, at=at)


def _enqueue(patient: Patient, letter: Letter, key: str, *, actor: Any, at: datetime) -> EmailMessage:
    return queue.enqueue(
        letter=letter,
        to_email=patient.email,
        to_name=patient.full_name,
        patient=patient,
        once_key=key,
        actor=actor,
        at=at,
    )


def _require_consent(patient: Patient, today: date) -> None:
    if not news.may_be_written_to(patient=patient, today=today):
        raise Refused(_("The patient has no e-mail address here or has not consented to e-mails."))
