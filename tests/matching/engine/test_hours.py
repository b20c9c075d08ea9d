from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.matching.engine.compiled import compiled
from apps.matching.engine.hours import (
    LANES,
    HoursColumns,
    Interval,
    Schedule,
    common_minutes,
    longest_common,
    longest_common_minutes,
    merge,
    pack_hours,
    total_common,
)
from tests.matching import oracle
from tests.matching.strategies import schedules

MONDAY, TUESDAY, SUNDAY = 0, 1, 6


@compiled
def compiled_common_time(*people: Any) -> tuple[int, int]:
    return longest_common(*people), total_common(*people)


def of_columns(left: HoursColumns, row: int, right: HoursColumns, column: int) -> tuple[int, int]:
    return compiled_common_time(*flat(left, row), *flat(right, column))


def flat(hours: HoursColumns, row: int) -> tuple[Any, ...]:
    return hours.start.ravel(), hours.end.ravel(), row * hours.start.shape[1] * LANES, hours.depth[row]


def both(left: Schedule, right: Schedule) -> tuple[int, int]:
    """Return (longest, total) and make sure that columns say the same in both directions."""
    longest, total = longest_common_minutes(left, right), common_minutes(left, right)
    for a, b in ((left, right), (right, left)):
        assert of_columns(pack_hours([a]), 0, pack_hours([b]), 0) == (longest, total)
    return longest, total


def test_merge_joins_touching_and_overlapping_and_drops_empty() -> None:
    assert merge(
        [
            Interval(MONDAY, 600, 660),
            Interval(MONDAY, 540, 600),
            Interval(MONDAY, 650, 700),
            Interval(MONDAY, 560, 570),
            Interval(MONDAY, 800, 800),
            Interval(TUESDAY, 700, 710),
        ]
    ) == (Interval(MONDAY, 540, 700), Interval(TUESDAY, 700, 710))


@pytest.mark.parametrize("wrong", [(7, 0, 10), (-1, 0, 10), (0, 20, 10), (0, -1, 10), (0, 0, 1441)])
def test_merge_refuses_what_is_no_interval(wrong: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="no weekly interval"):
        merge([Interval(*wrong)])


def test_common_time_of_unaligned_fifty_minutes_is_exact() -> None:
    assert both([Interval(MONDAY, 550, 600)], [Interval(MONDAY, 540, 601)]) == (50, 50)
    assert both([Interval(MONDAY, 551, 600)], [Interval(MONDAY, 540, 601)]) == (49, 49)


def test_common_time_in_two_short_pieces_is_no_long_one() -> None:
    left = [Interval(MONDAY, 540, 580), Interval(MONDAY, 590, 630)]
    assert both(left, [Interval(MONDAY, 540, 630)]) == (40, 80)


def test_common_time_over_touching_intervals_is_one_piece() -> None:
    left = [Interval(MONDAY, 540, 570), Interval(MONDAY, 570, 600)]
    right = [Interval(MONDAY, 530, 565), Interval(MONDAY, 560, 590)]
    assert both(left, right) == (50, 50)


def test_common_time_does_not_join_midnight() -> None:
    left = [Interval(MONDAY, 1410, 1440), Interval(TUESDAY, 0, 30)]
    assert both(left, left) == (30, 60)
    week_end = [Interval(SUNDAY, 1410, 1440), Interval(MONDAY, 0, 30)]
    assert both(week_end, week_end) == (30, 60)


def test_common_time_of_whole_days_is_whole_week() -> None:
    always = [Interval(day, 0, 1440) for day in range(7)]
    assert both(always, always) == (1440, 7 * 1440)


def test_common_time_on_different_days_is_none() -> None:
    assert both([Interval(MONDAY, 540, 600)], [Interval(TUESDAY, 540, 600)]) == (0, 0)


def test_common_time_that_only_touches_is_none() -> None:
    assert both([Interval(MONDAY, 540, 600)], [Interval(MONDAY, 600, 660)]) == (0, 0)


def test_common_time_with_empty_schedule_is_none() -> None:
    assert both([], [Interval(MONDAY, 540, 600)]) == (0, 0)
    assert both([], []) == (0, 0)


def test_pack_hours_marks_empty_schedules_unknown() -> None:
    packed = pack_hours([None, (), (Interval(MONDAY, 5, 5),), (Interval(MONDAY, 5, 6),)])
    assert packed.is_known.tolist() == [False, False, False, True]
    assert pack_hours([]).is_known.tolist() == []


@settings(max_examples=40, deadline=None)
@given(st.lists(schedules(), min_size=1, max_size=12), st.lists(schedules(), min_size=1, max_size=12))
def test_common_time_agrees_with_counting_minutes(left: list[Schedule], right: list[Schedule]) -> None:
    columns = pack_hours(left), pack_hours(right)
    for row, column in product(range(len(left)), range(len(right))):
        total, longest = oracle.common_time(left[row], right[column])
        assert of_columns(columns[0], row, columns[1], column) == (longest or 0, total or 0)


@settings(max_examples=20, deadline=None)
@given(st.lists(schedules(), min_size=2, max_size=6), schedules())
def test_replaced_rows_are_those_of_the_others(people: list[Schedule], other: Schedule) -> None:
    changed = pack_hours(people).replaced(np.array([1]), pack_hours([other]))
    expected = pack_hours([people[0], other, *people[2:]])
    layers = expected.start.shape[1]
    assert changed.depth.tolist() == expected.depth.tolist()
    assert changed.start[:, :layers].tolist() == expected.start.tolist()
    assert changed.end[:, :layers].tolist() == expected.end.tolist()
    assert not changed.end[:, layers:].any()
