"""The rival a Django project would write: one ORM query per search for a bounding box and everything plain
columns can say, then Python for each row that is left.

Every rule and the score are the engine's, so the lists must be the same. Rows come as dictionaries, not as
model objects; weekly hours are read only for those who pass everything else; what does not depend on the
search (contact groups that are closed today, the expected acceptance) is looked up once.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from math import cos, radians
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet
from geopy.distance import great_circle

from apps.core import icd, weekly
from apps.matching.engine.geometry import EARTH_RADIUS_KM
from apps.matching.engine.records import Parameters
from apps.matching.engine.travel import travel_minutes
from apps.matching.enums import OPEN_INQUIRIES
from apps.matching.models import Inquiry, PlacementRequest, PlacementSearch
from apps.patients.models import Patient
from apps.therapists.models import Approval, ContactPause, Therapist, WeeklyHours

KM_PER_DEGREE = 111.19
ENOUGH_MINUTES = 600
ANY = "any"
GERMAN = "de"
COLUMNS = ("id", "contact_group_id", "latitude", "longitude", "email", "wished_diagnoses")


class OrmLoop:
    """`acceptance` is the engine's answer for each group wish: therapist id → chance."""

    def __init__(self, parameters: Parameters, today: date, acceptance: dict[str, dict[int, float]]) -> None:
        self.parameters, self.today, self.acceptance = parameters, today, acceptance
        self.closed_groups = self._closed_groups()

    def best(self, search: PlacementSearch, top: int) -> list[tuple[int, float]]:
        """Return (therapist id, score) of the best candidates, best first."""
        patient = search.patient
        if patient.latitude is None or patient.birth_date is None:
            return []
        fitting = self._fitting(search, patient)
        working = _working_hours(list(fitting))
        availability = weekly.join(row.interval for row in patient.availability.all())
        scored = [
            (pk, score)
            for pk, (row, closeness) in fitting.items()
            if (score := self._score(patient, row, closeness, availability, working[pk])) is not None
        ]
        return sorted(scored, key=lambda pair: (-pair[1], pair[0]))[:top]

    def _fitting(self, search: PlacementSearch, patient: Patient) -> dict[int, tuple[dict[str, Any], float]]:
        """Who passes everything but the hours: id → (row, closeness)."""
        turned_down = self._turned_down(patient)
        fitting = {}
        for row in self._in_box(search, patient).values(*COLUMNS):
            if row["contact_group_id"] in self.closed_groups or row["id"] in turned_down:
                continue
            closeness = self._closeness(patient, row)
            if closeness is not None and _is_wished(patient.diagnosis, row["wished_diagnoses"]):
                fitting[row["id"]] = (row, closeness)
        return fitting

    def _score(
        self,
        patient: Patient,
        row: dict[str, Any],
        closeness: float,
        availability: list[weekly.Interval],
        working: list[weekly.Interval],
    ) -> float | None:
        """None where there is too little common time."""
        pieces = _common_pieces(availability, working)
        is_known = bool(availability and working)
        if is_known and max(pieces, default=0) < self.parameters.least_common_minutes:
            return None
        total = (
            self.parameters.weight_acceptance * self.acceptance[patient.group_wish][row["id"]]
            + self.parameters.weight_distance * closeness
            + self.parameters.weight_hours * (min(sum(pieces), ENOUGH_MINUTES) / ENOUGH_MINUTES)
            + self.parameters.weight_email * float(bool(row["email"]))
        )
        return round(total * 1_000_000) / 1_000_000

    def _in_box(self, search: PlacementSearch, patient: Patient) -> QuerySet[Therapist]:
        """Everything that plain columns can say."""
        age = _age(patient, self.today)
        rows = Therapist.objects.filter(
            Q(wished_age_to=0) | Q(wished_age_to__gte=age),
            Exists(_wanted_approvals(patient, age)),
            _common_language(patient),
            status="active",
            review_status="verified",
            do_not_contact_since=None,
            wished_age_from__lte=age,
            wished_gender__in=[ANY, patient.gender],
            **self._box(patient),
        )
        if patient.wished_gender != ANY:
            rows = rows.filter(gender=patient.wished_gender)
        if patient.group_wish == "no":
            rows = rows.filter(prefers_group=False)
        return _with_licence(rows, search, patient).annotate(
            latitude=F("workplaces__practice__latitude"),
            longitude=F("workplaces__practice__longitude"),
            email=F("workplaces__practice__email"),
        )

    def _box(self, patient: Patient) -> dict[str, Any]:
        assert patient.latitude is not None and patient.longitude is not None
        height = self._reach_km(patient) / KM_PER_DEGREE + 0.001
        width = height / cos(radians(abs(patient.latitude) + 1))
        return {
            "workplaces__is_main": True,
            "workplaces__practice__latitude__range": (patient.latitude - height, patient.latitude + height),
            "workplaces__practice__longitude__range": (patient.longitude - width, patient.longitude + width),
        }

    def _closeness(self, patient: Patient, row: dict[str, Any]) -> float | None:
        """The share of the tighter limit that is left; None beyond it."""
        here, there = (patient.latitude, patient.longitude), (row["latitude"], row["longitude"])
        distance_km = round(great_circle(here, there, radius=EARTH_RADIUS_KM).km, 3)
        used = [distance_km / limit for limit in self._kilometres(patient)]
        if patient.max_travel_minutes:
            used.append(travel_minutes(patient.travel_mode, distance_km) / patient.max_travel_minutes)
        return 1.0 - max(used) if max(used) <= 1.0 else None

    def _kilometres(self, patient: Patient) -> list[float]:
        if patient.max_distance_km:
            return [float(patient.max_distance_km)]
        return [] if patient.max_travel_minutes else [self.parameters.default_max_distance_km]

    def _reach_km(self, patient: Patient) -> float:
        minutes = patient.max_travel_minutes
        by_minutes = [float(minutes)] if minutes else []  # nobody does more than a kilometre a minute
        return min(self._kilometres(patient) + by_minutes)

    def _turned_down(self, patient: Patient) -> set[int]:
        locked = PlacementRequest.objects.filter(search__patient=patient, locked_until__gte=self.today)
        return {
            *patient.exclusions.values_list("therapist_id", flat=True),
            *locked.values_list("therapist_id", flat=True),
        }

    def _closed_groups(self) -> set[int]:
        """Contact groups in a pause, contacted within the interval, or with an open inquiry."""
        first_day = self.today - timedelta(days=self.parameters.contact_interval_days - 1)
        since = datetime.combine(first_day, time(), ZoneInfo("Europe/Berlin"))
        pauses = ContactPause.objects.filter(lifted_at=None, starts_on__lte=self.today, until__gte=self.today)
        contacted = Therapist.objects.annotate(asked_at=Max("inquiries__last_contact_at")).filter(
            Q(last_email_at__gte=since)
            | Q(last_call_at__gte=since)
            | Q(last_talk_at__gte=since)
            | Q(asked_at__gte=since)
        )
        return {
            *pauses.values_list("therapist__contact_group_id", flat=True),
            *contacted.values_list("contact_group_id", flat=True),
            *Inquiry.objects.filter(status__in=OPEN_INQUIRIES).values_list("contact_group_id", flat=True),
        }


