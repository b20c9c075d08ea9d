"""Therapists uploaded as a file: the trial takes every row back and still says what the import will do."""

import random
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.core.imports.kinds import kind_of
from apps.core.imports.models import FileImport, FileRow
from apps.core.imports.services import queue, working
from apps.therapists.enums import ReviewStatus
from apps.therapists.models import Practice, Therapist
from tests.core.imports.helpers import file_of

pytestmark = pytest.mark.django_db
DATA = Path(__file__).parents[1] / "data"
MIRA = {
    "Vorname": "Mira",
    "Nachname": "Beispielhuber",
    "Straße": "Musterweg 4a",
    "PLZ": "04103",
    "Ort": "Leipzig",
}
ELSEWHERE = {"Straße": "Parkring 1", "PLZ": "10115", "Ort": "Berlin"}
COUNTS = ("total", "new", "changed", "unchanged", "rejected")


def uploaded(content: bytes | str, actor: User, at: datetime) -> FileImport:
    data = content.encode() if isinstance(content, str) else content
    kind = kind_of("therapists")
    as_of = date(2026, 11, 22)
    return queue.upload(kind=kind, name="liste", content=data, as_of=as_of, actor=actor, at=at)


def both_ways(content: bytes | str, actor: User, at: datetime) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The counts of the trial and of the import."""
    row = uploaded(content, actor, at)
    queue.choose(file_import=row, chosen=row.chosen, actor=actor, at=at)
    before = state()
    working.work(clock=lambda: at)
    assert state() == before
    row.refresh_from_db()
    tried = counts(row)
    if row.total > row.rejected:
        queue.start(file_import=row, actor=actor, at=at)
        working.work(clock=lambda: at)
        row.refresh_from_db()
    return tried, counts(row)


def counts(row: FileImport) -> tuple[int, ...]:
    return tuple(getattr(row, name) for name in COUNTS)


def state() -> list[Any]:
    return [list(Therapist.objects.order_by("pk").values()), list(Practice.objects.order_by("pk").values())]


@pytest.mark.parametrize("name", ["therapeuten.csv", "arztsuche_newer.json", "arztsuche_older.json"])
def test_trial_announces_what_the_import_does(name: str, coordinator: User, at: datetime) -> None:
    content = (DATA / name).read_bytes()
    first = both_ways(content, coordinator, at)
    assert first[0] == first[1]
    second = both_ways(content, coordinator, at)
    assert second[0] == second[1] == (first[0][0], 0, 0, first[0][0] - first[0][4], first[0][4])


def test_people_the_file_itself_brings_are_recognised_in_the_trial(coordinator: User, at: datetime) -> None:
    """New, at a second practice, the first practice again, the second again, a colleague."""
    content = file_of(
        MIRA,
        {**MIRA, **ELSEWHERE, "E-Mail": "mira@example.org"},
        {**MIRA, "E-Mail": "mira@example.org"},
        MIRA,
        {**MIRA, **ELSEWHERE, "Vorname": "Kai"},
    )
    tried, done = both_ways(content, coordinator, at)
    assert tried == done


def test_shared_practice_that_changes_is_no_contradiction_in_the_trial(
    coordinator: User, at: datetime
) -> None:
    colleagues = [{**MIRA, "Vorname": name, "Praxis": "Am Park"} for name in ("Mira", "Kai", "Ada")]
    both_ways(file_of(*colleagues), coordinator, at)
    content = file_of(*({**one, "Telefon": "0341 1234567"} for one in colleagues))
    row = uploaded(content, coordinator, at)
    queue.choose(file_import=row, chosen=row.chosen, actor=coordinator, at=at)
    working.work(clock=lambda: at)
    row.refresh_from_db()
    assert counts(row) == (3, 0, 1, 2, 0)
    assert not FileRow.objects.exists()


def random_file(seed: int) -> str:
    """Few names, places and numbers, so that people and practices meet again and again."""
    chance = random.Random(seed)
    places = [
        ("Musterweg 4", "04103", "Leipzig"),
        ("Parkring 1", "10115", "Berlin"),
        ("", "04103", "Leipzig"),
    ]
    rows = []
    for _row in range(40):
        street, plz, city = chance.choice(places)
        row = {
            "Vorname": chance.choice(["Mira", "Kai", "Ada", "Jan"]),
            "Nachname": chance.choice(["Beispielhuber", "Musterfrau"]),
            "Straße": street,
            "PLZ": plz,
            "Ort": city,
            "E-Mail": chance.choice(["", "", "a@example.org", "b@example.org"]),
            "Kassensitz": chance.choice(["", "ganz", "halb"]),
        }
        rows.append(row)
    return file_of(*rows)


@pytest.mark.parametrize("seed", range(12))
def test_trial_and_import_agree_on_tangled_files(seed: int, coordinator: User, at: datetime) -> None:
    tried, done = both_ways(random_file(seed), coordinator, at)
    assert tried[0] == done[0] == 40
    assert tried == done


def test_trial_keeps_no_lock(coordinator: User, at: datetime) -> None:
    """Whoever records a therapist takes the lock of the contact groups; a trial lets it go with every row."""
    row = uploaded(file_of(MIRA), coordinator, at)
    queue.choose(file_import=row, chosen=row.chosen, actor=coordinator, at=at)
    with CaptureQueriesContext(connection) as queries:
        working.work(clock=lambda: at)
    statements = [query["sql"] for query in queries.captured_queries]
    locked = next(at for at, sql in enumerate(statements) if "pg_advisory_xact_lock" in sql)
    let_go = next(at for at, sql in enumerate(statements) if at > locked and "ROLLBACK TO SAVEPOINT" in sql)
    assert not [sql for sql in statements[locked:let_go] if "imports_fileimport" in sql]


def test_imported_therapists_wait_for_review(coordinator: User, at: datetime) -> None:
    both_ways(file_of(MIRA), coordinator, at)
    assert Therapist.objects.get().review_status == ReviewStatus.UNREVIEWED
