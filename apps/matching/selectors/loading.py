"""Which searches may be planned for, and the operating parameters in the engine's form."""

from datetime import date

from django.db.models import OuterRef, QuerySet, Subquery

from apps.core.parameters import Parameters
from apps.matching.engine import records
from apps.matching.enums import SearchStatus
from apps.matching.models import PlacementSearch
from apps.matching.selectors.acceptance import current_model
from apps.patients.enums import Purpose
from apps.patients.models import Consent


def engine_parameters(parameters: Parameters) -> records.Parameters:
    """The operating parameters in the engine's form, with the acceptance model in force: one query."""
    return records.Parameters(
        contact_interval_days=parameters.contact_interval_days,
        default_max_distance_km=float(parameters.default_max_distance_km),
        least_common_minutes=parameters.least_common_minutes,
        max_requests_per_inquiry=parameters.max_requests_per_inquiry,
        min_requests_per_inquiry=parameters.min_requests_per_inquiry,
        open_requests_per_search=parameters.open_requests_per_search,
        weight_acceptance=parameters.weight_acceptance,
        weight_distance=parameters.weight_distance,
        weight_hours=parameters.weight_hours,
        weight_email=parameters.weight_email,
        smoothing_strength=parameters.acceptance_smoothing,
        acceptance=current_model(),
    )


def plannable(*, today: date) -> QuerySet[PlacementSearch]:
    """Active searches, not in a planned pause, whose patients consented to both uses of their data."""
    consents = Consent.objects.filter(
        withdrawn_on__isnull=True, given_on__lte=today, patient_id=OuterRef("patient_id")
    )
    return (
        PlacementSearch.objects.filter(status=SearchStatus.ACTIVE)
        .exclude(paused_from__lte=today, paused_until__isnull=True)
        .exclude(paused_from__lte=today, paused_until__gte=today)
        .filter(
            patient_id__in=Subquery(consents.filter(purpose=Purpose.HEALTH_DATA).values("patient_id")),
        )
        .filter(
            patient_id__in=Subquery(consents.filter(purpose=Purpose.PSEUDONYMOUS).values("patient_id")),
        )
    )
