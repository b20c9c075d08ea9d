"""What comes with a new patient."""

from pydantic import Field, field_validator, model_validator

from apps.gateway.fields import Day, Id, In
from apps.patients.api.availability import MOST_INTERVALS, AvailabilityIntervalIn
from apps.patients.api.health_schemas import HealthPut
from apps.patients.api.schemas import PatientIn
from apps.patients.api.words import Proof, PurposeWord, Why
from apps.patients.enums import Purpose

MOST_OTHERS = 50


class GivenConsentIn(In):
    purpose: PurposeWord
    given_on: Day


class ConsentDocumentIn(In):
    """The consents of one document, each with its day."""

    proof: Proof
    given: list[GivenConsentIn] = Field(min_length=1, max_length=len(Purpose))

    @field_validator("given")
    @classmethod
    def _each_once(cls, given: list[GivenConsentIn]) -> list[GivenConsentIn]:
        if len({one.purpose for one in given}) < len(given):
            raise ValueError("names a purpose twice")
        return given


class PatientCreate(PatientIn):
    """`health` needs the scope health:write as well."""

    health: HealthPut | None = None
    availability: list[AvailabilityIntervalIn] = Field([], max_length=MOST_INTERVALS)
    consents: ConsentDocumentIn | None = None
    not_same_as: list[Id] = Field(
        [], max_length=MOST_OTHERS, description="Patients a person has looked at and told apart from this one"
    )
    not_same_reason: Why = Field("", description="How they were told apart; needed with `not_same_as`")

    @model_validator(mode="after")
    def _told_apart_for_a_reason(self) -> "PatientCreate":
        if self.not_same_as and not self.not_same_reason.strip():
            raise ValueError("not_same_as needs not_same_reason")
        return self
