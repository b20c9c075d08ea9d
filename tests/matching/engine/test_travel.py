import numpy as np
import pytest

from apps.matching.engine.travel import TRAVEL_MODES, estimate_minutes, reachable_km, travel_minutes


@pytest.mark.parametrize(
    ("mode", "distance_km", "minutes"),
    [
        ("car", 0.0, 5),
        ("car", 10.0, 25),
        ("public_transport", 10.0, 47),
        ("bicycle", 4.0, 22),
        ("foot", 0.0, 0),
        ("foot", 2.0, 30),
        ("foot", 2.001, 31),
    ],
)
def test_travel_minutes_are_whole_and_rounded_up(mode: str, distance_km: float, minutes: int) -> None:
    assert travel_minutes(mode, distance_km) == minutes


def test_reachable_km_covers_everything_within_the_minutes() -> None:
    modes = np.arange(len(TRAVEL_MODES))
    for minutes in (0.0, 5.0, 30.0, 240.0):
        reach = reachable_km(modes, np.full(len(modes), minutes))
        assert np.all(estimate_minutes(modes, reach + 0.1) > minutes)
