"""Lines of GeoNames (https://www.geonames.org/, licence CC BY 4.0) as places and postal codes of Germany.

Two formats, tab-separated and without a header: postal codes (12 columns) and towns (19 columns).
"""

from collections.abc import Sequence

from apps.geocoding.enums import State
from apps.geocoding.models import Place, PostalCode
from apps.geocoding.names import town_key

LICENCE = "GeoNames (geonames.org), CC BY 4.0"
COUNTRY = "DE"
POSTAL_COLUMNS, TOWN_COLUMNS = 12, 19
# GeoNames numbers the Länder in its table of towns and names them by letters in the postal codes.
STATE_NUMBERS = dict(
    zip(
        (f"{number:02d}" for number in range(1, 17)),
        "BW BY HB HH HE NI NW RP SL SH BB MV SN ST TH BE".split(),  # noqa: SIM905  (reads as the table it is)
        strict=True,
    )
)
PARTS_OF_TOWNS = frozenset({"PPLX", "PPLQ", "PPLH", "PPLW", "PPLCH"})  # districts, and what is no more
GERMAN_NAMES = {
    "Munich": "München",
    "Cologne": "Köln",
    "Nuremberg": "Nürnberg",
    "Hanover": "Hannover",
    "Brunswick": "Braunschweig",
}


class BadLine(ValueError):
    """A line that cannot be taken; the message says why."""


def postal_code(line: str) -> PostalCode | None:
    """One line of the postal codes; None for another country. Raises BadLine."""
    columns = _columns(line, POSTAL_COLUMNS)
    if columns[0] != COUNTRY:
        return None
    return PostalCode(
        plz=columns[1].strip(),
        place_name=_name(columns[2]),
        state=_state(columns[4]),
        latitude=_degrees(columns[9]),
        longitude=_degrees(columns[10]),
    )


def town(line: str) -> Place | None:
    """One line of the towns; None for another country and for what is no town. Raises BadLine."""
    columns = _columns(line, TOWN_COLUMNS)
    if columns[8] != COUNTRY or columns[6] != "P" or columns[7] in PARTS_OF_TOWNS:
        return None
    name = _name(GERMAN_NAMES.get(columns[1], columns[1]))
    return Place(
        name=name,
        sort_key=town_key(name),
        state=_state(columns[10]),
        latitude=_degrees(columns[4]),
        longitude=_degrees(columns[5]),
        population=int(columns[14]) if columns[14].isdigit() else 0,
    )


def _columns(line: str, count: int) -> Sequence[str]:
    columns = line.rstrip("\r\n").split("\t")
    if len(columns) < count - 1:  # the last one may be missing
        raise BadLine(f"{len(columns)} columns instead of {count}")
    return columns


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise BadLine("no name")
    return name


def _state(code: str) -> State:
    letters = STATE_NUMBERS.get(code, code)
    if letters not in State.values:
        raise BadLine(f"unknown state {code!r}")
    return State(letters)


def _degrees(text: str) -> float:
    try:
        return round(float(text), 5)
    except ValueError:
        raise BadLine(f"{text!r} is no number of degrees") from None
