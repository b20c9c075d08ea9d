import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.icd import covers, normalise, normalise_diagnosis
from tests.matching import oracle
from tests.matching.strategies import BLOCKS, CODES, UNREADABLE


@pytest.mark.parametrize(
    ("code", "canonical"),
    [
        ("F40.1", "F40.1"),
        ("f40.1", "F40.1"),
        (" F 40.1 G", "F40.1"),
        ("F401", "F40.1"),
        ("F40.01", "F40.01"),
        ("F4001", "F40.01"),
        ("F40.1V", "F40.1"),
        ("F40.1Z", "F40.1"),
        ("F40.1A", "F40.1"),
        ("F32.1+", "F32.1"),
        ("F32.1†", "F32.1"),
        ("F00.1*G", "F00.1"),
        ("U07.1!", "U07.1"),
        ("F40.-", "F40"),
        ("F40.-G", "F40"),
        ("F40-", "F40"),
        ("F4", "F4"),
        ("F", "F"),
        ("Z73", "Z73"),
        ("A", "A"),
        ("F40-F48", "F40-F48"),
        ("F40–F48", "F40-F48"),
        ("F40 - F48 G", "F40-F48"),
        ("F40-48", "F40-F48"),
        ("E66-F10", "E66-F10"),
    ],
)
def test_normalise_gives_canonical_form(code: str, canonical: str) -> None:
    assert normalise(code) == canonical


@pytest.mark.parametrize(
    "code",
    ["", " ", "-", "G40.123", "40.1", "Depression", "F4.1", "F4x.1", "F48-F40", "F40-Angst", "F40.1.2", "+"],
)
def test_normalise_refuses_what_is_no_code(code: str) -> None:
    assert normalise(code) is None


@pytest.mark.parametrize(
    ("code", "canonical"),
    [("f40.1 G", "F40.1"), ("F401", "F40.1"), ("F40.-", "F40"), ("F40", "F40"), ("U07.1!", "U07.1")],
)
def test_diagnosis_of_a_patient_has_one_form(code: str, canonical: str) -> None:
    assert normalise_diagnosis(code) == canonical


@pytest.mark.parametrize("code", ["", "G", "F4", "F40-F48", "F32.1 F40.1", "F32.1\nx", "Depression"])
def test_diagnosis_of_a_patient_is_one_code_with_its_category(code: str) -> None:
    assert normalise_diagnosis(code) is None


@pytest.mark.parametrize(
    ("wish", "diagnosis"),
    [
        ("F40", "F40.1"),
        ("F40", "F40.01"),
        ("F40.0", "F40.01"),
        ("F40.1", "F40"),
        ("F40.01", "F40"),
        ("F40.01", "F40.01"),
        ("F40.1", "F4"),
        ("F40.1", "F40.1G"),
        ("F40.1 V", "F40.1+"),
        ("F4", "F40"),
        ("F4", "F48.9"),
        ("F", "F99"),
        ("F40-F48", "F40"),
        ("F40-F48", "F48.9"),
        ("F40-F48", "F4"),
        ("F40.1-F40.2", "F40"),
    ],
)
def test_wish_covers_diagnosis(wish: str, diagnosis: str) -> None:
    assert covers(wish, diagnosis) is True


@pytest.mark.parametrize(
    ("wish", "diagnosis"),
    [
        ("F40", "F41"),
        ("F40.1", "F40.2"),
        ("F40.01", "F40.1"),
        ("F4", "F50.0"),
        ("F4", "F39"),
        ("F40-F48", "F39.9"),
        ("F40-F48", "F49"),
        ("F", "G40"),
        ("Angst", "F40"),
        ("F40", ""),
    ],
)
def test_wish_does_not_cover_diagnosis(wish: str, diagnosis: str) -> None:
    assert covers(wish, diagnosis) is False


@settings(deadline=None)
@given(st.sampled_from(CODES + BLOCKS + UNREADABLE), st.sampled_from(CODES + BLOCKS + UNREADABLE))
def test_covers_agrees_with_oracle(wish: str, diagnosis: str) -> None:
    assert covers(wish, diagnosis) == bool(oracle.leaves(wish) & oracle.leaves(diagnosis))


@settings(deadline=None)
@given(st.text(alphabet="FfGVZA014. -–+*!†x", max_size=8))
def test_normalise_is_stable_and_reads_what_the_oracle_reads(code: str) -> None:
    canonical = normalise(code)
    assert (canonical is None) == (not oracle.leaves(code))
    assert canonical is None or normalise(canonical) == canonical
