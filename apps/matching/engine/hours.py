"""Weekly hours: exact common time of two schedules, down to the minute.

Times are local wall time, in minutes since midnight; 24:00 is 1440. Days never join: time until Monday
24:00 and from Tuesday 00:00 is two stretches. A schedule without any time counts as unknown.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

DAYS = 7
MINUTES_PER_DAY = 1440


class Interval(NamedTuple):
    weekday: int  # 0 is Monday
    start: int
    end: int


Schedule = Sequence[Interval]


def merge(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """Sort, join what touches or overlaps within a day, drop what is empty."""
    merged: list[Interval] = []
    for weekday, start, end in sorted(intervals):
        _require_valid(weekday, start, end)
        if start == end:
            continue
        if merged and merged[-1].weekday == weekday and start <= merged[-1].end:
            merged[-1] = Interval(weekday, merged[-1].start, max(end, merged[-1].end))
        else:
            merged.append(Interval(weekday, start, end))
    return tuple(merged)


def longest_common_minutes(left: Schedule, right: Schedule) -> int:
    """Return the longest stretch in one piece and on one day that both schedules hold."""
    return max(_common_pieces(left, right), default=0)


def common_minutes(left: Schedule, right: Schedule) -> int:
    """Return the minutes of the week that both schedules hold."""
    return sum(_common_pieces(left, right))


@dataclass(frozen=True)
class HoursColumns:
    """Merged schedules of n people; K is the largest number of intervals anybody has on one day.

    Unused places hold start = end = 0, which has nothing in common with anything. People come last, so that
    one day of many people is one run of memory.
    """

    start: np.ndarray  # int16 (K, 7, n)
    end: np.ndarray  # int16 (K, 7, n)
    depth: np.ndarray  # int16 (n,): intervals on the person's fullest day, 0 = hours unknown

    @property
    def is_known(self) -> np.ndarray:
        return self.depth > 0

    def take(self, rows: np.ndarray) -> "HoursColumns":
        return HoursColumns(self.start[:, :, rows], self.end[:, :, rows], self.depth[rows])


@dataclass(frozen=True)
class CommonTime:
    longest: np.ndarray  # int16 (pairs,), longest stretch in one piece, minutes
    total: np.ndarray  # int16 (pairs,), minutes of the week


def pack_hours(schedules: Sequence[Schedule | None]) -> HoursColumns:
    merged = [merge(schedule or ()) for schedule in schedules]
    rows = [(person, *place) for person, schedule in enumerate(merged) for place in _places(schedule)]
    layers = max((row[1] for row in rows), default=-1) + 1
    start = np.zeros((layers, DAYS, len(merged)), dtype=np.int16)
    end = np.zeros_like(start)
    depth = np.zeros(len(merged), dtype=np.int16)
    if rows:
        person, layer, weekday, first, last = np.array(rows, dtype=np.int64).T
        start[layer, weekday, person] = first
        end[layer, weekday, person] = last
        np.maximum.at(depth, person, (layer + 1).astype(np.int16))
    return HoursColumns(start, end, depth)


def common_time(
    left: HoursColumns, left_rows: np.ndarray, right: HoursColumns, right_rows: np.ndarray
) -> CommonTime:
    """Return the common time of pair i, made of left_rows[i] and right_rows[i]; 0 where one side is unknown.

    Both sides are merged, so the common pieces of a pair are exactly the overlaps of its intervals day by
    day: no two of them touch, and the longest overlap is the longest stretch.
    """
    longest = np.zeros(len(left_rows), dtype=np.int16)
    total = np.zeros_like(longest)
    for left_layer, right_layer, pairs in _layer_pairs(left, left_rows, right, right_rows):
        a, b = left_rows[pairs], right_rows[pairs]
        most, sum_ = np.zeros(len(pairs), dtype=np.int16), np.zeros(len(pairs), dtype=np.int16)
        for day in range(DAYS):
            piece = np.minimum(left.end[left_layer, day].take(a), right.end[right_layer, day].take(b))
            piece -= np.maximum(left.start[left_layer, day].take(a), right.start[right_layer, day].take(b))
            np.maximum(piece, 0, out=piece)
            np.maximum(most, piece, out=most)
            sum_ += piece
        longest[pairs] = np.maximum(longest[pairs], most)
        total[pairs] += sum_
    return CommonTime(longest, total)


def _layer_pairs(
    left: HoursColumns, left_rows: np.ndarray, right: HoursColumns, right_rows: np.ndarray
) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yield each combination of layers with the pairs that use it: few people have many intervals a day."""
    left_depth, right_depth = left.depth[left_rows], right.depth[right_rows]
    for left_layer in range(len(left.start)):
        using_left = np.flatnonzero(left_depth > left_layer)
        for right_layer in range(len(right.start)):
            pairs = using_left[right_depth[using_left] > right_layer]
            if pairs.size == 0:
                break
            yield left_layer, right_layer, pairs


def _places(schedule: Schedule) -> Iterator[tuple[int, int, int, int]]:
    """Yield (layer, weekday, start, end), where the layer numbers the intervals of a day."""
    used = [0] * DAYS
    for weekday, start, end in schedule:
        yield used[weekday], weekday, start, end
        used[weekday] += 1


def _common_pieces(left: Schedule, right: Schedule) -> list[int]:
    overlaps = (
        min(a.end, b.end) - max(a.start, b.start)
        for a in merge(left)
        for b in merge(right)
        if a.weekday == b.weekday
    )
    return [minutes for minutes in overlaps if minutes > 0]


def _require_valid(weekday: int, start: int, end: int) -> None:
    if not (0 <= weekday < DAYS and 0 <= start <= end <= MINUTES_PER_DAY):
        raise ValueError(f"no weekly interval: weekday {weekday}, {start} to {end}")
