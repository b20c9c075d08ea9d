"""Places, distances and travel times for clients. Nothing here is about a person."""

from typing import Annotated, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Schema
from pydantic import Field

from apps.gateway.enums import Scope
from apps.gateway.routing import Endpoints
from apps.geocoding import selectors
from apps.geocoding.distance import haversine_km
from apps.geocoding.services import travel
from apps.geocoding.travel_times import Origin

endpoints = Endpoints(tags=["geocoding"])
ROUTERS = {"/geocoding": endpoints}

Latitude = Annotated[float, Field(ge=-90, le=90, description="degrees, WGS 84")]
Longitude = Annotated[float, Field(ge=-180, le=180, description="degrees, WGS 84")]


class PlaceQuery(Schema):
    plz: str = Field("", max_length=10)
    city: str = Field("", max_length=80)


class PlaceOut(Schema):
    """Without coordinates where nothing was found: then `precision` is `none`."""

    latitude: float | None
    longitude: float | None
    precision: Literal["house", "street", "plz", "town", "none", "manual"]
    state: str | None = Field(description="two letters of ISO 3166-2:DE")


class Point(Schema):
    latitude: Latitude
    longitude: Longitude


class DistanceIn(Schema):
    origin: Point
    destinations: Annotated[list[Point], Field(min_length=1, max_length=100)]


class DistanceOut(Schema):
    distances_km: list[float] = Field(description="as the crow flies, in the order asked")


class TravelIn(DistanceIn):
    """Where the route planner is not our own it is asked for the middle of `plz`, never for the point."""

    plz: str = Field("", max_length=5)
    mode: Literal["car", "public_transport", "bicycle", "foot"]


class TravelOut(Schema):
    minutes: int | None = Field(description="none where there is no way")
    is_estimated: bool
    distance_km: float


class TravelsOut(Schema):
    travels: list[TravelOut]


@endpoints.get(
    "/place",
    operation_id="find_place",
    scope=Scope.GEOCODING_READ,
    answer=PlaceOut,
    summary="Where a PLZ or town lies",
)
def place(request: HttpRequest, query: Query[PlaceQuery]) -> selectors.Location:
    return selectors.locate(plz=query.plz, city=query.city)


@endpoints.post(
    "/distances",
    operation_id="measure_distances",
    scope=Scope.GEOCODING_READ,
    answer=DistanceOut,
    is_question=True,
    summary="Distances as the crow flies",
)
def distances(request: HttpRequest, data: DistanceIn) -> dict[str, list[float]]:
    origin = data.origin
    return {
        "distances_km": [
            round(haversine_km(origin.latitude, origin.longitude, one.latitude, one.longitude), 3)
            for one in data.destinations
        ]
    }


@endpoints.post(
    "/travel-times",
    operation_id="measure_travel_times",
    scope=Scope.GEOCODING_READ,
    answer=TravelsOut,
    is_question=True,
    summary="Travel times",
)
def travel_times(request: HttpRequest, data: TravelIn) -> dict[str, list[dict[str, object]]]:
    found = travel.travel_minutes(
        origin=Origin(data.origin.latitude, data.origin.longitude, data.plz),
        destinations=[(one.latitude, one.longitude) for one in data.destinations],
        mode=data.mode,
        at=timezone.now(),
    )
    return {
        "travels": [
            {"minutes": one.minutes, "is_estimated": one.is_estimated, "distance_km": round(one.km, 3)}
            for one in found
        ]
    }
