"""Who fits whom, and why not."""

from datetime import date
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field, model_validator

from apps.core.enums import Method
from apps.core.weekly import MINUTES_A_DAY
from apps.gateway.fields import Day, Id, In
from apps.matching.api.schemas.shared import CodedSentence, Figure, ScorePart
from apps.matching.enums import SearchStatus


class CandidateQuery(Schema):
    limit: int = Field(25, ge=1, le=200, description="Best ones told; all are counted")


class Fit(Schema):
    """How a therapist and a search meet. What is unknown is none."""

    score: Figure | None = Field(description="From 0 to 1; the parts add up to it")
    parts: list[ScorePart]
    distance_km: Figure | None
    common_minutes: int | None = Field(description="A week; none where hours are unknown")
    is_hours_unknown: bool


class TherapistFit(Fit):
    therapist_id: int
    name: str
    plz: str = Field(description="Of the main practice")
    city: str
    travel_minutes: Figure | None
    is_travel_measured: bool = Field(description="By a route planner; otherwise estimated")
    free_individual_from: date | None
    free_group_from: date | None


class CandidateOut(TherapistFit):
    rank: int


class ReasonCount(CodedSentence):
    count: int


class CandidatesOut(Schema):
    """The best first. `rejected`: why therapists in reach fail, commonest first."""

    candidates: list[CandidateOut]
    candidate_count: int
    in_reach_count: int
    therapist_count: int
    rejected: list[ReasonCount]
    blocked_by: CodedSentence | None = Field(description="What keeps a search from having candidates")


class FailedRule(CodedSentence):
    rule: int = Field(description="1 place, 2 contact, 3 excluded, 4 insurance, 5 age, … 10 hours")
    facts: str = Field(description="The fact on either side; empty where health:read is missing")


class JudgementOut(TherapistFit):
    """Why, or why not: without `reasons` the therapist is a candidate."""

    is_candidate: bool
    reasons: list[FailedRule]


class RelaxedWish(Schema):
    """`gain`: how many more candidates. `change` is empty where the patient has no such wish."""

    code: str
    label: str
    change: str
    gain: int


class WhatIfOut(Schema):
    """Those that bring most first."""

    candidate_count: int
    wishes: list[RelaxedWish]


class OfferedHours(In):
    """Local time in Berlin. weekday 0 is Monday."""

    weekday: Annotated[int, Field(ge=0, le=6)]
    start_minute: Annotated[int, Field(ge=0, lt=MINUTES_A_DAY)]
    end_minute: Annotated[int, Field(gt=0, le=MINUTES_A_DAY)]

    @model_validator(mode="after")
    def _in_order(self) -> "OfferedHours":
        if self.end_minute <= self.start_minute:
            raise ValueError("ends before it begins")
        return self


class FreePlaceIn(In):
    """A place a therapist has reported. What is left out is as in the therapist's record."""

    therapist_id: Id
    from_on: Day | None = Field(None, description="From which day the place is free")
    setting: Literal["individual", "group", "either"] | None = None
    methods: Annotated[list[Method], Field(max_length=10)] = []
    hours: Annotated[list[OfferedHours], Field(max_length=50)] = []
    limit: int = Field(25, ge=1, le=200)


class WaitingPatient(Fit):
    rank: int
    search_id: int
    patient_id: int
    case_code: str
    status: SearchStatus
    started_on: date = Field(description="Waiting since")


class FreePlaceOut(Schema):
    """Longest waiting first. `limits`: what stands against contacting the therapist today."""

    from_on: date
    setting: Literal["individual", "group", "either"]
    patients: list[WaitingPatient]
    fitting_count: int
    out_of_reach_count: int
    limits: list[CodedSentence]
    rejected: list[ReasonCount]
