import numpy as np
import pytest

from apps.geocoding.travel import (
    UNKNOWN_POINT,
    farthest_km,
    measured_minutes,
    point_key,
    point_keys,
    point_of,
    travel_minutes,
)
from apps.patients.enums import TravelMode


def test_modes_are_those_of_the_patients() -> None:
    assert [travel_minutes(mode, 0.0) for mode in TravelMode.values] == [5, 12, 2, 0]


@pytest.mark.parametrize(
    ("point", "rounded"),
    [
        ((51.33974, 12.37306), (51.3397, 12.3731)),
        ((51.33976, 12.37304), (51.3398, 12.373)),
        ((-90.0, -180.0), (-90.0, -180.0)),
        ((90.0, 180.0), (90.0, 180.0)),
        ((0.0, 0.0), (0.0, 0.0)),
    ],
)
def test_point_comes_back_from_its_key_with_four_digits(
    point: tuple[float, float], rounded: tuple[float, float]
) -> None:
    assert point_of(point_key(*point)) == rounded
    assert point_key(*point_of(point_key(*point))) == point_key(*point)


def test_point_that_is_not_known_has_no_key() -> None:
    keys = point_keys(np.array([np.nan, 51.0, 51.0]), np.array([12.0, np.nan, 12.0]))
    assert keys.tolist() == [UNKNOWN_POINT, UNKNOWN_POINT, 1_410_000 * 10_000_000 + 1_920_000]


@pytest.mark.parametrize(
    ("mode", "seconds", "minutes"),
    [
        ("car", 0, 5),
        ("car", 60, 6),
        ("car", 61, 7),
        ("bicycle", 600, 12),
        ("foot", 600, 10),
        ("public_transport", 1500, 25),
    ],
)
def test_measured_minutes_go_from_door_to_door(mode: str, seconds: int, minutes: int) -> None:
    assert measured_minutes(mode, seconds) == minutes


@pytest.mark.parametrize(
    ("mode", "minutes", "km"),
    [
        ("car", 35.0, 65.0),
        ("car", 3.0, 0.0),
        ("bicycle", 62.0, 30.0),
        ("foot", 30.0, 5.0),
        ("public_transport", 60.0, 120.0),
    ],
)
def test_farthest_km_is_that_of_the_fastest(mode: str, minutes: float, km: float) -> None:
    assert farthest_km(mode, minutes) == km
