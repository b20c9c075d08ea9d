"""Searches, their history and the therapists excluded for a patient."""

from datetime import date
from typing import Literal

from ninja import Schema
from pydantic import AwareDatetime, Field

from apps.gateway.fields import Day, Id, In, LongText, Moment
from apps.gateway.paging import PageQuery, listed
from apps.matching.api.schemas.shared import FREE_TEXT, Why
from apps.matching.enums import ExclusionSource, SearchStatus


class SearchQuery(PageQuery):
    """`started_on` is the day since which the patient waits."""

    status: SearchStatus | None = None
    is_open: bool | None = Field(None, description="Active, paused or in trial sessions")
    patient_id: Id | None = None
    started_from: Day | None = None
    started_until: Day | None = None
    updated_since: Moment | None = None


class SearchItem(Schema):
    id: int
    patient_id: int
    case_code: str = Field(description="By which therapists know the case")
    status: SearchStatus
    is_kostenerstattung: bool
    started_on: date = Field(description="Waiting since")
    ended_on: date | None
    paused_from: date | None
    paused_until: date | None = Field(description="Last day of the pause; none: until resumed")
    created_at: AwareDatetime
    updated_at: AwareDatetime


class SearchOut(SearchItem):
    open_request_count: int
    pause_reason: str = Field(description=FREE_TEXT)
    note: str = Field(description=FREE_TEXT)


SearchPage = listed("SearchPage", SearchItem)


class SearchIn(In):
    patient_id: Id
    is_kostenerstattung: bool = Field(False, description="§ 13 (3) SGB V: a therapist without seat is wanted")


class SearchPatch(In):
    """`is_kostenerstattung` changes only while nobody is asked; `note` needs health:write."""

    is_kostenerstattung: bool = False
    note: LongText = ""


class PauseIn(In):
    """Both days are part of the pause. One that begins later is noted and begins by itself."""

    paused_from: Day | None = Field(None, description="None: today")
    until: Day | None = Field(None, description="None: until resumed")
    reason: Why


class SearchStep(Schema):
    """A change of state; `request_id` is none for the search itself."""

    at: AwareDatetime
    request_id: int | None
    old: str = Field(description="Empty at the beginning")
    new: str
    actor: str = Field(description="Empty where nobody did it")
    reason: str = Field(description=FREE_TEXT)


class SearchHistoryOut(Schema):
    """Oldest first."""

    steps: list[SearchStep]


class ExclusionOut(Schema):
    therapist_id: int
    name: str
    source: ExclusionSource
    reason: str = Field(description=FREE_TEXT)
    created_at: AwareDatetime


class ExclusionsOut(Schema):
    """They belong to the patient, and so to every search of the patient."""

    exclusions: list[ExclusionOut]


class ExclusionIn(In):
    therapist_id: Id
    source: Literal["patient", "staff"] = Field(description="Whose wish it is")
    reason: Why
