"""Which wishes of therapists cover which diagnoses, for whole columns; the grammar is in `core.icd`."""

from collections.abc import Sequence

import numpy as np

from apps.core.icd import code_range


def coverage(wish_sets: Sequence[Sequence[str]], diagnoses: Sequence[str]) -> np.ndarray:
    """Return a bool matrix (wish sets x diagnoses): does any code of the set cover the diagnosis?

    All codes are canonical. A set without a code covers nothing.
    """
    result = np.zeros((len(wish_sets), len(diagnoses)), dtype=bool)
    codes = sorted({code for wish_set in wish_sets for code in wish_set})
    if not codes or not diagnoses:
        return result
    row_of_code = {code: row for row, code in enumerate(codes)}
    wished, diagnosed = _range_array(codes), _range_array(diagnoses)
    by_code = (wished[:, :1] <= diagnosed[:, 1]) & (diagnosed[:, 0] <= wished[:, 1:])
    for row, wish_set in enumerate(wish_sets):
        result[row] = by_code[[row_of_code[code] for code in wish_set]].any(axis=0)
    return result


def _range_array(codes: Sequence[str]) -> np.ndarray:
    return np.array([code_range(code) for code in codes], dtype=np.int32)
