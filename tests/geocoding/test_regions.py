from apps.geocoding.regions import is_plausible, regions


def test_regions_are_the_ones_in_use() -> None:
    unused = {"00", "05", "11", "43", "62"}
    assert set(regions()) == {f"{number:02d}" for number in range(100)} - unused


def test_is_plausible_accepts_a_town_of_the_region() -> None:
    assert is_plausible("04668", latitude=51.23, longitude=12.72)  # Grimma


def test_is_plausible_refuses_a_town_far_away() -> None:
    assert not is_plausible("04668", latitude=48.14, longitude=11.58)  # München


def test_is_plausible_refuses_digits_nobody_has() -> None:
    assert not is_plausible("00123", latitude=51.23, longitude=12.72)
    assert not is_plausible("", latitude=51.23, longitude=12.72)
