"""Reading documents of refusal evidence, and how far a search has come towards one."""

from datetime import date

from django.db.models import QuerySet

from apps.matching.evidence.rows import rows
from apps.matching.evidence.summary import Summary, rule_for, summarise
from apps.matching.models import PlacementSearch, RefusalEvidence
from apps.patients.models import Patient


def documents_of(patient: Patient) -> QuerySet[RefusalEvidence]:
    """Newest first; what is encrypted stays where it is."""
    documents = patient.evidences.select_related("created_by", "signed_by")
    return documents.defer("content", "tss_result", "insurer_answer").order_by("-pk")


def so_far(*, search: PlacementSearch, today: date) -> Summary:
    """The count from the beginning of the search until today (or its end)."""
    rule = rule_for(search.patient.insurer)
    found = rows(
        patient=search.patient,
        first=search.started_on,
        last=search.ended_on or today,
        longest_wait_weeks=rule.longest_wait_weeks,
    )
    return summarise(found, least=rule.least_attempts)


def newest_search(patient: Patient) -> PlacementSearch | None:
    return patient.searches.order_by("-pk").first()
