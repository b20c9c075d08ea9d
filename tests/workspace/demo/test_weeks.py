import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.weekly import Interval, total_minutes
from apps.workspace.demo import facts
from apps.workspace.demo.weeks import PATTERNS, PHONE_MINUTES, availability, phone_hours, working_hours

seeds = st.integers(0, 2**32)
seats = st.sampled_from(["full", "half", "none"])


def assert_well_formed(hours: list[Interval]) -> None:
    """Sorted, inside a day, at least a minute apart."""
    assert hours
    assert all(0 <= day <= 6 and 0 <= start < end <= 1440 for day, start, end in hours)
    assert all((a.weekday, a.end) < (b.weekday, b.start) for a, b in pairwise(hours))


@given(seeds, seats)
def test_phone_hours_reach_the_duty_of_the_seat_in_windows_of_25(seed: int, seat: str) -> None:
    hours = phone_hours(random.Random(seed), seat)
    assert_well_formed(hours)
    assert PHONE_MINUTES[seat] <= total_minutes(hours) < PHONE_MINUTES[seat] + 50
    assert all((end - start) % 25 == 0 and day < 5 for day, start, end in hours)


def test_phone_hours_of_a_full_seat_are_at_least_200_minutes() -> None:
    assert PHONE_MINUTES == {"full": 200, "half": 100, "none": 50}


@given(seeds, seats)
def test_working_hours_are_a_plausible_week(seed: int, seat: str) -> None:
    hours = working_hours(random.Random(seed), seat)
    assert_well_formed(hours)
    assert all(start >= 7 * 60 and end <= 20 * 60 + 30 for _day, start, end in hours)
    assert total_minutes(hours) >= 2 * 105


def test_working_hours_have_unaligned_minutes() -> None:
    starts = {
        start % 60 for seed in range(60) for _day, start, _end in working_hours(random.Random(seed), "full")
    }
    assert starts >= {5, 25, 35, 50}


@given(seeds, st.sampled_from(sorted(PATTERNS)))
def test_availability_is_well_formed(seed: int, pattern: str) -> None:
    hours = availability(random.Random(seed), pattern)
    assert_well_formed(hours)
    assert total_minutes(hours) >= 10 * 60


@pytest.mark.parametrize("pattern", sorted({row["pattern"] for row in facts.table("occupations")}))
def test_every_occupation_has_hours(pattern: str) -> None:
    assert pattern in PATTERNS


@given(seeds)
def test_availability_of_working_people_leaves_office_hours_alone(seed: int) -> None:
    hours = availability(random.Random(seed), "full_time")
    assert not [interval for interval in hours if interval.weekday < 4 and 510 < interval.end <= 960]


def test_hours_same_seed_same_week() -> None:
    for pattern in PATTERNS:
        assert availability(random.Random(3), pattern) == availability(random.Random(3), pattern)
    assert working_hours(random.Random(3), "half") == working_hours(random.Random(3), "half")
    assert phone_hours(random.Random(3), "half") == phone_hours(random.Random(3), "half")
