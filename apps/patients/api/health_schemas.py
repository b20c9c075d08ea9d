"""Health data of a patient: what is encrypted at rest, and the scopes health:read and health:write."""

from datetime import date, datetime

from ninja import Schema
from pydantic import ConfigDict, Field

from apps.gateway.fields import Day, In, LongText, Text
from apps.patients.api.schemas import without_defaults
from apps.patients.api.words import Code, MaritalWord
from apps.patients.normalise import MOST_SYMPTOMS


class HealthPut(In):
    """All health data: what is left out becomes empty."""

    diagnosis: Text = Field("", description="One ICD-10-GM code")
    symptoms: list[Code] = Field([], max_length=MOST_SYMPTOMS, description="Codes of `list_symptoms`")
    complaints: LongText = ""
    complaints_since: Text = ""
    reason_now: LongText = ""
    previous_treatments: LongText = ""
    has_previous_therapy: bool | None = None
    previous_therapy_last_session_on: Day | None = None
    previous_therapy_method: Text = ""
    inpatient_treatment: LongText = ""
    physical_illnesses: LongText = ""
    medication: LongText = ""
    stressors: LongText = ""
    support_systems: LongText = ""
    expectations: LongText = ""
    therapy_goals: LongText = ""
    occupation: Text = ""
    marital_status: MaritalWord = ""
    kvnr: Text = Field("", description="Letter and nine figures, the last one a check digit")
    referral_code: Text = Field("", description="Vermittlungscode of the PTV 11")


class HealthPatch(HealthPut):
    """What is to change; the rest stays."""

    model_config = ConfigDict(json_schema_extra=without_defaults)


class HealthOut(Schema):
    patient_id: int = Field(validation_alias="id")
    diagnosis: str
    symptoms: list[str]
    complaints: str
    complaints_since: str
    reason_now: str
    previous_treatments: str
    has_previous_therapy: bool | None
    previous_therapy_last_session_on: date | None
    previous_therapy_method: str
    inpatient_treatment: str
    physical_illnesses: str
    medication: str
    stressors: str
    support_systems: str
    expectations: str
    therapy_goals: str
    occupation: str
    marital_status: MaritalWord
    kvnr: str
    referral_code: str


class HealthSaved(Schema):
    """Who may write health data need not be allowed to read them."""

    patient_id: int = Field(validation_alias="id")
    updated_at: datetime
