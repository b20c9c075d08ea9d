import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core import icd
from apps.matching.engine import categories

CODES = [
    "F00",
    "F32",
    "F32.1",
    "F4",
    "F40-F48",
    "F99",
    "F",
    "E66",
    "E60-F10",
    "F63-F65",
    "F64",
    "Z73",
    "F99-G10",
]


def numbers(bits: np.ndarray) -> list[int]:
    return [word * 64 + bit for word in range(2) for bit in range(64) if int(bits[word]) >> bit & 1]


def ranges(*codes: str) -> np.ndarray:
    return np.array([icd.code_range(code) for code in codes], dtype=np.int32)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("F32.1", [32]),
        ("F4", list(range(40, 50))),
        ("F63-F65", [63, 64, 65]),
        ("F", list(range(100))),
        ("E60-F10", list(range(11))),
        ("Z73", []),
    ],
)
def test_touched_are_the_categories_a_range_shares_a_code_with(code: str, expected: list[int]) -> None:
    assert numbers(categories.touched(ranges(code))[0]) == expected


@pytest.mark.parametrize(
    ("code", "expected", "is_fine"),
    [
        ("F32", [32], False),
        ("F40-F48", list(range(40, 49)), False),
        ("F32.1", [], True),
        ("Z73", [], True),
        ("F99-G10", [], True),
    ],
)
def test_whole_are_the_categories_a_range_covers(code: str, expected: list[int], is_fine: bool) -> None:
    bits, fine = categories.whole(ranges(code))
    assert (numbers(bits[0]), fine.tolist()) == (expected, [is_fine])


def test_an_empty_range_touches_nothing() -> None:
    assert numbers(categories.touched(np.array([[1, 0]], dtype=np.int32))[0]) == []


@given(st.sampled_from(CODES), st.sampled_from(CODES))
def test_whole_and_touched_meet_where_the_ranges_do(wish: str, diagnosis: str) -> None:
    bits, fine = categories.whole(ranges(wish))
    if not fine[0]:
        is_met = bool((bits & categories.touched(ranges(diagnosis))).any())
        assert is_met == icd.covers(wish, diagnosis)