def searches(ids: Iterable[int]) -> QuerySet[PlacementSearch]:
    rows = PlacementSearch.objects.filter(pk__in=list(ids)).select_related("patient")
    return rows.prefetch_related("patient__availability").order_by("id")


def _with_licence(
    rows: QuerySet[Therapist], search: PlacementSearch, patient: Patient
) -> QuerySet[Therapist]:
    if patient.insurance_kind != "gkv":
        return rows.filter(is_licensed=True)
    if search.is_kostenerstattung:
        return rows.filter(seat="none", is_licensed=True)
    return rows.exclude(seat="none")


def _wanted_approvals(patient: Patient, age: int) -> QuerySet[Approval]:
    rows = Approval.objects.filter(therapist_id=OuterRef("pk"))
    if patient.wished_methods:
        rows = rows.filter(method__in=patient.wished_methods)
    if not 18 <= age < 21:
        rows = rows.filter(age_group="minors" if age < 18 else "adults")
    if patient.group_wish != "also":
        rows = rows.filter(setting="group" if patient.group_wish == "only" else "individual")
    return rows


def _common_language(patient: Patient) -> Q:
    """German is assumed on both sides unless said otherwise."""
    languages = patient.languages or [GERMAN]
    common = Q(languages__overlap=languages)
    return common | Q(languages=[]) if GERMAN in languages else common


def _working_hours(ids: list[int]) -> defaultdict[int, list[weekly.Interval]]:
    rows = WeeklyHours.objects.filter(
        therapist_id__in=ids, kind="working", therapist__is_working_hours_known=True
    ).order_by()
    hours: defaultdict[int, list[weekly.Interval]] = defaultdict(list)
    for pk, *interval in rows.values_list("therapist_id", "weekday", "start_minute", "end_minute"):
        hours[pk].append(weekly.Interval(*interval))
    return defaultdict(list, {pk: weekly.join(intervals) for pk, intervals in hours.items()})


def _is_wished(diagnosis: str, wishes: list[str]) -> bool:
    return not wishes or any(icd.covers(wish, diagnosis) for wish in wishes)


def _age(patient: Patient, today: date) -> int:
    born = patient.birth_date
    assert born is not None
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _common_pieces(left: list[weekly.Interval], right: list[weekly.Interval]) -> list[int]:
    overlaps = (
        min(a.end, b.end) - max(a.start, b.start) for a in left for b in right if a.weekday == b.weekday
    )
    return [minutes for minutes in overlaps if minutes > 0]
