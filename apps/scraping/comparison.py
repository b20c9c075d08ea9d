"""One record of a source for a person to judge: what it says, and whom on file it may mean, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import prefetch_related_objects

from apps.scraping import wording
from apps.scraping.models import DirectoryRecord
from apps.scraping.selectors.known import Address, own_practice
from apps.scraping.services.proposing import FIELDS
from apps.therapists.models import Practice, Therapist
from apps.therapists.selectors import main_practice


@dataclass(frozen=True)
class Cell:
    text: str
    is_different: bool


@dataclass(frozen=True)
class Row:
    label: str
    said: str
    cells: list[Cell]


def facts(record: DirectoryRecord) -> list[tuple[str, str]]:
    """Every field of the record with what it says; a town without a street counts as an address."""
    rows = [(name, field.said(record)) for name, field in FIELDS.items()]
    address = {"street": record.street, "plz": record.plz, "city": record.city}
    return [(wording.label(name), _text(name, address if name == "address" else said)) for name, said in rows]


def _text(name: str, said: Any) -> str:
    return "" if wording.is_blank(name, said) else wording.value(name, said)


def side_by_side(record: DirectoryRecord, people: Sequence[Therapist]) -> list[Row]:
    """A row per field that anybody has something in; different is what both tell and tell differently."""
    prefetch_related_objects(people, "workplaces__practice", "approvals", "hours")
    places = [_practice(record, one) for one in people]
    rows = []
    for name, text in zip(FIELDS, [text for _label, text in facts(record)], strict=True):
        owners = places if FIELDS[name].of_practice else people
        cells = [_cell(name, record, owner) for owner in owners]
        if text or any(cell.text for cell in cells):
            rows.append(Row(wording.label(name), text or wording.NOTHING, cells))
    return rows


def _practice(record: DirectoryRecord, therapist: Therapist) -> Practice | None:
    """The practice the record's address means, else the main one."""
    address = Address.of(plz=record.plz, street=record.street, email=record.email, phone=record.phone)
    practices = [row.practice for row in therapist.workplaces.all()]
    return own_practice(practices, address) or main_practice(therapist)


def _cell(name: str, record: DirectoryRecord, owner: Any) -> Cell:
    if owner is None:
        return Cell("", is_different=False)
    field = FIELDS[name]
    said, known = field.said(record), field.on_record(owner)
    if wording.is_blank(name, known):
        return Cell("", is_different=False)
    return Cell(wording.value(name, known), is_different=said is not None and not field.is_same(known, said))
