"""What clients send and get about patients, named as on the model. Health data: `health_schemas`."""

from datetime import date, datetime
from typing import Any

from ninja import Schema
from pydantic import ConfigDict, Field

from apps.core.enums import Salutation, WishedGender
from apps.gateway.fields import Day, Id, In, Moment
from apps.gateway.paging import PageQuery, listed
from apps.patients.api.words import (
    PLZ,
    Address,
    ChannelWord,
    Code,
    Doctor,
    GenderWord,
    GroupWord,
    InsuranceWord,
    KindOfInsurance,
    LanguageWord,
    Limit,
    MethodWord,
    Name,
    Phone,
    PlzBeginning,
    PrecisionWord,
    Reason,
    SalutationWord,
    SearchWords,
    StatusWord,
    Street,
    Town,
    TravelWord,
    WishedGenderWord,
)
from apps.patients.enums import Channel, Gender, GroupWish, TravelMode


def without_defaults(schema: dict[str, Any]) -> None:
    """In a PATCH what is left out stays as it is: the document must not tell of defaults."""
    for field in schema["properties"].values():
        field.pop("default", None)


class PatientFields(In):
    """All about a patient but name and health data. Values are checked and brought to one form on saving."""

    salutation: SalutationWord = Salutation.NONE.value
    gender: GenderWord = Gender.NOT_STATED.value
    street: Street = ""
    plz: PLZ = Field("", description="Five figures; place and precision follow from it")
    city: Town = ""
    email: Address = ""
    phone: Phone = Field("", description="Any usual spelling; kept as E.164")
    birth_date: Day | None = None
    preferred_channel: ChannelWord = Channel.EMAIL.value
    insurance_kind: InsuranceWord = ""
    insurer_id: Id | None = Field(None, description="One of `list_insurers`")
    gp_name: Doctor = ""
    gp_contact: Street = ""
    referrer: Street = ""
    contracts_signed_on: Day | None = None
    sprechstunde_on: Day | None = None
    ptv11_on: Day | None = None
    is_ptv11_urgent: bool | None = None
    payment_reference: Code = ""
    payment_received_on: Day | None = None
    wished_gender: WishedGenderWord = Field(WishedGender.ANY.value, description="Of the therapist")
    wished_methods: list[MethodWord] = Field([], max_length=20, description="Empty: any")
    group_wish: GroupWord = GroupWish.NO.value
    is_diga_accepted: bool = False
    languages: list[LanguageWord] = Field([], max_length=40, description="Empty: German")
    travel_mode: TravelWord = TravelMode.CAR.value
    max_distance_km: Limit | None = None
    max_travel_minutes: Limit | None = None


class PatientIn(PatientFields):
    """The whole patient: what is left out gets its default."""

    first_name: Name
    last_name: Name


class PatientPatch(PatientFields):
    """What is to change; the rest stays."""

    model_config = ConfigDict(json_schema_extra=without_defaults)

    first_name: Name = ""
    last_name: Name = ""


class PatientListed(Schema):
    """A row of the list."""

    id: int
    case_code: str = Field(description="Pseudonym for first contacts")
    status: StatusWord
    salutation: SalutationWord
    first_name: str
    last_name: str
    birth_date: date | None
    plz: str
    city: str
    email: str
    phone: str
    insurance_kind: InsuranceWord
    insurer_id: int | None
    started_on: date | None = Field(description="When the prerequisites were met for the first time")
    first_place_on: date | None
    place_confirmed_on: date | None
    last_contact_at: datetime | None
    created_at: datetime
    updated_at: datetime


class PatientOut(PatientListed):
    """All about a patient but health data, which are a resource of their own."""

    gender: GenderWord
    street: str
    preferred_channel: ChannelWord
    gp_name: str
    gp_contact: str
    referrer: str
    contracts_signed_on: date | None
    sprechstunde_on: date | None
    ptv11_on: date | None
    is_ptv11_urgent: bool | None
    payment_reference: str
    payment_received_on: date | None
    wished_gender: WishedGenderWord
    wished_methods: list[MethodWord]
    group_wish: GroupWord
    is_diga_accepted: bool
    languages: list[LanguageWord]
    travel_mode: TravelWord
    max_distance_km: int | None
    max_travel_minutes: int | None
    is_availability_known: bool
    latitude: float | None
    longitude: float | None
    precision: PrecisionWord


PatientPage = listed("PatientPage", PatientListed)


class PatientQuery(PageQuery):
    """Orders: id, last_name, created_at, updated_at."""

    q: SearchWords = ""
    status: StatusWord | None = None
    insurance_kind: KindOfInsurance | None = None
    plz: PlzBeginning = ""
    created_since: Moment | None = None
    updated_since: Moment | None = None


class PatientState(Schema):
    """What a step of the therapy has led to."""

    id: int
    status: StatusWord
    updated_at: datetime


class TherapyStepIn(In):
    model_config = ConfigDict(str_strip_whitespace=True)

    reason: Reason = Field(description="Kept in the history")
