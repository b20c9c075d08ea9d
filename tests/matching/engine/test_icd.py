import numpy as np

from apps.matching.engine.icd import coverage


def test_coverage_is_true_where_any_code_of_a_set_covers() -> None:
    result = coverage([("F40", "F32"), (), ("F4",)], ["F32.1", "F40.1", "F60"])
    assert result.tolist() == [[True, True, False], [False, False, False], [False, True, False]]


def test_coverage_holds_for_equal_codes_of_full_length() -> None:
    assert coverage([("F40.01",)], ["F40.01", "F40.00", "F40.02"]).tolist() == [[True, False, False]]


def test_coverage_without_wishes_or_diagnoses_is_empty() -> None:
    assert coverage([], ["F40"]).shape == (0, 1)
    assert coverage([("F40",)], []).shape == (1, 0)
    assert np.count_nonzero(coverage([(), ()], ["F40"])) == 0
