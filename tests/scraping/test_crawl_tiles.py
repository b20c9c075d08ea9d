"""Boxes that cover: no hole anywhere, quarters that lose nothing."""

import random
from math import cos, radians

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.geocoding.distance import haversine_km
from apps.geocoding.regions import regions
from apps.scraping.crawl.tiles import Box, Circle, cover

GERMANY = [Circle(*region) for region in regions().values()]
areas = st.builds(Circle, st.floats(47.3, 54.9), st.floats(6.0, 15.0), st.floats(0.1, 150))


def _points_in(area: Circle, count: int, chance: random.Random) -> list[tuple[float, float]]:
    reach = area.radius_km / 111.195
    square = [
        (
            area.latitude + chance.uniform(-reach, reach),
            area.longitude + chance.uniform(-reach, reach) / cos(radians(area.latitude)),
        )
        for _number in range(count)
    ]
    return [point for point in square if haversine_km(*point, *area[:2]) <= area.radius_km]


def _is_asked(point: tuple[float, float], boxes: list[Box]) -> bool:
    return any(
        haversine_km(*point, box.around.latitude, box.around.longitude) <= box.around.radius_km
        for box in boxes
    )


@settings(deadline=None, max_examples=60)
@given(st.lists(areas, min_size=1, max_size=3), st.floats(5, 60), st.randoms(use_true_random=False))
def test_every_point_of_the_areas_is_asked_for(
    wanted: list[Circle], radius_km: float, chance: random.Random
) -> None:
    boxes = cover(wanted, radius_km=radius_km)
    points = [point for area in wanted for point in _points_in(area, 20, chance)]
    assert [point for point in points if not _is_asked(point, boxes)] == []
    assert max(box.around.radius_km for box in boxes) <= radius_km


def test_germany_is_covered_without_waste() -> None:
    boxes = cover(GERMANY, radius_km=25)
    points = [point for area in GERMANY for point in _points_in(area, 20, random.Random(1))]
    assert [point for point in points if not _is_asked(point, boxes)] == []
    assert len(boxes) == len(set(boxes)) < 450


def test_quarters_fill_the_box() -> None:
    box = Box(51.0, 12.0, 51.4, 12.8)
    quarters = box.quarters()
    assert {(one.south, one.north) for one in quarters} == {(51.0, 51.2), (51.2, 51.4)}
    assert {(one.west, one.east) for one in quarters} == {(12.0, 12.4), (12.4, 12.8)}
    assert len(set(quarters)) == 4


def test_nothing_wanted_is_nothing_covered() -> None:
    assert cover([], radius_km=25) == []


@settings(deadline=None)
@given(st.floats(47, 55), st.floats(6, 15), st.floats(0.001, 1), st.floats(0.001, 1))
def test_circle_holds_all_corners_of_its_box(south: float, west: float, height: float, width: float) -> None:
    box = Box(south, west, south + height, west + width)
    corners = [(one, other) for one in (box.south, box.north) for other in (box.west, box.east)]
    around = box.around
    assert max(haversine_km(around.latitude, around.longitude, *corner) for corner in corners) <= (
        around.radius_km
    )
