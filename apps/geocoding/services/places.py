"""Filling the tables of places from files of facts."""

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction

from apps.geocoding.models import Place, PostalCode
from apps.geocoding.names import town_key

DATA = Path(__file__).parent.parent / "data"
PLACES_FILE = DATA / "places_de.csv"
POSTAL_CODES_FILE = DATA / "postal_codes_de.csv"
BATCH_ROWS = 1000

Row = TypeVar("Row", bound=models.Model)


class FactsError(ValueError):
    """A file of facts that cannot be taken; the message names file and line."""


@dataclass(frozen=True, slots=True)
class LoadResult:
    places: int
    postal_codes: int


@transaction.atomic
def load_places(
    *, places_file: Path = PLACES_FILE, postal_codes_file: Path = POSTAL_CODES_FILE
) -> LoadResult:
    """Insert or update every row of both files; running it again changes nothing.

    Rows the files do not name stay (they may have been added by hand). One bad line refuses both files.
    Raises FactsError.
    """
    places = _read(places_file, place_from, key=lambda row: (row.name, row.state))
    codes = _read(postal_codes_file, postal_code_from, key=lambda row: (row.plz, row.place_name))
    _upsert(places, unique=["name", "state"], update=["sort_key", "latitude", "longitude", "population"])
    _upsert(codes, unique=["plz", "place_name"], update=["state", "latitude", "longitude"])
    return LoadResult(places=len(places), postal_codes=len(codes))


def _read(path: Path, build: Callable[[dict[str, str]], Row], *, key: Callable[[Row], object]) -> list[Row]:
    """The rows of a CSV file with a header line, checked; the same key twice is an error."""
    seen: dict[object, Row] = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for line, values in enumerate(csv.DictReader(file), start=2):
                row = _checked(build, values, f"{path.name}, line {line}")
                if seen.setdefault(key(row), row) is not row:
                    raise FactsError(f"{path.name}, line {line}: {row} is there twice")
    except OSError as error:
        raise FactsError(f"{path.name}: {error.strerror}") from error
    return list(seen.values())


def _checked(build: Callable[[dict[str, str]], Row], values: dict[str, str], where: str) -> Row:
    try:
        row = build(values)
        row.clean_fields(exclude=["sort_key"])
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        raise FactsError(f"{where}: {error}") from error
    return row


def place_from(values: dict[str, str]) -> Place:
    return Place(
        name=values["name"],
        sort_key=town_key(values["name"]),
        state=values["state"],
        latitude=float(values["latitude"]),
        longitude=float(values["longitude"]),
        population=int(values["population"]),
    )


def postal_code_from(values: dict[str, str]) -> PostalCode:
    return PostalCode(
        plz=values["plz"],
        place_name=values["place_name"],
        state=values["state"],
        latitude=float(values["latitude"]),
        longitude=float(values["longitude"]),
    )


def _upsert(rows: Iterable[Row], *, unique: list[str], update: list[str]) -> None:
    """One INSERT … ON CONFLICT DO UPDATE per batch."""
    rows = list(rows)
    if rows:
        type(rows[0])._default_manager.bulk_create(
            rows, batch_size=BATCH_ROWS, update_conflicts=True, unique_fields=unique, update_fields=update
        )
