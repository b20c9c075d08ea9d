"""The grammar of ICD-10-GM codes, and whether a therapist's wish covers a patient's diagnosis. No Django.

A code stands for the range of all full codes below it: F40 is F40.00 to F40.99, F4 is F40.00 to F49.99, the
block F40-F48 is F40.00 to F48.99. A wish covers a diagnosis when the two ranges share a code, which is what
"hierarchical both ways" means: F40 covers F40.1, and a patient coded F40 fits a wish for F40.1.
"""

import re
from functools import cache

_CODE = re.compile(r"([A-Z])([0-9]?|[0-9]{2})(?:(?<=[0-9]{2})\.?([0-9]{1,2}))?")
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_MARKS = re.compile(r"[GVZA+*!†.-]+$")
_DIGITS_BELOW_LETTER = 4
_CODES_PER_LETTER = 10**_DIGITS_BELOW_LETTER
_LENGTH_OF_CATEGORY = 3

Range = tuple[int, int]


def normalise(code: str) -> str | None:
    """Return the canonical form ("F40.1", "F4", "F40-F48"), or None for what is no ICD code or block.

    Certainty letters (G V Z A), the marks + * ! † and a trailing dash say nothing about what is treated and
    are dropped.
    """
    text = _DASHES.sub("-", re.sub(r"\s+", "", code)).upper()
    first, dash, last = text.partition("-")
    if dash and _MARKS.sub("", last):
        return _normalise_block(first, last)
    return _normalise_single(text)


def normalise_diagnosis(code: str) -> str | None:
    """Return the canonical form of one patient's diagnosis: a code with its category ("F40"), no block."""
    canonical = normalise(code)
    if canonical is None or "-" in canonical or len(canonical) < _LENGTH_OF_CATEGORY:
        return None
    return canonical


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
