"""Records of a source joined to the therapists on file they mean: `recognition` over the tables."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from apps.core.locks import hold
from apps.scraping.enums import Standing
from apps.scraping.models import DirectoryRecord, Source
from apps.scraping.recognition import Answer, Face, People
from apps.scraping.records import SAID
from apps.scraping.selectors import review
from apps.scraping.selectors.known import Address, own_practice
from apps.therapists.models import Practice, Therapist, Workplace

_CHUNK = 2000
_LOOKED_AT = ("id", "first_name", "last_name", "plz", "street", "email", "phone", "gender")
_LINK = f"""
UPDATE {DirectoryRecord._meta.db_table} r
SET standing = '{Standing.LINKED}', therapist_id = found.therapist, practice_id = found.practice,
    matched_by = found.by, unjudged = %s
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::varchar[]) AS found (id, therapist, practice, by)
WHERE r.id = found.id AND r.standing IN ('{Standing.NEW}', '{Standing.UNCLEAR}')
"""  # noqa: S608  (names of our own columns and states)


@dataclass(frozen=True)
class Recognised:
    linked: int
    unclear: int


def people_on_file() -> People:
    """Everybody with every address, in one query. A therapist without a practice counts as well."""
    people = People()
    names = ("pk", "first_name", "last_name", "gender")
    where = tuple(f"practices__{name}" for name in ("plz", "street", "email", "phone"))
    for row in Therapist.objects.order_by("pk").values_list(*names, *where).iterator(chunk_size=5000):
        pk, first_name, last_name, gender, plz, street, email, phone = row
        face = Face.of(
            first_name=first_name,
            last_name=last_name,
            gender=gender,
            plz=plz or "",
            street=street or "",
            email=email or "",
            phone=phone or "",
        )
        people.add(pk, face)
    return people


def face_of(record: DirectoryRecord) -> Face:
    return Face.of(
        first_name=record.first_name,
        last_name=record.last_name,
        gender=record.gender,
        plz=record.plz,
        street=record.street,
        email=record.email,
        phone=record.phone,
    )


def recognise_waiting(*, source: Source, at: datetime) -> Recognised:
    """Look through everything of the source that waits: since the last time people may have been added."""
    people = people_on_file()
    linked = unclear = 0
    if not people.faces:
        return Recognised(0, 0)
    for records in _chunks(source):
        answers = [(record, people.recognise(face_of(record))) for record in records]
        found = [(record, answer) for record, answer in answers if answer.person is not None]
        doubtful = [record for record, answer in answers if answer.person is None and answer.candidates]
        with transaction.atomic():
            hold(f"source:{source.pk}")
            linked += link_many(found)
            unclear += _mark_unclear(doubtful)
    return Recognised(linked, unclear)


def link_many(found: Iterable[tuple[DirectoryRecord, Answer]]) -> int:
    """Join records to the people recognised; everything they say is still to be compared."""
    pairs = [(record, answer.person, answer.by) for record, answer in found if answer.person is not None]
    if not pairs:
        return 0
    practices = _practices({person for _record, person, _by in pairs})
    rows = [
        (record.pk, person, _practice_of(record, practices.get(person, [])), by)
        for record, person, by in pairs
    ]
    ids, people, places, by = (list(column) for column in zip(*rows, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_LINK, [list(SAID), ids, people, places, by])
        return int(cursor.rowcount)


def _chunks(source: Source) -> Iterator[list[DirectoryRecord]]:
    waiting = DirectoryRecord.objects.filter(source=source, standing__in=review.WAITING).only(*_LOOKED_AT)
    last = 0
    while records := list(waiting.filter(pk__gt=last).order_by("pk")[:_CHUNK]):
        last = records[-1].pk
        yield records


def _practices(people: set[int]) -> dict[int, list[Practice]]:
    found: dict[int, list[Practice]] = {}
    for row in Workplace.objects.filter(therapist_id__in=people).select_related("practice"):
        found.setdefault(row.therapist_id, []).append(row.practice)
    return found


def _practice_of(record: DirectoryRecord, practices: list[Practice]) -> int | None:
    address = Address.of(plz=record.plz, street=record.street, email=record.email, phone=record.phone)
    practice = own_practice(practices, address)
    return practice.pk if practice is not None else None


def _mark_unclear(records: list[DirectoryRecord]) -> int:
    ids = [record.pk for record in records]
    new = DirectoryRecord.objects.filter(pk__in=ids, standing=Standing.NEW)
    new.update(standing=Standing.UNCLEAR)
    return len(ids)


def candidates(*, record: DirectoryRecord) -> list[Therapist]:
    """Whom an unclear record may mean, for a person to choose from."""
    answer = people_on_file().recognise(face_of(record))
    ids: Any = answer.candidates or ((answer.person,) if answer.person is not None else ())
    return list(Therapist.objects.filter(pk__in=ids).prefetch_related("workplaces__practice").order_by("pk"))
