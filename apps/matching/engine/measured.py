"""Measured travel times as pairs of search and place, for the loops of `kernel` to look up.

They come per destination (`SearchColumns.measured`), so a therapist who moves loses them by itself and
colleagues under one roof share them. Where there is none, everything is as if nobody had ever measured. A
therapist whose measured minutes are fewer than the estimate may lie beyond the circle in which the estimate
looks around; measured places are therefore judged one by one, and no circle has to be widened for them.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from apps.matching.engine.columns import SearchColumns
from apps.matching.engine.compiled import inlined
from apps.matching.engine.geometry import expand
from apps.matching.engine.sides import Therapists


class Measured(NamedTuple):
    """Pairs by search, the places of a search ascending and each at most once."""

    offset: np.ndarray  # int64 (searches + 1,)
    place: np.ndarray  # int64
    minutes: np.ndarray  # float64


@lru_cache(maxsize=4)
def measured_at(searches: SearchColumns, everybody: Therapists) -> Measured:
    pairs = searches.measured
    if not len(pairs.values):
        return Measured(pairs.offset, np.empty(0, dtype=np.int64), np.empty(0))
    points, places = everybody.places_by_point
    begin = np.searchsorted(points, pairs.values[:, 0], side="left")
    end = np.searchsorted(points, pairs.values[:, 0], side="right")
    pair, step = expand(end - begin)
    row, place = pairs.row[pair], places[begin[pair] + step]
    is_located = ~np.isnan(searches.vectors[0][row])
    row, place, minutes = row[is_located], place[is_located], pairs.values[pair[is_located], 1]
    order = np.lexsort((place, row))
    counts = np.bincount(row, minlength=len(searches))
    offset = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Measured(offset, place[order], minutes[order].astype(np.float64))


@inlined
def minutes_between(s: int, t: int, measured: Measured) -> float:
    """Return the measured minutes of one pair, NaN where there are none."""
    low, high = measured.offset[s], measured.offset[s + 1]
    while low < high:
        middle = (low + high) >> 1
        if measured.place[middle] < t:
            low = middle + 1
        else:
            high = middle
    is_found = low < measured.offset[s + 1] and measured.place[low] == t
    return measured.minutes[low] if is_found else np.nan


@inlined
def lay_out(s: int, measured: Measured, minutes_of: np.ndarray) -> None:
    """Write the measured minutes of one search to their places."""
    for pair in range(measured.offset[s], measured.offset[s + 1]):
        minutes_of[measured.place[pair]] = measured.minutes[pair]


@inlined
def clear_away(s: int, measured: Measured, minutes_of: np.ndarray) -> None:
    for pair in range(measured.offset[s], measured.offset[s + 1]):
        minutes_of[measured.place[pair]] = np.nan
