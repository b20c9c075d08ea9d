"""Weekly hours to the minute: two stretches a day at most, never on a raster."""

from dataclasses import dataclass

import numpy as np

from benchmarks.world.draws import Draw

DAY_SHARES = np.array([0.80, 0.82, 0.80, 0.82, 0.70, 0.10, 0.02])  # who is there on Monday … Sunday


@dataclass(frozen=True)
class Week:
    """What a group of people's days look like, in minutes."""

    first_start: tuple[int, int]
    first_length: tuple[int, int]
    break_length: tuple[int, int]
    second_length: tuple[int, int]
    second_share: float
    day_factor: float = 1.0


WORKING = Week((7 * 60, 10 * 60), (100, 260), (25, 120), (60, 260), 0.65)
FREE = Week((7 * 60, 15 * 60), (70, 300), (45, 180), (60, 180), 0.35, 0.6)
PHONE = Week((8 * 60, 17 * 60), (25, 70), (60, 120), (25, 50), 0.05, 0.4)


def hours(draw: Draw, week: Week, has_hours: np.ndarray) -> dict[str, list[int]]:
    """Return rows of weekly hours: `person` is the place of the owner in has_hours."""
    shape = (len(has_hours), 7)
    is_there = (draw.rng.random(shape) < DAY_SHARES * week.day_factor) & has_hours[:, np.newaxis]
    is_there[:, 1] |= has_hours  # whoever has hours has some
    start = draw.integers(*week.first_start, shape)
    end = start + draw.integers(*week.first_length, shape)
    again = end + draw.integers(*week.break_length, shape)
    until = np.minimum(again + draw.integers(*week.second_length, shape), 24 * 60)
    is_back = is_there & (draw.rng.random(shape) < week.second_share)
    stretches = [(is_there, start, end), (is_back, again, until)]
    person, weekday = np.concatenate([np.argwhere(mask) for mask, _start, _end in stretches]).T
    return {
        "person": person.tolist(),
        "weekday": weekday.tolist(),
        "start_minute": np.concatenate([first[mask] for mask, first, _last in stretches]).tolist(),
        "end_minute": np.concatenate([last[mask] for mask, _first, last in stretches]).tolist(),
    }
