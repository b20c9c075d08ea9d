"""Patients as records whose address is turned into a point (`geocoding.targets`)."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.events.catalogue import subscribe
from apps.events.models import DomainEvent
from apps.events.services import publish
from apps.geocoding import targets
from apps.geocoding.addresses import Address
from apps.geocoding.enums import Precision
from apps.geocoding.services import jobs
from apps.geocoding.services.lookup import Found
from apps.geocoding.targets import Spot
from apps.patients.models import Patient

KIND = "patient"
ADDRESS = frozenset({"street", "plz", "city"})


def spots(object_ids: Sequence[int]) -> dict[int, Spot]:
    return {patient.pk: _spot(patient) for patient in Patient.objects.filter(pk__in=object_ids)}


@transaction.atomic
def place(*, object_id: int, address: Address, found: Found, at: datetime) -> bool:
    """Save the point and tell it; False where the address changed or somebody has set the point by hand."""
    patient = Patient.objects.select_for_update(no_key=True).filter(pk=object_id).first()
    if patient is None or patient.precision == Precision.MANUAL or _address(patient) != address:
        return False
    has_moved = (patient.latitude, patient.longitude) != (found.latitude, found.longitude)
    patient.latitude, patient.longitude = found.latitude, found.longitude
    patient.precision = found.precision
    patient.save(update_fields=["latitude", "longitude", "precision", "updated_at"])
    if has_moved:
        publish(
            type="patient.moved",
            subject_id=patient.pk,
            at=at,
            payload={"changed": ["latitude", "longitude"]},
        )
    return True


@subscribe("patient.moved")
def queue_patient(event: DomainEvent) -> None:
    """A new address is looked up; a new point alone is ours already or was set by hand."""
    number = int(event.subject_id)
    if ADDRESS & set(event.payload.get("changed", [])):
        jobs.queue(kind=KIND, object_ids=[number], at=event.occurred_at, has_moved=True)
    else:
        jobs.settle_by_hand(kind=KIND, object_ids=[number], at=event.occurred_at)


def _spot(patient: Patient) -> Spot:
    return Spot(
        title=patient.case_code,
        url=patient.get_absolute_url(),
        address=_address(patient),
        latitude=patient.latitude,
        longitude=patient.longitude,
        precision=Precision(patient.precision),
    )


def _address(patient: Patient) -> Address:
    return Address(street=patient.street, plz=patient.plz, city=patient.city, is_private=True)


targets.register(
    targets.Target(
        kind=KIND, label=_("Patients"), rows=Patient.objects.all, spots=spots, place=place, is_person=True
    )
)
