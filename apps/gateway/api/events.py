"""Domain events to read: ids and states, nothing about health. Who wants to be told of them has webhooks."""

from typing import Any

from django.http import HttpRequest
from ninja import Query
from pydantic import Field

from apps.events import documents
from apps.events.envelope import envelope
from apps.gateway import selectors
from apps.gateway.api.schemas import CatalogueOut, EventOut
from apps.gateway.enums import Scope
from apps.gateway.fields import Id, Moment, Text
from apps.gateway.paging import Page, PageQuery, listed, page
from apps.gateway.routing import Endpoints

endpoints = Endpoints(tags=["events"])

SORTS = {"id": ("id",)}
DESCRIPTION = """In the order in which they were told. Changes that take place side by side may become visible
in another order than that of their ids: who reads on with `after_id` should look back a minute (`since`), and
pass over what is known by its `event_id`. Webhooks miss nothing."""


class EventQuery(PageQuery):
    """`sort`: id, -id."""

    type: Text = ""
    producer: Text = ""
    subject_id: Text = ""
    after_id: Id | None = Field(None, description="Only events behind this `id`")
    since: Moment | None = Field(None, description="ISO 8601 with offset: only what happened from then on")


EventPage = listed("EventPage", EventOut)


@endpoints.get(
    "",
    scope=Scope.EVENTS_READ,
    answer=EventPage,
    summary="Domain events, the oldest first",
    description=DESCRIPTION,
    operation_id="list_events",
)
def list_events(request: HttpRequest, query: Query[EventQuery]) -> Page:
    rows = selectors.events(
        type=query.type,
        producer=query.producer,
        subject_id=query.subject_id,
        after_id=query.after_id,
        since=query.since,
    )
    found = page(rows, query, SORTS)
    return Page([{"id": row.pk, **envelope(row)} for row in found.items], found.next)


@endpoints.get(
    "/catalogue",
    scope=Scope.EVENTS_READ,
    answer=CatalogueOut,
    by_alias=True,
    summary="Every type of event, as JSON Schema",
    operation_id="read_event_catalogue",
)
def read_event_catalogue(request: HttpRequest) -> dict[str, Any]:
    return documents.document()
