"""When a patient can come. Its version is that of the patient."""

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Schema
from pydantic import Field, model_validator

from apps.core.weekly import MINUTES_A_DAY, Interval
from apps.gateway import versions
from apps.gateway.access import note_access
from apps.gateway.enums import Scope
from apps.gateway.fields import In, RowId
from apps.gateway.principal import principal
from apps.gateway.routing import Endpoints
from apps.patients.api.common import held, plain
from apps.patients.models import Patient
from apps.patients.services import registration

endpoints = Endpoints(tags=["patients"])
MOST_INTERVALS = 200


class AvailabilityInterval(Schema):
    """Local wall time (Europe/Berlin) of one weekday."""

    weekday: int = Field(ge=0, le=6, description="0 is Monday")
    start_minute: int = Field(ge=0, lt=MINUTES_A_DAY, description="Minutes since midnight")
    end_minute: int = Field(gt=0, le=MINUTES_A_DAY, description="Later than start_minute")


class AvailabilityIntervalIn(AvailabilityInterval, In):
    @model_validator(mode="after")
    def _in_order(self) -> "AvailabilityIntervalIn":
        if self.end_minute <= self.start_minute:
            raise ValueError("end_minute must come after start_minute")
        return self


class AvailabilityIn(In):
    """The whole week. No interval at all means: not known."""

    intervals: list[AvailabilityIntervalIn] = Field([], max_length=MOST_INTERVALS)


class AvailabilityOut(Schema):
    is_availability_known: bool
    intervals: list[AvailabilityInterval] = Field(description="By day and time; overlapping ones are joined")


@endpoints.get(
    "/{patient_id}/availability",
    scope=Scope.PATIENTS_READ,
    answer=AvailabilityOut,
    operation_id="read_availability",
    summary="When a patient can come",
)
def read_availability(request: HttpRequest, response: HttpResponse, patient_id: RowId) -> dict[str, object]:
    patient = plain(patient_id)
    note_access(request, [patient.pk], "read_availability")
    versions.show(response, patient)
    return _shown(patient)


@endpoints.put(
    "/{patient_id}/availability",
    scope=Scope.PATIENTS_WRITE,
    answer=AvailabilityOut,
    operation_id="replace_availability",
    summary="Replace the weekly hours of a patient",
)
def replace_availability(
    request: HttpRequest, response: HttpResponse, patient_id: RowId, data: AvailabilityIn
) -> dict[str, object]:
    patient = held(patient_id)
    saved = registration.set_availability(
        patient=patient,
        intervals=intervals_of(data.intervals),
        at=timezone.now(),
        seen_at=versions.seen_at(request, patient),
        actor=principal(request).account,
    )
    note_access(request, [patient.pk], "replace_availability")
    versions.show(response, saved)
    return _shown(saved)


def intervals_of(given: Iterable[AvailabilityIntervalIn]) -> list[Interval]:
    return [Interval(one.weekday, one.start_minute, one.end_minute) for one in given]


def _shown(patient: Patient) -> dict[str, object]:
    return {
        "is_availability_known": patient.is_availability_known,
        "intervals": list(patient.availability.all()),
    }
