import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.matching.engine.geometry import SpatialIndex, distance_km, expand, unit_vectors

LATITUDES = st.one_of(st.sampled_from([-90.0, 90.0, 0.0, 52.5]), st.floats(-90, 90), st.floats(52, 53))
LONGITUDES = st.one_of(st.sampled_from([-180.0, 180.0, 0.0, 13.4]), st.floats(-180, 180), st.floats(13, 14))
POINTS = st.lists(st.tuples(LATITUDES, LONGITUDES), min_size=1, max_size=30)


def as_columns(points: list[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    latitude, longitude = np.array(points, dtype=float).reshape(-1, 2).T
    return latitude, longitude


@pytest.mark.parametrize(
    ("first", "second", "kilometres"),
    [
        ((52.52, 13.405), (52.52, 13.405), 0.0),
        ((52.0, 13.0), (53.0, 13.0), 111.195),
        ((0.0, 0.0), (0.0, 180.0), 20015.114),
        ((52.520008, 13.404954), (48.137154, 11.576124), 504.302),
    ],
)
def test_distance_is_on_the_sphere_in_whole_metres(
    first: tuple[float, float], second: tuple[float, float], kilometres: float
) -> None:
    left, right = unit_vectors(*as_columns([first])), unit_vectors(*as_columns([second]))
    assert distance_km(left, right).tolist() == [kilometres]


def test_distance_of_unknown_location_is_nan() -> None:
    left, right = unit_vectors(*as_columns([(np.nan, 13.0)])), unit_vectors(*as_columns([(52.0, 13.0)]))
    assert np.isnan(distance_km(left, right)).tolist() == [True]


@settings(max_examples=150, deadline=None)
@given(POINTS, POINTS, st.sampled_from([0.0, 1.0, 25.0, 400.0, 9_000.0, 20_016.0, np.inf]))
def test_ranges_hold_everybody_within_the_radius_once(
    points: list[tuple[float, float]], centres: list[tuple[float, float]], radius_km: float
) -> None:
    index = SpatialIndex.build(*as_columns(points))
    ranges = index.ranges(*as_columns(centres), np.full(len(centres), radius_km))
    centre, point = index.points(ranges)
    found = list(zip(centre.tolist(), point.tolist(), strict=True))
    assert len(set(found)) == len(found)
    assert centre.tolist() == sorted(centre.tolist())
    c, p = np.divmod(np.arange(len(centres) * len(points)), len(points))
    distance = distance_km(unit_vectors(*as_columns(centres))[:, c], unit_vectors(*as_columns(points))[:, p])
    near = distance <= radius_km
    assert set(zip(c[near].tolist(), p[near].tolist(), strict=True)) <= set(found)


def test_ranges_leave_out_far_points_and_unknown_locations() -> None:
    latitude, longitude = as_columns([(52.5, 13.4), (48.1, 11.6), (np.nan, np.nan), (52.5, 9.7)])
    index = SpatialIndex.build(latitude, longitude)
    centres = as_columns([(52.51, 13.41), (np.nan, np.nan)])
    centre, point = index.points(index.ranges(*centres, np.array([25.0, 25.0])))
    assert (centre.tolist(), point.tolist()) == ([0], [0])


def test_ranges_of_an_empty_index_are_empty() -> None:
    nobody = np.zeros(0)
    index = SpatialIndex.build(nobody, nobody)
    assert len(index.ranges(*as_columns([(52.5, 13.4)]), np.array([25.0])).centre) == 0


def test_expand_repeats_owners_and_counts_steps() -> None:
    owner, step = expand(np.array([2, 0, 3]))
    assert (owner.tolist(), step.tolist()) == ([0, 0, 2, 2, 2], [0, 1, 0, 1, 2])
