"""Ranges of ICD codes as bits of the hundred categories F00 to F99 (mental and behavioural disorders)."""

import numpy as np

from apps.core import icd

FIRST, LAST = icd.code_range("F00")[0], icd.code_range("F99")[1]
CODES = icd.code_range("F00")[1] - FIRST + 1  # full codes in a category
CATEGORIES = 100
WORDS, BITS = 2, 64


def touched(ranges: np.ndarray) -> np.ndarray:
    """Return, for ranges (n, 2), the categories each shares a code with: uint64 (n, WORDS)."""
    first, last = np.maximum(ranges[:, 0], FIRST), np.minimum(ranges[:, 1], LAST)
    return _bits((first - FIRST) // CODES, (last - FIRST) // CODES, first <= last)


def whole(ranges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the categories each range covers, uint64 (n, WORDS), and whether it holds anything else."""
    first, last = ranges[:, 0] - FIRST, ranges[:, 1] + 1 - FIRST
    is_whole = (first % CODES == 0) & (last % CODES == 0) & (first >= 0) & (last <= CATEGORIES * CODES)
    is_whole &= first < last
    return _bits(first // CODES, last // CODES - 1, is_whole), ~is_whole


def _bits(first: np.ndarray, last: np.ndarray, is_any: np.ndarray) -> np.ndarray:
    """Return the bits first to last, none where is_any is false."""
    category = np.arange(WORDS * BITS)
    is_in = (first[:, np.newaxis] <= category) & (category <= last[:, np.newaxis]) & is_any[:, np.newaxis]
    return np.packbits(is_in, axis=1, bitorder="little").view("<u8").astype(np.uint64)
