"""Records of sources that wait for review. A person decides about them on the pages."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Schema
from pydantic import Field

from apps.core.enums import Language, Salutation
from apps.gateway.enums import Scope
from apps.gateway.fields import Id, RowId, Text
from apps.gateway.paging import Page, PageQuery, listed, page
from apps.gateway.routing import Endpoints
from apps.scraping.enums import Standing
from apps.scraping.filters import RecordFilter
from apps.scraping.models import DirectoryRecord
from apps.scraping.selectors import review
from apps.therapists.enums import Gender

endpoints = Endpoints(tags=["imports"])

SORTS = {"name": ("last_name", "first_name", "id")}


class RecordQuery(PageQuery):
    """`sort`: name."""

    source_id: Id | None = None
    run_id: Id | None = Field(None, description="The run in which they first came")
    standing: Standing | None = Field(None, description="new or unclear: others do not wait")
    q: Text = Field("", description="Words of the name, PLZ or town")


class RecordItem(Schema):
    """One therapist at one address, as a source showed it last."""

    id: int
    source_id: int
    external_id: str = Field(description="Id at the source")
    standing: Standing
    title: str
    first_name: str
    last_name: str
    plz: str
    city: str
    doubts: list[str] = Field(description="What a person should look at, for people")
    changed_on: date
    seen_on: date
    vanished_on: date | None

    @staticmethod
    def resolve_seen_on(record: Any) -> date:
        found: date = record.sighting.on
        return found


class RecordOut(RecordItem):
    salutation: Salutation
    gender: Gender
    practice_name: str
    street: str
    phone: str
    fax: str
    email: str
    website: str
    latitude: float | None
    longitude: float | None
    seat: str
    languages: list[Language]
    further_qualifications: str
    special_offers: str
    accessibility: str
    approvals: list[str] = Field(description="`method age_group setting` each")
    phone_hours: list[str] = Field(description="`weekday start end` each: 0 is Monday, minutes of the day")
    therapist_id: int | None
    first_run_id: int
    payload: Any = Field(description="As it came from the source")


RecordPage = listed("RecordPage", RecordItem)


@endpoints.get(
    "",
    scope=Scope.IMPORTS_READ,
    answer=RecordPage,
    operation_id="list_records",
    summary="List records that wait for review",
)
def list_records(request: HttpRequest, query: Query[RecordQuery]) -> Page:
    return page(_chosen(query), query, SORTS, usual="name")


@endpoints.get(
    "/{record_id}",
    scope=Scope.IMPORTS_READ,
    answer=RecordOut,
    operation_id="read_record",
    summary="Read a record of a source",
)
def read_record(request: HttpRequest, record_id: RowId) -> DirectoryRecord:
    """Also one that waits no more."""
    return get_object_or_404(DirectoryRecord.objects.select_related("sighting"), pk=record_id)


def _chosen(query: RecordQuery) -> QuerySet[DirectoryRecord]:
    asked = {"source": query.source_id, "first_run": query.run_id, "standing": query.standing}
    wanted = {name: value for name, value in asked.items() if value is not None}
    rows = review.waiting_records().filter(**wanted)
    return RecordFilter({"q": query.q}, queryset=rows).qs
