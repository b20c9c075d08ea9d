"""ICD-10-GM codes and the question whether a therapist's wish covers a patient's diagnosis.

A code stands for the range of all full codes below it: F40 is F40.00 to F40.99, F4 is F40.00 to F49.99, the
block F40-F48 is F40.00 to F48.99. A wish covers a diagnosis when the two ranges share a code, which is what
"hierarchical both ways" means: F40 covers F40.1, and a patient coded F40 fits a wish for F40.1.
"""

import re
from collections.abc import Sequence
from functools import cache

import numpy as np

_CODE = re.compile(r"([A-Z])([0-9]?|[0-9]{2})(?:(?<=[0-9]{2})\.?([0-9]{1,2}))?")
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_MARKS = re.compile(r"[GVZA+*!.-]+$")
_DIGITS_BELOW_LETTER = 4
_CODES_PER_LETTER = 10**_DIGITS_BELOW_LETTER

Range = tuple[int, int]


def normalise(code: str) -> str | None:
    """Return the canonical form ("F40.1", "F4", "F40-F48"), or None for what is no ICD code or block.

    Certainty letters (G V Z A), the marks + * ! and a trailing dash say nothing about what is treated and are
    dropped.
    """
    text = _DASHES.sub("-", re.sub(r"\s+", "", code)).upper()
    first, dash, last = text.partition("-")
    if dash and _MARKS.sub("", last):
        return _normalise_block(first, last)
    return _normalise_single(text)


@cache
def code_range(canonical: str) -> Range:
    """Return the first and last full code below a canonical code or block, as numbers."""
    first, _, last = canonical.partition("-")
    return _bounds(first)[0], _bounds(last or first)[1]


def covers(wish: str, diagnosis: str) -> bool:
    """Tell whether a therapist's wish covers a diagnosis; what cannot be read covers and fits nothing."""
    wished, diagnosed = normalise(wish), normalise(diagnosis)
    if wished is None or diagnosed is None:
        return False
    wish_range, diagnosis_range = code_range(wished), code_range(diagnosed)
    return wish_range[0] <= diagnosis_range[1] and diagnosis_range[0] <= wish_range[1]


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


def _normalise_single(text: str) -> str | None:
    found = _CODE.fullmatch(text[:1] + _MARKS.sub("", text[1:]))
    if found is None:
        return None
    letter, category, subcategory = found.groups()
    return f"{letter}{category}.{subcategory}" if subcategory else letter + category


def _normalise_block(first: str, last: str) -> str | None:
    """Accept F40-F48 and the short form F40-48."""
    low = _normalise_single(first)
    high = _normalise_single(first[:1] + last if last[0].isdigit() else last)
    if low is None or high is None or _bounds(low)[0] > _bounds(high)[1]:
        return None
    return f"{low}-{high}"


def _bounds(canonical: str) -> Range:
    digits = canonical[1:].replace(".", "")
    base = (ord(canonical[0]) - ord("A")) * _CODES_PER_LETTER
    span = 10 ** (_DIGITS_BELOW_LETTER - len(digits))
    first = base + int(digits or 0) * span
    return first, first + span - 1


def _range_array(codes: Sequence[str]) -> np.ndarray:
    return np.array([code_range(code) for code in codes], dtype=np.int32)
