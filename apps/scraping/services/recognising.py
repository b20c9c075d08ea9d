"""Records of a source joined to the therapists on file they mean: `recognition` over the tables."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from apps.core.locks import hold
from apps.scraping.enums import Standing
from apps.scraping.models import DirectoryRecord, Source
from apps.scraping.recognition import Answer, Face, People
from apps.scraping.records import SAID
from apps.scraping.selectors import review
from apps.scraping.selectors.known import Address, own_practice
from apps.therapists.models import Practice, Therapist, Workplace

_CHUNK = 2000
_LOOKED_AT = ("id", "external_id", "first_name", "last_name", "plz", "street", "email", "phone", "gender")
_LINK = f"""
UPDATE {DirectoryRecord._meta.db_table} r
SET standing = '{Standing.LINKED}', therapist_id = found.therapist, practice_id = found.practice,
    matched_by = found.by, unjudged = %s
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::varchar[]) AS found (id, therapist, practice, by)
WHERE r.id = found.id AND r.standing IN ('{Standing.NEW}', '{Standing.UNCLEAR}')
"""  # noqa: S608  (names of our own columns and states)

_MOVED = f"""
WITH moved AS (
    SELECT DISTINCT ON (old.id) old.id AS old_id, new.id AS new_id, old.practice_id
    FROM {DirectoryRecord._meta.db_table} old
    JOIN {DirectoryRecord._meta.db_table} new USING (source_id, external_id, therapist_id)
    WHERE source_id = %s AND old.vanished_on IS NOT NULL AND old.practice_id IS NOT NULL
      AND new.practice_id IS NULL AND new.vanished_on IS NULL AND new.unjudged <> '{{}}'
    ORDER BY old.id, new.id
), left_behind AS (
    UPDATE {DirectoryRecord._meta.db_table} SET practice_id = NULL
    FROM moved WHERE id = old_id
)
UPDATE {DirectoryRecord._meta.db_table} SET practice_id = moved.practice_id FROM moved WHERE id = new_id
"""  # noqa: S608


@dataclass(frozen=True)
class Recognised:
    linked: int
    unclear: int


def people_on_file(*, ids: Iterable[int] | None = None) -> People:
    """Everybody, or these, with every address, in one query. One without a practice counts as well."""
    people = People()
    names = ("pk", "first_name", "last_name", "gender")
    where = tuple(f"practices__{name}" for name in ("plz", "street", "email", "phone"))
    everybody = (
        Therapist.objects.order_by("pk") if ids is None else Therapist.objects.filter(pk__in=list(ids))
    )
    for row in everybody.values_list(*names, *where).iterator(chunk_size=5000):
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
        siblings = _siblings(source, records)
        answers = [(record, _answer(record, people, siblings)) for record in records]
        found = [(record, answer) for record, answer in answers if answer.person is not None]
        doubtful = [record for record, answer in answers if answer.person is None and answer.candidates]
        with transaction.atomic():
            hold(f"source:{source.pk}")
            linked += link_many(found)
            unclear += _mark_unclear(doubtful)
    return Recognised(linked, unclear)


def _answer(record: DirectoryRecord, people: People, siblings: dict[str, int]) -> Answer:
    face, sibling = face_of(record), siblings.get(record.external_id)
    if sibling is not None and people.is_possible(sibling, face):
        return Answer(sibling, by="source_id")
    return people.recognise(face)


def _siblings(source: Source, records: list[DirectoryRecord]) -> dict[str, int]:
    """Whom the ids of the source mean that stand at another address already."""
    linked = DirectoryRecord.objects.filter(source=source, standing=Standing.LINKED, therapist__isnull=False)
    ids = {record.external_id for record in records}
    return dict(linked.filter(external_id__in=ids).order_by("-pk").values_list("external_id", "therapist_id"))


def note_moved(*, source: Source) -> int:
    """An entry that appears at a new address when it has vanished at the old one: the practice has moved."""
    with connection.cursor() as cursor:
        cursor.execute(_MOVED, [source.pk])
        return int(cursor.rowcount)


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
    answer = people_on_file(ids=_around(record)).recognise(face_of(record))
    ids: Any = answer.candidates or ((answer.person,) if answer.person is not None else ())
    return list(Therapist.objects.filter(pk__in=ids).prefetch_related("workplaces__practice").order_by("pk"))


def _around(record: DirectoryRecord) -> set[int]:
    """Whoever shares the PLZ, the mailbox or the number: nobody else can be recognised."""
    practices = Q(plz=record.plz)
    if record.email:
        practices |= Q(email__iexact=record.email)
    if record.phone:
        practices |= Q(phone=record.phone)
    known = Workplace.objects.filter(practice__in=Practice.objects.filter(practices))
    return set(known.values_list("therapist_id", flat=True))
