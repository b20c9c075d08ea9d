import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.geocoding.distance import EARTH_RADIUS_KM, haversine_km

points = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


def test_haversine_km_of_one_degree_on_the_equator_is_its_arc() -> None:
    assert haversine_km(0, 10, 0, 11) == pytest.approx(EARTH_RADIUS_KM * 3.141592653589793 / 180, rel=1e-12)


def test_haversine_km_leipzig_to_dresden() -> None:
    assert round(haversine_km(51.34, 12.37, 51.05, 13.74)) == 101


def test_haversine_km_of_neighbours_keeps_metres() -> None:
    assert haversine_km(51.34, 12.37, 51.340009, 12.37) == pytest.approx(0.001, rel=0.001)


def test_haversine_km_of_antipodes_is_half_the_circumference() -> None:
    assert haversine_km(0, 0, 0, 180) == pytest.approx(EARTH_RADIUS_KM * 3.141592653589793)


@given(points, points)
def test_haversine_km_is_symmetric_and_bounded(a: tuple[float, float], b: tuple[float, float]) -> None:
    there, back = haversine_km(*a, *b), haversine_km(*b, *a)
    assert there == pytest.approx(back, abs=1e-6)
    assert 0 <= there <= EARTH_RADIUS_KM * 3.1415926536


@given(points)
def test_haversine_km_to_itself_is_zero(point: tuple[float, float]) -> None:
    assert haversine_km(*point, *point) == 0
