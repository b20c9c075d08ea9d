"""Tables of postal codes and towns from outside: good lines go in, bad ones are named with their reason."""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction

from apps.geocoding import geonames
from apps.geocoding.geonames import BadLine
from apps.geocoding.models import Place, PostalCode
from apps.geocoding.services.places import place_from, postal_code_from

Row = TypeVar("Row", Place, PostalCode)
BATCH_ROWS = 1000
FRAME_LATITUDE, FRAME_LONGITUDE = (47.0, 55.2), (5.5, 15.3)
TOWN_HALL_CODES = 3  # so many postal codes of one town at one point: that is the town hall


@dataclass
class FactsReport:
    """What became of the lines: `added + changed + same + kept + doubled + foreign + bad` are all of them."""

    added: int = 0
    changed: int = 0
    same: int = 0
    kept: int = 0  # better known already
    doubled: int = 0
    foreign: int = 0  # of other countries, or no town
    bad: list[tuple[int, str]] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.added + self.changed + self.same + self.kept + self.doubled + self.foreign + len(self.bad)


@transaction.atomic
def import_postal_codes(*, text: str) -> FactsReport:
    """Insert or update from GeoNames' table of postal codes, or a CSV with the packaged columns.

    A second run changes nothing; rows the text does not name stay. Where it gives several codes of a town
    one and the same point (the town hall), what is known already stays.
    """
    report = FactsReport()
    rows = _read(text, geonames.postal_code, postal_code_from, _plz_key, report)
    at_town_hall = _at_town_hall(rows)
    known = {_plz_key(row): row for row in PostalCode.objects.select_for_update()}
    new, changed = _sorted_out(rows, known, report, keeps=lambda row: row.plz in at_town_hall)
    PostalCode.objects.bulk_create(new, batch_size=BATCH_ROWS)
    PostalCode.objects.bulk_update(changed, ["state", "latitude", "longitude"], batch_size=BATCH_ROWS)
    return report


@transaction.atomic
def import_places(*, text: str) -> FactsReport:
    """Insert or update from GeoNames' table of towns, or a CSV with the packaged columns.

    Of several towns of one name in one state the largest is taken. A second run changes nothing.
    """
    report = FactsReport()
    rows = _read(text, geonames.town, place_from, _town_key, report, is_better=_is_larger)
    known = {_town_key(row): row for row in Place.objects.select_for_update()}
    new, changed = _sorted_out(rows, known, report, keeps=_never)
    Place.objects.bulk_create(new, batch_size=BATCH_ROWS)
    Place.objects.bulk_update(
        changed, ["sort_key", "latitude", "longitude", "population"], batch_size=BATCH_ROWS
    )
    return report


def _plz_key(row: PostalCode) -> tuple[str, str]:
    return row.plz, row.place_name


def _town_key(row: Place) -> tuple[str, str]:
    return row.name, row.state


def _never(_row: Place) -> bool:
    return False


def _is_larger(row: Place, other: Place) -> bool:
    return row.population > other.population


def _read(
    text: str,
    from_line: Callable[[str], Row | None],
    from_csv: Callable[[dict[str, str]], Row],
    key: Callable[[Row], tuple[str, str]],
    report: FactsReport,
    is_better: Callable[[Row, Row], bool] = lambda _row, _other: False,
) -> list[Row]:
    """The good rows, one per key."""
    found: dict[tuple[str, str], Row] = {}
    for number, build in _lines(text, from_line, from_csv):
        try:
            row = build()
            if row is not None:
                _check(row)
        except (BadLine, ValidationError, KeyError, TypeError, ValueError) as error:
            report.bad.append((number, _why(error)))
            continue
        if row is None:
            report.foreign += 1
            continue
        other = found.get(key(row))
        report.doubled += other is not None
        if other is None or is_better(row, other):
            found[key(row)] = row
    return list(found.values())


def _lines(
    text: str, from_line: Callable[[str], Row | None], from_csv: Callable[[dict[str, str]], Row]
) -> Iterator[tuple[int, Callable[[], Row | None]]]:
    """(line number, how to read it). A first line with tabs is GeoNames'; else it is the header of a CSV."""
    first = text.partition("\n")[0]
    if "\t" in first or not first.strip():
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip():
                yield number, partial(from_line, line)
        return
    reader = csv.DictReader(io.StringIO(text))
    for values in reader:
        yield reader.line_num, partial(from_csv, values)


def _check(row: Place | PostalCode) -> None:
    row.clean_fields(exclude=["sort_key"])
    south, north = FRAME_LATITUDE
    west, east = FRAME_LONGITUDE
    if not (south <= row.latitude <= north and west <= row.longitude <= east):
        raise BadLine(f"{row.latitude}, {row.longitude} is not in Germany")


def _why(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items())
    if isinstance(error, KeyError):
        return f"column {error} is missing"
    return str(error)


def _at_town_hall(rows: Iterable[PostalCode]) -> set[str]:
    """Codes that share their point with at least two other codes of the same town."""
    shared: dict[tuple[str, float, float], set[str]] = defaultdict(set)
    for row in rows:
        shared[row.place_name, row.latitude, row.longitude].add(row.plz)
    crowds = [codes for codes in shared.values() if len(codes) >= TOWN_HALL_CODES]
    return {plz for codes in crowds for plz in codes}


def _sorted_out(
    rows: Sequence[Row],
    known: dict[tuple[str, str], Row],
    report: FactsReport,
    *,
    keeps: Callable[[Row], bool],
) -> tuple[list[Row], list[Row]]:
    """Rows to insert, and known rows with their new values."""
    new: list[Row] = []
    changed: list[Row] = []
    counts: Counter[str] = Counter()
    for row in rows:
        key = (row.plz, row.place_name) if isinstance(row, PostalCode) else (row.name, row.state)
        there = known.get(key)
        if there is None:
            new.append(row)
        elif _values(there) == _values(row):
            counts["same"] += 1
        elif keeps(row):
            counts["kept"] += 1
        else:
            row.pk = there.pk
            changed.append(row)
    report.added, report.changed = len(new), len(changed)
    report.same, report.kept = counts["same"], counts["kept"]
    return new, changed


def _values(row: models.Model) -> list[object]:
    return [getattr(row, name.attname) for name in row._meta.concrete_fields if not name.primary_key]
