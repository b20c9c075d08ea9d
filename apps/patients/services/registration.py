"""Registering patients and changing what is known about them."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core import weekly
from apps.core.audit import acting
from apps.core.encryption import blind_index
from apps.core.enums import MergeKind
from apps.core.errors import StaleState
from apps.core.merging import suggestions
from apps.core.saving import check_fields, save_checked
from apps.core.transitions import lock, record_start
from apps.core.weekly import Interval
from apps.events.services import publish
from apps.geocoding.enums import Precision
from apps.geocoding.selectors import locate
from apps.patients import selectors
from apps.patients.enums import Purpose
from apps.patients.models import Availability, Patient
from apps.patients.normalise import normalise
from apps.patients.services import consents as consent_services

KEPT_BY_THE_SYSTEM = frozenset({"id", "status", "case_code", "kvnr_index", "created_at", "updated_at"})
EDITABLE = frozenset(
    field.name
    for field in Patient._meta.concrete_fields
    if field.editable and field.name not in KEPT_BY_THE_SYSTEM
)
PLACE = frozenset({"street", "plz", "city", "latitude", "longitude"})
DECIDES_ABOUT_MATCHES = frozenset(
    {
        "gender",
        "birth_date",
        "insurance_kind",
        "diagnosis",
        "wished_gender",
        "wished_methods",
        "group_wish",
        "is_diga_accepted",
        "languages",
        "travel_mode",
        "max_distance_km",
        "max_travel_minutes",
    }
)


def register(
    *,
    data: Mapping[str, Any],
    actor: Any,
    at: datetime,
    availability: Iterable[Interval] = (),
    consents: Iterable[Purpose] | Mapping[Purpose, date] = (),
    proof: str = "",
    not_same_as: Iterable[Patient] = (),
    reason: str = "",
) -> Patient:
    """A new patient, status open. Raises ValidationError with the names of the fields.

    `consents` without dates count as given on the day of `at`; `proof` holds for all of them. `not_same_as`
    are records a person has looked at and told apart, with the `reason`: they are not suggested again.
    """
    today = timezone.localdate(at)
    days = dict(consents) if isinstance(consents, Mapping) else dict.fromkeys(consents, today)
    hours = weekly.join(availability)
    with transaction.atomic(), acting(actor):
        patient = Patient(is_availability_known=bool(hours))
        _apply(patient, data, today)
        check_fields(patient)
        save_checked(patient)
        record_start(patient, actor=actor, at=at, reason=reason)
        publish(type="patient.created", subject_id=patient.pk, at=at)
        consent_services.give_several(patient=patient, days=days, proof=proof, at=at)
        if hours:
            _add_hours(patient, hours)
            _publish_wishes(patient, ["availability"], at)
        others = [other.pk for other in not_same_as]
        suggestions.set_apart(
            kind=MergeKind.PATIENT, pk=patient.pk, others=others, reason=reason, actor=actor, at=at
        )
    return patient


def update(
    *,
    patient: Patient,
    changes: Mapping[str, Any],
    actor: Any,
    at: datetime,
    seen_at: datetime | None = None,
) -> Patient:
    """Save what differs and return the fresh row.

    `seen_at` is the `updated_at` of the row the person looked at: raises StaleState if it was saved
    since. Raises ValidationError with the names of the fields, ValueError for a name not in EDITABLE.
    """
    with transaction.atomic(), acting(actor):
        fresh = lock(patient)
        if seen_at is not None and fresh.updated_at != seen_at:
            raise StaleState()
        changed = _apply(fresh, changes, timezone.localdate(at))
        if changed:
            check_fields(fresh)
            save_checked(fresh, update_fields=[*changed, "updated_at"])
            _tell(fresh, changed, at)
    return fresh


def set_availability(
    *,
    patient: Patient,
    intervals: Iterable[Interval],
    at: datetime,
    actor: Any = None,
    seen_at: datetime | None = None,
) -> Patient:
    """Replace the weekly hours; touching and overlapping ones are joined. No hours at all means unknown.

    Other hours are another version of the patient (`updated_at`); `seen_at` as for `update`.
    """
    wanted = weekly.join(intervals)
    with transaction.atomic(), acting(actor):
        fresh = lock(patient)
        if seen_at is not None and fresh.updated_at != seen_at:
            raise StaleState()
        is_other = wanted != [row.interval for row in fresh.availability.all()]
        if is_other:
            fresh.availability.all().delete()
            _add_hours(fresh, wanted)
            _publish_wishes(fresh, ["availability"], at)
        if is_other or fresh.is_availability_known != bool(wanted):
            fresh.is_availability_known = bool(wanted)
            fresh.save(update_fields=["is_availability_known", "updated_at"])
    patient.is_availability_known = fresh.is_availability_known
    return fresh


def _apply(patient: Patient, data: Mapping[str, Any], today: date) -> list[str]:
    """Set normalised values and everything derived from them; the sorted names of the columns that differ."""
    if unknown := data.keys() - EDITABLE:
        raise ValueError(f"Not for editing: {', '.join(sorted(unknown))}")
    clean = normalise(data, today=today)
    _refuse_unknown_symptoms(clean.get("symptoms", []), patient.symptoms)
    changed = {name for name, value in clean.items() if _set(patient, name, value)}
    changed |= _place(patient, changed)
    _refuse_half_a_place(patient)
    if "kvnr" in changed and _set(patient, "kvnr_index", blind_index(patient.kvnr)):
        changed.add("kvnr_index")
    return sorted(changed)


def _set(patient: Patient, name: str, value: Any) -> bool:
    """Set and tell whether it differed; a foreign key is compared by id."""
    field = Patient._meta.get_field(name)
    before = getattr(patient, field.attname)  # type: ignore[union-attr]
    setattr(patient, name, value)
    return bool(before != getattr(patient, field.attname))  # type: ignore[union-attr]


def _place(patient: Patient, changed: Collection[str]) -> set[str]:
    """Locate anew after a move. A point somebody has set by hand stays until the precision is changed."""
    if {"latitude", "longitude"} & set(changed):
        by_hand = "precision" not in changed and _set(patient, "precision", Precision.MANUAL)
        return {"precision"} if by_hand else set()
    if patient.precision == Precision.MANUAL or not {"plz", "city", "precision"} & set(changed):
        return set()
    found = locate(plz=patient.plz, city=patient.city)
    values = {"latitude": found.latitude, "longitude": found.longitude, "precision": found.precision}
    return {name for name, value in values.items() if _set(patient, name, value)}


def _refuse_half_a_place(patient: Patient) -> None:
    if (patient.latitude is None) != (patient.longitude is None):
        raise ValidationError(
            {"latitude": _("Latitude and longitude belong together: enter both or neither.")}
        )


def _refuse_unknown_symptoms(codes: Collection[str], known: Collection[str]) -> None:
    new = set(codes) - set(known)
    if new and (unknown := new - selectors.symptom_codes()):
        message = _("Not in the list of symptoms: %(codes)s.")
        raise ValidationError({"symptoms": message % {"codes": ", ".join(sorted(unknown))}})


def _tell(patient: Patient, changed: Iterable[str], at: datetime) -> None:
    names = set(changed)
    if moved := sorted(names & PLACE):
        publish(type="patient.moved", subject_id=patient.pk, at=at, payload={"changed": moved})
    if wishes := sorted(names & DECIDES_ABOUT_MATCHES):
        _publish_wishes(patient, wishes, at)


def _publish_wishes(patient: Patient, changed: list[str], at: datetime) -> None:
    publish(type="patient.wishes_changed", subject_id=patient.pk, at=at, payload={"changed": changed})


def _add_hours(patient: Patient, hours: Iterable[Interval]) -> None:
    Availability.objects.bulk_create(
        Availability(patient=patient, weekday=weekday, start_minute=start, end_minute=end)
        for weekday, start, end in hours
    )
