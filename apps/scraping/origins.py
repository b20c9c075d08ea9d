"""Where the values of a therapist's record come from: for each a source, or a person's hand."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from apps.scraping import wording
from apps.scraping.models import FieldOrigin
from apps.scraping.services.proposing import FIELDS
from apps.therapists.models import Practice, Therapist

Key = tuple[int | None, str]
"""(practice or None, field)"""


@dataclass(frozen=True)
class Line:
    """A value on record. `origin` is None where no source has put anything there.

    With an origin and `is_by_hand` the value was changed after it had been taken from the source.
    """

    label: str
    value: str
    origin: FieldOrigin | None
    is_by_hand: bool

    @property
    def said(self) -> str:
        """What the source had said, where somebody has changed it since."""
        if self.origin is None or not self.is_by_hand:
            return ""
        return wording.value(self.origin.field, self.origin.value)


@dataclass(frozen=True)
class Group:
    """The lines of the person (`practice` is None) or of one of their practices."""

    practice: Practice | None
    lines: list[Line]


def of(therapist: Therapist) -> list[Group]:
    """`therapist` with workplaces, approvals and hours at hand; one query."""
    practices = [row.practice for row in therapist.workplaces.all()]
    origins = _origins(therapist, practices)
    groups = [Group(None, list(_lines(therapist, None, origins)))]
    groups += [Group(one, list(_lines(one, one.pk, origins))) for one in practices]
    return [group for group in groups if group.lines]


def _origins(therapist: Therapist, practices: Iterable[Practice]) -> dict[Key, FieldOrigin]:
    theirs = Q(therapist=therapist) | Q(practice__in=[one.pk for one in practices])
    rows = FieldOrigin.objects.filter(theirs).select_related("source", "taken_by")
    return {(row.practice_id, row.field): row for row in rows}


def _lines(row: Any, practice_id: int | None, origins: dict[Key, FieldOrigin]) -> Iterator[Line]:
    for name, field in FIELDS.items():
        if field.of_practice != (practice_id is not None):
            continue
        present, origin = field.on_record(row), origins.get((practice_id, name))
        if origin is None and (name == "place" or wording.is_blank(name, present)):
            continue  # nothing stands there; a point without an origin is calculated from the address
        is_by_hand = origin is None or origin.value != present
        yield Line(wording.label(name), wording.value(name, present), origin, is_by_hand)
