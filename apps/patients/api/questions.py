"""Lists that a client needs for its forms, and who may be on record already."""

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Schema
from pydantic import Field

from apps.gateway.access import note_access
from apps.gateway.enums import Scope
from apps.gateway.fields import Day, In, Text
from apps.gateway.routing import Endpoints
from apps.patients.api.common import demand
from apps.patients.api.schemas import PatientListed
from apps.patients.api.words import KindOfInsurance
from apps.patients.models import Insurer, Symptom
from apps.patients.services.duplicates import Double, in_form

endpoints = Endpoints(tags=["patients"])


class InsurerOut(Schema):
    id: int
    name: str
    kind: KindOfInsurance


class InsurersOut(Schema):
    items: list[InsurerOut]


class SymptomOut(Schema):
    code: str
    name_de: str
    name_en: str
    is_active: bool = Field(description="Others are kept where they were chosen, and not offered")


class SymptomsOut(Schema):
    items: list[SymptomOut]


class DuplicateQuestion(In):
    """What is known of the person; `kvnr` needs the scope health:read."""

    first_name: Text = ""
    last_name: Text = ""
    birth_date: Day | None = None
    email: Text = ""
    phone: Text = ""
    street: Text = ""
    plz: Text = ""
    kvnr: Text = ""


class DuplicateReason(Schema):
    code: str
    text: str = Field(description="In the language asked for")


class DoubleOut(Schema):
    patient: PatientListed
    reasons: list[DuplicateReason]
    has_ended: bool = Field(description="The former case is over: the person may simply be back")


class DoublesOut(Schema):
    items: list[DoubleOut]


@endpoints.get(
    "/insurers",
    scope=Scope.PATIENTS_READ,
    answer=InsurersOut,
    operation_id="list_insurers",
    summary="Insurers, by name",
)
def list_insurers(request: HttpRequest) -> dict[str, QuerySet[Insurer]]:
    return {"items": Insurer.objects.order_by("name")}


@endpoints.get(
    "/symptoms",
    scope=Scope.PATIENTS_READ,
    answer=SymptomsOut,
    operation_id="list_symptoms",
    summary="The maintained list of symptoms",
)
def list_symptoms(request: HttpRequest) -> dict[str, QuerySet[Symptom]]:
    return {"items": Symptom.objects.order_by("code")}


@endpoints.post(
    "/duplicates",
    scope=Scope.PATIENTS_READ,
    answer=DoublesOut,
    is_question=True,
    operation_id="find_duplicates",
    summary="Who on record may be this person",
)
def find_duplicates(request: HttpRequest, data: DuplicateQuestion) -> dict[str, object]:
    if data.kvnr:
        demand(request, Scope.HEALTH_READ)
    doubles = in_form(data.model_dump())
    note_access(request, [double.patient.pk for double in doubles], "find_duplicates")
    return {"items": [_shown(double) for double in doubles]}


def _shown(double: Double) -> dict[str, object]:
    told = zip(double.codes, double.reasons, strict=True)
    return {
        "patient": double.patient,
        "reasons": [{"code": code, "text": str(text)} for code, text in told],
        "has_ended": double.has_ended,
    }
