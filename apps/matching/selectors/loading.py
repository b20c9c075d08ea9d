"""From rows to the engine's records: a handful of queries, no ORM object per row."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.utils import timezone

from apps.core.parameters import Parameters
from apps.matching.engine import hours, records
from apps.matching.enums import OPEN_INQUIRIES, OPEN_REQUESTS, YES_REQUESTS, RequestStatus, SearchStatus
from apps.matching.models import Inquiry, PlacementRequest, PlacementSearch, TherapistExclusion
from apps.patients.enums import Purpose
from apps.patients.models import Availability, Consent, Patient
from apps.therapists.enums import HoursKind, ReviewStatus, Seat, TherapistStatus
from apps.therapists.models import Approval, ContactPause, Therapist, WeeklyHours, Workplace

# what counts as having been asked: an answer of any kind, or silence until the expiry
ASKED = [*YES_REQUESTS, RequestStatus.WAITLISTED, RequestStatus.REJECTED, RequestStatus.EXPIRED]

THERAPIST_FIELDS = (
    "id",
    "gender",
    "status",
    "review_status",
    "do_not_contact_since",
    "contact_group_id",
    "seat",
    "is_licensed",
    "languages",
    "is_working_hours_known",
    "wished_diagnoses",
    "wished_age_from",
    "wished_age_to",
    "wished_gender",
    "prefers_group",
    "free_individual_from",
    "free_group_from",
    "is_possibly_free",
    "knows_agency",
    "email_permission_since",
)


def engine_parameters(parameters: Parameters) -> records.Parameters:
    """The operating parameters in the engine's form."""
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
    )


def therapist_records(
    *,
    today: date,
    email_policy: str,
    ids: Collection[int] | None = None,
    ignore_inquiries: Collection[int] = (),
) -> list[records.TherapistRecord]:
    """All therapists, or those of `ids` (name everybody of a contact group together), ordered by id.

    `ignore_inquiries`: inquiries that do not count as open, when their own requests are looked at again.
    """
    therapists = Therapist.objects.order_by("id")
    if ids is not None:
        therapists = therapists.filter(id__in=ids)
    rows = list(_with_place_and_contact(therapists))
    approvals = _grouped(Approval, ids, "method", "age_group", "setting")
    working = _grouped(
        WeeklyHours, ids, "weekday", "start_minute", "end_minute", condition=Q(kind=HoursKind.WORKING)
    )
    paused = _paused_until(today)
    asked = _answer_history()
    open_inquiries = set(
        Inquiry.objects.filter(status__in=OPEN_INQUIRIES)
        .exclude(pk__in=ignore_inquiries)
        .values_list("therapist_id", flat=True)
    )
    return [
        _therapist(
            row,
            approvals=approvals.get(row["id"], []),
            working=working.get(row["id"], []),
            paused_until=paused.get(row["id"]),
            asked=asked.get(row["id"], (0, 0)),
            has_open_inquiry=row["id"] in open_inquiries,
            email_policy=email_policy,
        )
        for row in rows
    ]


def search_records(
    *, today: date, searches: QuerySet[PlacementSearch] | None = None
) -> list[records.SearchRecord]:
    """The searches a round may plan for (`plannable`), or any others, longest waiting first."""
    if searches is None:
        searches = plannable(today=today)
    rows = list(searches.select_related("patient").order_by("started_on", "id"))
    patient_ids = [row.patient_id for row in rows]
    availability = _grouped(
        Availability, patient_ids, "weekday", "start_minute", "end_minute", owner="patient_id"
    )
    excluded = _grouped(TherapistExclusion, patient_ids, "therapist_id", owner="patient_id")
    locked = _locked_pairs(today, patient_ids)
    open_requests = dict(
        PlacementRequest.objects.filter(search__in=[row.pk for row in rows], status__in=OPEN_REQUESTS)
        .values_list("search_id")
        .annotate(count=Count("id"))
    )
    return [
        _search(
            row,
            availability=availability.get(row.patient_id, []),
            excluded=frozenset(item[0] for item in excluded.get(row.patient_id, [])),
            locked=locked.get(row.patient_id, frozenset()),
            open_requests=open_requests.get(row.pk, 0),
        )
        for row in rows
    ]


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


def _with_place_and_contact(therapists: QuerySet[Therapist]) -> Any:
    main = Workplace.objects.filter(therapist_id=OuterRef("id"), is_main=True)
    last_asked = (
        Inquiry.objects.filter(therapist_id=OuterRef("id"))
        .order_by()
        .values("therapist_id")
        .annotate(last=Max("last_contact_at"))
        .values("last")
    )
    return therapists.annotate(
        place_latitude=Subquery(main.values("practice__latitude")[:1]),
        place_longitude=Subquery(main.values("practice__longitude")[:1]),
        place_plz=Subquery(main.values("practice__plz")[:1]),
        place_email=Subquery(main.values("practice__email")[:1]),
        last_contact=Greatest(F("last_email_at"), F("last_call_at"), F("last_talk_at"), Subquery(last_asked)),
    ).values(
        *THERAPIST_FIELDS,
        "place_latitude",
        "place_longitude",
        "place_plz",
        "place_email",
        "last_contact",
    )


