"""What is told about runs and their problems."""

from datetime import date
from typing import Any

from ninja import Schema
from pydantic import AwareDatetime, Field

from apps.gateway.paging import listed
from apps.scraping.enums import ProblemKind, RunKind, RunStatus


class RunOut(Schema):
    """One reading of a source. `seen` = new + changed + unchanged + rejected + failed, at every moment."""

    id: int
    source_id: int
    kind: RunKind
    status: RunStatus
    message: str = Field(description="Why it stopped or failed, for people")
    fetched_on: date = Field(description="The day its data are of")
    file_name: str
    is_whole: bool = Field(description="Covers the whole source: only then can it be told who has vanished")
    done: int = Field(description="Steps done, of `total`")
    total: int
    requests: int = Field(description="Requests to the source")
    seen: int
    new: int
    changed: int
    unchanged: int
    rejected: int
    failed: int
    repeated: int = Field(description="Further sightings within the run; not part of `seen`")
    vanished: int | None
    proposals: int
    is_unusual: bool = Field(description="Saw far more or fewer than usual")
    is_cancel_wished: bool
    started_by_id: int | None
    started_at: AwareDatetime | None
    ended_at: AwareDatetime | None
    worked_up_at: AwareDatetime | None = Field(description="When its records had been compared")
    created_at: AwareDatetime
    updated_at: AwareDatetime


class RunProblemOut(Schema):
    """An entry that did not become a record: where it stood, why, and what it looked like."""

    id: int
    kind: ProblemKind
    where: str
    reason: str
    payload: Any = Field(description="As it came from the source")


RunPage = listed("RunPage", RunOut)
RunProblemPage = listed("RunProblemPage", RunProblemOut)
