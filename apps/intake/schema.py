"""A registration as a website or a file hands it in. docs/intake.md tells the same with an example.

What is not of this shape is refused with the paths of the fields. What merely cannot be used (a number with
a digit too few, an insurer nobody knows) is staged all the same: `problems` names it for a person.
"""

import hashlib
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from apps.core.enums import Language, Method, Salutation, WishedGender
from apps.core.weekly import MINUTES_A_DAY
from apps.gateway.fields import Day, In, LongText, Moment, Text, choice
from apps.patients.enums import (
    Channel,
    Gender,
    GroupWish,
    InsuranceKind,
    MaritalStatus,
    Purpose,
    TravelMode,
)

LARGEST_SMALL = 32_767

Name = Annotated[Text, Field(min_length=1, max_length=80, pattern=r"\S")]
Reference = Annotated[Text, Field(min_length=1, max_length=80, pattern=r"\S")]
Short = Annotated[Text, Field(max_length=160)]
Limit = Annotated[int, Field(ge=1, le=LARGEST_SMALL)]


class ApplicantIn(In):
    """Who registers. Addresses and numbers are taken as they were typed."""

    salutation: choice(Salutation) = Salutation.NONE  # type: ignore[valid-type]
    gender: choice(Gender) = Gender.NOT_STATED  # type: ignore[valid-type]
    first_name: Name
    last_name: Name
    birth_date: Day | None = None
    street: Short = ""
    plz: Annotated[Text, Field(max_length=12)] = ""
    city: Annotated[Text, Field(max_length=80)] = ""
    email: Annotated[Text, Field(max_length=254)] = ""
    phone: Annotated[Text, Field(max_length=40)] = ""
    preferred_channel: choice(Channel) = Channel.EMAIL  # type: ignore[valid-type]
    insurance_kind: choice(["", *InsuranceKind.values]) = ""  # type: ignore[valid-type]
    insurer: Annotated[Text, Field(max_length=120, description="name of the insurer")] = ""
    kvnr: Annotated[Text, Field(max_length=20)] = ""
    gp_name: Annotated[Text, Field(max_length=120)] = ""
    gp_contact: Short = ""
    referrer: Short = ""


class WishesIn(In):
    wished_gender: choice(WishedGender) = WishedGender.ANY  # type: ignore[valid-type]
    wished_methods: Annotated[list[choice(Method)], Field(max_length=8)] = []  # type: ignore[valid-type]
    group_wish: choice(GroupWish) = GroupWish.NO  # type: ignore[valid-type]
    is_diga_accepted: bool = False
    languages: Annotated[list[choice(Language)], Field(max_length=30)] = []  # type: ignore[valid-type]
    travel_mode: choice(TravelMode) = TravelMode.CAR  # type: ignore[valid-type]
    max_distance_km: Limit | None = None
    max_travel_minutes: Limit | None = None


class HealthIn(In):
    """Health data: taken in, never shown back."""

    diagnosis: Annotated[Text, Field(max_length=40, description="ICD-10-GM")] = ""
    symptoms: Annotated[list[Text], Field(max_length=10, description="codes of the list")] = []
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
    marital_status: choice(["", *MaritalStatus.values]) = ""  # type: ignore[valid-type]
    sprechstunde_on: Day | None = None
    ptv11_on: Day | None = None
    is_ptv11_urgent: bool | None = None
    referral_code: Annotated[Text, Field(max_length=20, description="Vermittlungscode")] = ""


class HoursIn(In):
    """Free time in one week: weekday 0 is Monday; minutes since midnight, local time."""

    weekday: Annotated[int, Field(ge=0, le=6)]
    start_minute: Annotated[int, Field(ge=0, lt=MINUTES_A_DAY)]
    end_minute: Annotated[int, Field(gt=0, le=MINUTES_A_DAY)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start_minute >= self.end_minute:
            raise ValueError("must end after it starts")
        return self


class ConsentIn(In):
    """What was agreed to, in which words, when, and where the proof can be found.

    The words are named by their version and pinned by their SHA-256; who sends the text itself need not
    compute it.
    """

    purpose: choice(Purpose)  # type: ignore[valid-type]
    given_at: Moment
    wording_version: Annotated[Text, Field(min_length=1, max_length=30, pattern=r"\S")]
    wording_sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    wording_text: LongText = ""
    proof: Annotated[Text, Field(min_length=1, max_length=60, pattern=r"\S", description="such as a form id")]

    @model_validator(mode="after")
    def _words_are_pinned(self) -> Self:
        if not self.wording_text and not self.wording_sha256:
            raise ValueError("needs wording_text or wording_sha256")
        if self.wording_text and self.wording_sha256 not in ("", sha256_of(self.wording_text)):
            raise ValueError("wording_sha256 is not that of wording_text")
        return self


class RegistrationIn(In):
    """`external_reference` is the sender's own and names one registration for good."""

    external_reference: Reference
    payment_reference: Annotated[Text, Field(max_length=40)] = ""
    language: choice(Language) = Language.DE  # type: ignore[valid-type]
    patient: ApplicantIn
    wishes: WishesIn = WishesIn()
    availability: Annotated[list[HoursIn], Field(max_length=100)] = []
    health: HealthIn | None = None
    consents: Annotated[list[ConsentIn], Field(max_length=len(Purpose))] = []

    @field_validator("consents")
    @classmethod
    def _one_each(cls, consents: list[ConsentIn]) -> list[ConsentIn]:
        if len({one.purpose for one in consents}) < len(consents):
            raise ValueError("one consent for each purpose")
        return consents


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