def _therapist(
    row: dict[str, Any],
    *,
    approvals: list[tuple[Any, ...]],
    working: list[tuple[Any, ...]],
    paused_until: date | None,
    asked: tuple[int, int],
    has_open_inquiry: bool,
    email_policy: str,
) -> records.TherapistRecord:
    is_mail_allowed = email_policy == "published" or row["email_permission_since"] is not None
    return records.TherapistRecord(
        id=row["id"],
        latitude=row["place_latitude"],
        longitude=row["place_longitude"],
        gender=row["gender"],
        is_active=row["status"] != TherapistStatus.INACTIVE,
        is_blocked=row["status"] == TherapistStatus.BLOCKED,
        is_verified=row["review_status"] == ReviewStatus.VERIFIED,
        do_not_contact=row["do_not_contact_since"] is not None,
        contact_group=row["contact_group_id"],
        paused_until=paused_until,
        last_contact_on=_local_day(row["last_contact"]),
        has_open_inquiry=has_open_inquiry,
        has_seat=row["seat"] != Seat.NONE,
        is_licensed=row["is_licensed"],
        approvals=frozenset(approvals),
        languages=frozenset(row["languages"]) or None,
        working_hours=_schedule(working) if row["is_working_hours_known"] else None,
        wished_diagnoses=tuple(row["wished_diagnoses"]),
        wished_age_from=row["wished_age_from"],
        wished_age_to=row["wished_age_to"],
        wished_gender=row["wished_gender"],
        prefers_group=row["prefers_group"],
        free_individual_from=row["free_individual_from"],
        free_group_from=row["free_group_from"],
        possibly_has_places=row["is_possibly_free"],
        knows_agency=row["knows_agency"],
        has_email=bool(row["place_email"]) and is_mail_allowed,
        region=(row["place_plz"] or "")[:2],
        asked_count=asked[0],
        accepted_count=asked[1],
    )


def _search(
    row: PlacementSearch,
    *,
    availability: list[tuple[Any, ...]],
    excluded: frozenset[int],
    locked: frozenset[int],
    open_requests: int,
) -> records.SearchRecord:
    patient: Patient = row.patient
    return records.SearchRecord(
        id=row.pk,
        patient_id=patient.pk,
        latitude=patient.latitude,
        longitude=patient.longitude,
        birth_date=patient.birth_date,
        gender=patient.gender,
        insurance=patient.insurance_kind,
        is_kostenerstattung=row.is_kostenerstattung,
        diagnosis=patient.diagnosis or None,
        wished_gender=patient.wished_gender,
        wished_methods=frozenset(patient.wished_methods),
        group_wish=patient.group_wish,
        languages=frozenset(patient.languages),
        availability=_schedule(availability) if patient.is_availability_known else None,
        travel_mode=patient.travel_mode,
        max_distance_km=float(patient.max_distance_km) if patient.max_distance_km else None,
        max_travel_minutes=patient.max_travel_minutes,
        excluded_therapists=excluded,
        locked_therapists=locked,
        started_on=row.started_on,
        open_requests=open_requests,
    )


def _schedule(rows: Iterable[tuple[Any, ...]]) -> tuple[hours.Interval, ...]:
    return tuple(hours.Interval(*row) for row in rows)


def _grouped(
    model: Any,
    ids: Collection[int] | None,
    *fields: str,
    owner: str = "therapist_id",
    condition: Q | None = None,
) -> dict[int, list[tuple[Any, ...]]]:
    rows = model.objects.filter(condition or Q()).order_by()
    if ids is not None:
        rows = rows.filter(**{f"{owner}__in": ids})
    grouped: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for owner_id, *values in rows.values_list(owner, *fields):
        grouped[owner_id].append(tuple(values))
    return grouped


def _paused_until(today: date) -> dict[int, date]:
    return dict(
        ContactPause.objects.filter(lifted_at__isnull=True, starts_on__lte=today, until__gte=today)
        .order_by()
        .values_list("therapist_id")
        .annotate(last=Max("until"))
    )


def _answer_history() -> dict[int, tuple[int, int]]:
    rows = (
        PlacementRequest.objects.filter(status__in=ASKED)
        .order_by()
        .values_list("therapist_id")
        .annotate(asked=Count("id"), accepted=Count("id", filter=Q(status__in=YES_REQUESTS)))
    )
    return {therapist_id: (asked, accepted) for therapist_id, asked, accepted in rows}


def _locked_pairs(today: date, patient_ids: Collection[int]) -> dict[int, frozenset[int]]:
    rows = PlacementRequest.objects.filter(locked_until__gte=today, search__patient__in=patient_ids)
    locked: dict[int, set[int]] = defaultdict(set)
    for patient_id, therapist_id in rows.values_list("search__patient_id", "therapist_id"):
        locked[patient_id].add(therapist_id)
    return {patient_id: frozenset(therapists) for patient_id, therapists in locked.items()}


def _local_day(moment: datetime | None) -> date | None:
    return timezone.localtime(moment).date() if moment else None
