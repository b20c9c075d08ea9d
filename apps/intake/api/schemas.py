from datetime import datetime

from ninja import Field, Schema

from apps.gateway.fields import Moment, choice
from apps.gateway.paging import PageQuery, listed
from apps.intake.enums import ProblemCode, RegistrationStatus


class RegistrationQuery(PageQuery):
    """`status` `open` stands for both waiting states."""

    status: choice(["", "open", *RegistrationStatus.values]) = ""  # type: ignore[valid-type]
    since: Moment | None = Field(None, description="received at this moment or later")


class ProblemOut(Schema):
    """Something a person has to mend: which field, never its value."""

    code: choice(ProblemCode)  # type: ignore[valid-type]
    path: str


class RegistrationOut(Schema):
    """What has become of a registration. What was handed in is never shown back."""

    id: int
    external_reference: str
    status: choice(RegistrationStatus)  # type: ignore[valid-type]
    received_at: datetime
    is_email_confirmed: bool
    problems: list[ProblemOut]
    patient_id: int | None = Field(description="once it is accepted or merged")


RegistrationsOut = listed("RegistrationsOut", RegistrationOut)
