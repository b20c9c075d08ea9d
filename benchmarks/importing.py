"""Therapists from outside: records of a register (`benchmarks.directory`), and the agency's own list.

The own list: the product's import beside get_or_create and save for each row.

Both start from an empty database and end with the same number of rows in every table. The product reads the
file, checks and normalises every cell, looks for known therapists, locates the practice, keeps contact
groups, history and events, and one bad row does not hurt the others. The other one gets the cells ready to be
saved and does none of that.
"""

import csv
import io
from dataclasses import dataclass
from typing import Any

from django.db import connection

from apps.core import weekly
from apps.scraping.services.imports import import_therapists
from apps.therapists.models import Approval, ContactGroup, Practice, Therapist, WeeklyHours, Workplace
from benchmarks import database, directory
from benchmarks.database import say
from benchmarks.sizes import AT, SEED, TODAY
from benchmarks.timing import ROUNDS, median, timed
from benchmarks.world.draws import Draw
from benchmarks.world.towns import postal_codes, settle, towns

DATABASE = "bench_import"
ROWS = 500
HEADER = (
    "Vorname", "Nachname", "Straße", "PLZ", "Ort", "Telefon", "E-Mail", "Zulassungen", "Sprachen",
    "Telefonzeiten",
)  # fmt: skip
HOURS = ((0, 720, 770), (2, 965, 1015))


@dataclass(frozen=True)
class Row:
    first_name: str
    last_name: str
    street: str
    plz: str
    city: str
    phone: str
    email: str


def run() -> dict[str, float]:
    database.use(DATABASE)
    rows = draw_rows(ROWS)
    content = as_csv(rows)
    own: list[float] = []
    again: list[float] = []
    theirs: list[float] = []
    for number in range(1, ROUNDS + 1):
        theirs.append(_from_empty(lambda: [save_row(row) for row in rows]))
        counts = table_counts()
        own.append(_from_empty(lambda: take(content)))
        if table_counts() != counts:
            raise RuntimeError(f"the two imports differ: {table_counts()} and {counts}")
        again.append(timed(lambda: take(content))[0])
        say(f"  import, round {number}: product {own[-1]:.2f} s, row by row {theirs[-1]:.2f} s")
    empty()
    return {
        "import.own_list.rows_per_second": ROWS / median(own),
        "import.own_list.again.rows_per_second": ROWS / median(again),
        "import.own_list.get_or_create.rows_per_second": ROWS / median(theirs),
        "import.own_list.times_faster_than_get_or_create": median(theirs) / median(own),
        **directory.run(),
    }


def draw_rows(count: int) -> list[Row]:
    draw, places = Draw(SEED, "import"), towns(SEED)
    homes = settle(draw, places, count, 1.0)
    codes = postal_codes(draw, places, homes)
    return [
        Row(
            first_name="Mira",
            last_name=f"Beispiel{_letters(number)}",
            street=f"Musterweg {number + 1}",
            plz=codes[number],
            city=places.name[town],
            phone=f"+4930{number:07d}",
            email=f"praxis-{number}@example.org",
        )
        for number, town in enumerate(homes.town.tolist())
    ]


def as_csv(rows: list[Row]) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(HEADER)
    for row in rows:
        person = (row.first_name, row.last_name, row.street, row.plz, row.city, row.phone, row.email)
        writer.writerow(
            [*person, "VT Erwachsene Einzel", "Deutsch, Englisch", "Mo 12:00-12:50; Mi 16:05-16:55"]
        )
    return file.getvalue().encode()


def take(content: bytes) -> None:
    report = import_therapists(content=content, fetched_on=TODAY, actor=None, at=AT)
    if report.rejected:
        raise RuntimeError(report.lines())


def save_row(row: Row) -> None:
    """What a first script would do with one row."""
    place = {"city": row.city, "phone": row.phone, "email": row.email}
    practice, _created = Practice.objects.get_or_create(street=row.street, plz=row.plz, defaults=place)
    person = {"first_name": row.first_name, "last_name": row.last_name}
    therapist = Therapist.objects.filter(**person, practices=practice).first()
    if therapist is None:
        therapist = Therapist(**person, contact_group=ContactGroup.objects.create())
    therapist.languages = ["de", "en"]
    therapist.save()
    Workplace.objects.get_or_create(therapist=therapist, practice=practice)
    Approval.objects.get_or_create(therapist=therapist, method="VT", age_group="adults", setting="individual")
    for weekday, start, end in HOURS:
        interval = weekly.Interval(weekday, start, end)
        WeeklyHours.objects.get_or_create(
            therapist=therapist,
            kind="phone",
            weekday=interval.weekday,
            start_minute=interval.start,
            end_minute=interval.end,
        )


def table_counts() -> dict[str, int]:
    models: tuple[Any, ...] = (Practice, Therapist, ContactGroup, Workplace, Approval, WeeklyHours)
    return {model.__name__: model.objects.count() for model in models}


def empty() -> None:
    tables = ", ".join(f'"{model._meta.db_table}"' for model in (Practice, Therapist, ContactGroup))
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables} CASCADE")


def _from_empty(work: Any) -> float:
    empty()
    return timed(work)[0]


def _letters(number: int) -> str:
    """0 → a, 25 → z, 26 → ba: names hold no digits."""
    letters = chr(ord("a") + number % 26)
    return _letters(number // 26) + letters if number >= 26 else letters
