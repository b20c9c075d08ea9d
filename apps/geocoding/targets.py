"""Records that have an address and a point: registered by their own apps, which this app does not know.

from apps.geocoding import targets
targets.register(targets.Target(kind="practice", …))   # in <app>/places.py, imported by <app>/apps.py
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db.models import QuerySet
from django.utils.functional import Promise

from apps.geocoding.addresses import Address
from apps.geocoding.enums import Precision
from apps.geocoding.services.lookup import Found


@dataclass(frozen=True, slots=True)
class Spot:
    """A record's address and point as they stand. `title` names nobody who lives there."""

    title: str
    url: str
    address: Address
    latitude: float | None
    longitude: float | None
    precision: Precision


class Placing(Protocol):
    def __call__(self, *, object_id: int, address: Address, found: Found, at: datetime) -> bool:
        """Save the point unless the address has changed or the point was set by hand: then False."""
        ...


@dataclass(frozen=True)
class Target:
    """One kind of record. `rows` have a field `precision`; `spots` leaves out numbers that no row has.

    `is_person`: the record is a patient; who looks at its point is noted.
    """

    kind: str
    label: str | Promise
    rows: Callable[[], QuerySet[Any]]
    spots: Callable[[Sequence[int]], dict[int, Spot]]
    place: Placing
    is_person: bool = False


_targets: dict[str, Target] = {}


def register(target: Target) -> None:
    _targets[target.kind] = target


def target(kind: str) -> Target:
    """Raises LookupError for a kind that nobody has registered."""
    try:
        return _targets[kind]
    except KeyError:
        raise LookupError(f"No app has registered addresses of kind {kind!r}") from None


def every_target() -> list[Target]:
    return list(_targets.values())
