"""What a source says about a known therapist and the record does not: proposals, field by field.

Compared is only what a source says anew (`DirectoryRecord.unjudged`): what somebody changed by hand
afterwards is not disputed again until the source says something else. An empty value proposes nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

from apps.core.enums import Language, Salutation
from apps.core.imports.columns import fold
from apps.geocoding.enums import Precision
from apps.geocoding.regions import is_plausible
from apps.scraping.enums import ProposalStatus, Standing
from apps.scraping.models import ChangeProposal, DirectoryRecord, FieldOrigin, ImportRun
from apps.therapists.enums import Gender, HoursKind, Seat
from apps.therapists.models import Practice, Therapist
from apps.therapists.normalise import address_key

CHUNK = 500
FINE = (Precision.HOUSE, Precision.STREET, Precision.MANUAL)


@dataclass(frozen=True)
class Field:
    """One thing that can be proposed. `columns` of the record it comes from; `said` and `on_record` as JSON.

    `said` is None where the source says nothing.
    """

    columns: tuple[str, ...]
    said: Callable[[DirectoryRecord], Any]
    on_record: Callable[[Any], Any]
    of_practice: bool = False
    is_same: Callable[[Any, Any], bool] = lambda old, new: bool(old == new)


def _plain(name: str, *, column: str = "", of_practice: bool = False, nothing: Any = "") -> Field:
    column = column or name

    def said(record: DirectoryRecord) -> Any:
        value = getattr(record, column)
        return None if value in ("", nothing) else value

    return Field((column,), said, lambda row: getattr(row, name), of_practice)


def _same_text(old: str, new: str) -> bool:
    return fold(old) == fold(new)


def _text(name: str) -> Field:
    return Field(
        (name,),
        lambda record: getattr(record, name) or None,
        lambda row: getattr(row, name),
        is_same=_same_text,
    )


def _same_languages(old: list[str], new: list[str]) -> bool:
    """German is assumed where nothing is said."""
    return {*old, Language.DE} == {*new, Language.DE}


def _same_seat(old: str, new: str) -> bool:
    """A register of those who may bill the statutory insurers says "a seat", hardly ever that it is half."""
    return old == new or (old, new) == (Seat.HALF, Seat.FULL)


def _approvals_on_record(therapist: Therapist) -> list[str]:
    return sorted(f"{row.method} {row.age_group} {row.setting}" for row in therapist.approvals.all())


def _phone_hours_on_record(therapist: Therapist) -> list[str]:
    rows = (row for row in therapist.hours.all() if row.kind == HoursKind.PHONE)
    return [
        f"{row.weekday} {row.start_minute} {row.end_minute}" for row in sorted(rows, key=lambda r: r.interval)
    ]


def _address_said(record: DirectoryRecord) -> dict[str, str] | None:
    if not record.street:
        return None
    return {"street": record.street, "plz": record.plz, "city": record.city}


def _address_on_record(practice: Practice) -> dict[str, str]:
    return {"street": practice.street, "plz": practice.plz, "city": practice.city}


def _same_address(old: Mapping[str, str], new: Mapping[str, str]) -> bool:
    return (old["plz"], address_key(old["street"])) == (new["plz"], address_key(new["street"]))


def _place_said(record: DirectoryRecord) -> dict[str, float] | None:
    """A point far from its postal code is a mistake of the source."""
    if record.latitude is None or record.longitude is None:
        return None
    if not is_plausible(record.plz, latitude=record.latitude, longitude=record.longitude):
        return None
    return {"latitude": record.latitude, "longitude": record.longitude}


def _place_on_record(practice: Practice) -> dict[str, Any]:
    return {
        "latitude": practice.latitude,
        "longitude": practice.longitude,
        "precision": practice.precision,
    }


FIELDS: dict[str, Field] = {
    "salutation": _plain("salutation", nothing=Salutation.NONE),
    "gender": _plain("gender", nothing=Gender.UNKNOWN),
    "title": _text("title"),
    "first_name": _plain("first_name"),
    "last_name": _plain("last_name"),
    "seat": Field(
        ("seat",), lambda record: record.seat or None, lambda therapist: therapist.seat, is_same=_same_seat
    ),
    "languages": Field(
        ("languages",),
        lambda record: sorted(record.languages) or None,
        lambda therapist: sorted(therapist.languages),
        is_same=_same_languages,
    ),
    "further_qualifications": _text("further_qualifications"),
    "special_offers": _text("special_offers"),
    "accessibility": _text("accessibility"),
    "approvals": Field(("approvals",), lambda record: sorted(record.approvals) or None, _approvals_on_record),
    "phone_hours": Field(("phone_hours",), lambda record: record.phone_hours or None, _phone_hours_on_record),
    "practice_name": _plain("name", column="practice_name", of_practice=True),
    "address": Field(
        ("street", "plz", "city"), _address_said, _address_on_record, of_practice=True, is_same=_same_address
    ),
    "place": Field(
        ("latitude", "longitude"),
        _place_said,
        _place_on_record,
        of_practice=True,
        is_same=lambda old, _new: old["precision"] in FINE,
    ),
    "phone": _plain("phone", of_practice=True),
    "fax": _plain("fax", of_practice=True),
    "email": _plain("email", of_practice=True),
    "website": _plain("website", of_practice=True),
}
WORKPLACE = "workplace"


def propose(*, run: ImportRun, at: datetime) -> int:
    """Compare everything of the run's source that is still to be compared; how many proposals were made.

    Works in chunks, each a transaction: killed midway, the next call goes on.
    """
    total = 0
    unjudged = DirectoryRecord.objects.filter(source_id=run.source_id, standing=Standing.LINKED)
    while ids := list(unjudged.exclude(unjudged=[]).order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        total += _propose_chunk(run, ids)
    ImportRun.objects.filter(pk=run.pk).update(proposals=F("proposals") + total)
    return total


@transaction.atomic
def _propose_chunk(run: ImportRun, ids: list[int]) -> int:
    rows = _with_therapist().select_for_update(of=("self",)).filter(pk__in=ids).exclude(unjudged=[])
    records = list(rows.order_by("pk"))  # without those that another worker has compared meanwhile
    origins = _origins(records)
    refused = _refused(ids)
    proposed = [
        proposal
        for record in records
        for proposal in _proposals(record, run, origins)
        if (record.pk, proposal.field, _key(proposal.new)) not in refused
    ]
    _overtake(records)
    ChangeProposal.objects.bulk_create(proposed)
    DirectoryRecord.objects.filter(pk__in=ids).update(unjudged=[])
    return len(proposed)


def _overtake(records: list[DirectoryRecord]) -> None:
    """What the source said before about the same fields does not count any more."""
    touched = {record.pk: set(_touched(record)) for record in records}
    waiting = ChangeProposal.objects.filter(record__in=touched, status=ProposalStatus.OPEN)
    old = [
        pk
        for pk, record, field in waiting.values_list("pk", "record_id", "field")
        if field in touched[record]
    ]
    ChangeProposal.objects.filter(pk__in=old).update(status=ProposalStatus.OUTDATED)


def _with_therapist() -> QuerySet[DirectoryRecord]:
    return DirectoryRecord.objects.select_related("therapist", "practice").prefetch_related(
        "therapist__approvals", "therapist__hours", "practice__workplaces"
    )


def _touched(record: DirectoryRecord) -> list[str]:
    """The proposable fields that the newly said columns belong to."""
    fields = [name for name, field in FIELDS.items() if set(field.columns) & set(record.unjudged)]
    return [*fields, WORKPLACE] if set(FIELDS["address"].columns) & set(record.unjudged) else fields


def _proposals(
    record: DirectoryRecord, run: ImportRun, origins: Mapping[tuple[str, int, str], Any]
) -> Iterator[ChangeProposal]:
    touched = _touched(record)
    if _is_other_place(record):
        if WORKPLACE in touched and _address_said(record) is not None:
            yield _proposal(record, run, WORKPLACE, None, workplace_said(record), is_hand_kept=False)
        touched = [name for name in touched if name != WORKPLACE and not FIELDS[name].of_practice]
    for name in touched:
        if name == WORKPLACE:
            continue
        field = FIELDS[name]
        row = record.practice if field.of_practice else record.therapist
        new, old = field.said(record), field.on_record(row)
        if new is None or (old not in (None, "", []) and field.is_same(old, new)):
            continue
        yield _proposal(record, run, name, old, new, is_hand_kept=_is_hand_kept(row, name, old, origins))


def _is_other_place(record: DirectoryRecord) -> bool:
    """Another address of the person than those on file; a practice of several does not move with one."""
    if record.practice is None:
        return True
    said = _address_said(record)
    is_shared = len(record.practice.workplaces.all()) > 1
    return is_shared and said is not None and not _same_address(_address_on_record(record.practice), said)


def workplace_said(record: DirectoryRecord) -> dict[str, Any]:
    """The practice of a record as `therapists.services.records` takes it."""
    said = {name: FIELDS[name].said(record) for name in ("phone", "fax", "email", "website")}
    data: dict[str, Any] = {
        "name": record.practice_name,
        "street": record.street,
        "plz": record.plz,
        "city": record.city,
    }
    data |= {name: value for name, value in said.items() if value is not None}
    if place := _place_said(record):
        data |= {**place, "precision": Precision.HOUSE}
    return {name: value for name, value in data.items() if value not in ("", None)}


def _proposal(
    record: DirectoryRecord, run: ImportRun, field: str, old: Any, new: Any, *, is_hand_kept: bool
) -> ChangeProposal:
    of_practice = field in FIELDS and FIELDS[field].of_practice
    return ChangeProposal(
        record=record,
        run=run,
        therapist=record.therapist,
        practice=record.practice if of_practice else None,
        field=field,
        old=old,
        new=new,
        is_hand_kept=is_hand_kept,
        said_on=run.fetched_on,
    )


def _is_hand_kept(row: Any, field: str, old: Any, origins: Mapping[tuple[str, int, str], Any]) -> bool:
    """Something stands there, and it is not what a source has put there. A coarse place was calculated."""
    if field == "place" or old in (None, "", [], Gender.UNKNOWN, Salutation.NONE):
        return False
    kind = "practice" if isinstance(row, Practice) else "therapist"
    return bool(origins.get((kind, row.pk, field), _NO_ORIGIN) != old)


_NO_ORIGIN = object()


def _origins(records: list[DirectoryRecord]) -> dict[tuple[str, int, str], Any]:
    people = {record.therapist_id for record in records}
    places = {record.practice_id for record in records if record.practice_id}
    rows = FieldOrigin.objects.filter(therapist__in=people) | FieldOrigin.objects.filter(practice__in=places)
    return {_origin_key(row): row.value for row in rows}


def _origin_key(row: FieldOrigin) -> tuple[str, int, str]:
    if row.therapist_id is not None:
        return "therapist", row.therapist_id, row.field
    return "practice", row.practice_id or 0, row.field


def _refused(ids: list[int]) -> set[tuple[int, str, str]]:
    """What a person has refused is not proposed again in the same words."""
    rows = ChangeProposal.objects.filter(record__in=ids, status=ProposalStatus.REFUSED)
    return {(pk, field, _key(new)) for pk, field, new in rows.values_list("record_id", "field", "new")}


def _key(value: Any) -> str:
    return repr(sorted(value.items()) if isinstance(value, dict) else value)
