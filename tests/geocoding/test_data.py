"""The packaged tables agree with each other."""

import csv
import re
from pathlib import Path

import pytest

from apps.geocoding.distance import haversine_km
from apps.geocoding.enums import State
from apps.geocoding.regions import is_plausible
from apps.geocoding.services import PLACES_FILE, POSTAL_CODES_FILE


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def point(row: dict[str, str]) -> tuple[float, float]:
    return float(row["latitude"]), float(row["longitude"])


def test_every_postal_code_lies_near_its_town() -> None:
    towns = {(row["name"], row["state"]): point(row) for row in rows(PLACES_FILE)}
    far = [
        row["plz"]
        for row in rows(POSTAL_CODES_FILE)
        if haversine_km(*towns[row["place_name"], row["state"]], *point(row)) > 17
    ]
    assert far == []


def test_every_postal_code_is_well_formed_and_inside_its_region() -> None:
    odd = [
        row["plz"]
        for row in rows(POSTAL_CODES_FILE)
        if not re.fullmatch(r"\d{5}", row["plz"])
        or not is_plausible(row["plz"], latitude=point(row)[0], longitude=point(row)[1])
    ]
    assert odd == []


def test_every_town_has_a_postal_code_and_every_state_a_town() -> None:
    towns = {(row["name"], row["state"]) for row in rows(PLACES_FILE)}
    assert towns == {(row["place_name"], row["state"]) for row in rows(POSTAL_CODES_FILE)}
    assert {state for _, state in towns} == set(State.values)


@pytest.mark.parametrize(
    ("town", "codes"), [("Leipzig", 31), ("Dresden", 29), ("Nürnberg", 28), ("Köln", 45), ("Düsseldorf", 37)]
)
def test_large_towns_of_the_three_regions_are_complete(town: str, codes: int) -> None:
    assert len([row for row in rows(POSTAL_CODES_FILE) if row["place_name"] == town]) == codes
