"""Which patients hear from us this week, and what there is to tell."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import CharField, Count, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils import translation

from apps.communication.enums import EmailStatus
from apps.communication.models import EmailMessage
from apps.matching.enums import RequestStatus, SearchStatus
from apps.matching.models import PlacementRequest, PlacementSearch, RefusalEvidence
from apps.patients.enums import Purpose
from apps.patients.models import Consent, Patient
from apps.patients.selectors import has_consent, missing_prerequisites

FIRST_DAYS = 5  # of a search, in which there is nothing to tell yet
REST_DAYS = 7  # between two letters about missing documents
# Whatever the illness is about is settled on the phone, never named in a letter.
NOT_IN_LETTERS = frozenset({"diagnosis", "symptoms"})


@dataclass(frozen=True)
class StatusFigures:
    """Of one search: therapists asked (each once), answers awaited, declined, waiting lists offered."""

    asked: int
    waiting: int
    declined: int
    waitlisted: int
    since_days: int


def due_for_status(*, today: date, week: str) -> QuerySet[PlacementSearch]:
    """Active searches whose patients may be written to and have no letter of that week; one statement.

    With the figures of the letter: `asked`, `waiting`, `declined`, `waitlisted`.
    """
    written = EmailMessage.objects.filter(
        once_key=Concat(Value("status:"), Cast(OuterRef("pk"), CharField()), Value(f":{week}"))
    )
    agreed = Consent.objects.filter(
        Q(withdrawn_on__isnull=True) | Q(withdrawn_on__gt=today),
        patient=OuterRef("patient"),
        purpose=Purpose.EMAIL,
        given_on__lte=today,
    )
    searches = PlacementSearch.objects.filter(
        ~Exists(written),
        Exists(agreed),
        status=SearchStatus.ACTIVE,
        started_on__lte=today - timedelta(days=FIRST_DAYS),
    )
    return with_figures(searches.exclude(patient__email="")).select_related("patient").order_by("id")


def with_figures(searches: QuerySet[PlacementSearch]) -> QuerySet[PlacementSearch]:
    return searches.annotate(
        asked=Count("requests__therapist", distinct=True, filter=Q(requests__sent_at__isnull=False)),
        waiting=_count(RequestStatus.SENT),
        declined=_count(RequestStatus.REJECTED),
        waitlisted=_count(RequestStatus.WAITLISTED),
    )


def status_figures(*, search: Any, today: date) -> StatusFigures:
    """Of a search that came `with_figures`."""
    return StatusFigures(
        asked=search.asked,
        waiting=search.waiting,
        declined=search.declined,
        waitlisted=search.waitlisted,
        since_days=(today - search.started_on).days,
    )


def missing_documents(*, patient: Patient, today: date) -> list[str]:
    """What the patient can still send us, in German words for a letter."""
    with translation.override("de"):
        rows = missing_prerequisites(patient=patient, today=today)
        return [str(row.label) for row in rows if row.is_blocking and row.code not in NOT_IN_LETTERS]


def written(*, keys: Iterable[str]) -> EmailMessage | None:
    """The newest message under one of the once-keys, unless it was cancelled."""
    found = EmailMessage.objects.filter(once_key__in=list(keys)).exclude(status=EmailStatus.CANCELLED)
    return found.order_by("-id").first()


def welcome_key(patient: Patient) -> str:
    return f"welcome:{patient.pk}"


def missing_key(patient: Patient, day: date) -> str:
    return f"missing:{patient.pk}:{day.isoformat()}"


def missing_keys(patient: Patient, today: date) -> list[str]:
    """Under these the documents were asked for in the last week, today first."""
    return [missing_key(patient, today - timedelta(days=days)) for days in range(REST_DAYS)]


def ended_key(search: PlacementSearch) -> str:
    """A search that went on after a mis-click and ends another day is told of once more."""
    return f"ended:{search.pk}:{search.ended_on}"


def place_call_key(request: PlacementRequest) -> str:
    return f"place_call:{request.pk}"


def evidence_key(evidence: RefusalEvidence) -> str:
    return f"evidence:{evidence.pk}"


def may_be_written_to(*, patient: Patient, today: date) -> bool:
    """There is an address, and the patient agreed to e-mails."""
    return bool(patient.email) and has_consent(patient_id=patient.pk, purpose=Purpose.EMAIL, on=today)


def _count(status: RequestStatus) -> Count:
    return Count("requests", filter=Q(requests__status=status, requests__sent_at__isnull=False))
