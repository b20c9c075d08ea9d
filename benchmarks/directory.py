"""Parsed records of a register into the table of records: the product beside the ORM's own ways.

    per_row       get_or_create, then save where something differs, one record after the other (a sample)
    bulk_create   bulk_create(update_conflicts=True), batches of 1,000, the garbage collector off

All write the same table with the same constraints. Only the product also tells what is new, changed and
unchanged, remembers when a record was seen and counts the run.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from apps.core.weekly import Interval
from apps.scraping.enums import RunKind, RunStatus, Standing
from apps.scraping.models import ChangeProposal, DirectoryRecord, ImportRun, RunProblem, Source
from apps.scraping.records import SAID, DirectoryEntry
from apps.scraping.services import staging, working_up
from benchmarks.database import say
from benchmarks.sizes import AT, SEED, TODAY
from benchmarks.timing import ROUNDS, median, timed
from benchmarks.world.draws import Draw
from benchmarks.world.towns import postal_codes, settle, towns

RECORDS = 40_000
SAMPLE = 2_000  # row by row they would take minutes
BATCH = 1_000
CHANGED_EVERY = 10
NOT_SAID = ("source", "external_id", "address_key")


def run() -> dict[str, float]:
    entries = draw_entries(RECORDS)
    rates: dict[str, list[float]] = {}
    for number in range(1, ROUNDS + 1):
        found = {
            "per_row": SAMPLE / _from_empty(lambda: save_each(entries[:SAMPLE])),
            "bulk_create": RECORDS / _from_empty(lambda: save_in_bulk(entries)),
            **_product(entries),
        }
        for name, rate in found.items():
            rates.setdefault(name, []).append(rate)
        line = ", ".join(f"{name} {rate:,.0f}/s" for name, rate in found.items())
        say(f"  directory, round {number}: {line}")
    rate = {name: median(values) for name, values in rates.items()}
    return {
        **{f"import.directory.{name}.records_per_second": value for name, value in rate.items()},
        "import.times_faster_than_per_row": rate["product"] / rate["per_row"],
        "import.times_faster_than_bulk_create": rate["product"] / rate["bulk_create"],
        "import.again_over_first": rate["product"] / rate["again"],
        "import.changed_over_first": rate["product"] / rate["changed"],
    }


def _product(entries: list[DirectoryEntry]) -> dict[str, float]:
    """From empty, the same again, and with every tenth record changed."""
    changed = [
        replace(entry, phone=f"{entry.phone}1") if number % CHANGED_EVERY == 0 else entry
        for number, entry in enumerate(entries)
    ]
    first = _from_empty(lambda: take(entries, new=RECORDS))
    again, _nothing = timed(lambda: take(entries, unchanged=RECORDS))
    tenth = RECORDS // CHANGED_EVERY
    later, _nothing = timed(lambda: take(changed, changed=tenth, unchanged=RECORDS - tenth))
    working_up.work_up(run=ImportRun.objects.order_by("-pk")[0], at=AT)
    if ChangeProposal.objects.exists():
        raise RuntimeError("nobody is on file, so nothing can be proposed")
    return {"product": RECORDS / first, "again": RECORDS / again, "changed": RECORDS / later}


def draw_entries(count: int) -> list[DirectoryEntry]:
    draw, places = Draw(SEED, "directory"), towns(SEED)
    homes = settle(draw, places, count, 1.0)
    codes = postal_codes(draw, places, homes)
    return [
        _entry(number, codes[number], str(places.name[town]))
        for number, town in enumerate(homes.town.tolist())
    ]


def _entry(number: int, plz: str, city: str) -> DirectoryEntry:
    minute = 480 + number % 40 * 10
    return DirectoryEntry(
        external_id=str(900_000 + number),
        salutation="ms",
        gender="female",
        title="Dr. phil." if number % 3 == 0 else "",
        first_name="Mira",
        last_name=f"Beispiel{number}",
        street=f"Musterweg {number + 1}",
        plz=plz,
        city=city,
        phone=f"+4930{number:07d}",
        email=f"praxis-{number}@example.org",
        website=f"https://www.example.org/{number}",
        latitude=51.0 + number % 1000 / 1000,
        longitude=10.0 + number % 1000 / 1000,
        seat="full",
        languages=("de", "en"),
        further_qualifications="Psychologische Psychotherapeutin",
        approvals=(("VT", "adults", "individual"), ("TP", "adults", "group")),
        phone_hours=(Interval(number % 5, minute, minute + 50),),
        payload={
            "id": str(900_000 + number),
            "vorname": "Mira",
            "tsz": [{"d": "2026-11-23", "typ": "07"}] * 4,
        },
    )


def take(entries: list[DirectoryEntry], **expected: int) -> None:
    """One run in one batch, as a file is read."""
    run = _run()
    staged = staging.stage(run=run, batch=staging.Batch(entries=entries))
    found = {"new": len(staged.new), "changed": len(staged.changed), "unchanged": staged.unchanged}
    if found != {"new": 0, "changed": 0, "unchanged": 0} | expected:
        raise RuntimeError(f"expected {expected}, found {found}")


def save_each(entries: list[DirectoryEntry]) -> None:
    run = _run()
    for entry in entries:
        values = _values(entry, run)
        key = {name: values.pop(name) for name in NOT_SAID}
        record, is_new = DirectoryRecord.objects.get_or_create(**key, defaults=values)
        if not is_new:
            for name, value in values.items():
                setattr(record, name, value)
            record.save()


def save_in_bulk(entries: list[DirectoryEntry]) -> None:
    run = _run()
    with _no_garbage_collection():
        rows = [DirectoryRecord(**_values(entry, run)) for entry in entries]
        DirectoryRecord.objects.bulk_create(
            rows,
            batch_size=BATCH,
            update_conflicts=True,
            unique_fields=list(NOT_SAID),
            update_fields=[*SAID, "doubts", "payload", "changed_on"],
        )


def _values(entry: DirectoryEntry, run: ImportRun) -> dict[str, Any]:
    return {
        **{name: getattr(entry, name) for name in SAID},
        "source": run.source,
        "external_id": entry.external_id,
        "address_key": staging.key_of(entry)[1],
        "languages": list(entry.languages),
        "approvals": [" ".join(approval) for approval in entry.approvals],
        "phone_hours": [f"{day} {start} {end}" for day, start, end in entry.phone_hours],
        "doubts": [],
        "payload": dict(entry.payload),
        "first_run": run,
        "changed_on": TODAY,
        "standing": Standing.NEW,
    }


def _run() -> ImportRun:
    source, _created = Source.objects.get_or_create(
        key="bench", defaults={"name": "Bench", "adapter": "arztsuche"}
    )
    return ImportRun.objects.create(
        source=source, kind=RunKind.FILE, status=RunStatus.DONE, ended_at=AT, fetched_on=TODAY
    )


def _from_empty(work: Any) -> float:
    for model in (ChangeProposal, DirectoryRecord, RunProblem, ImportRun):
        model.objects.all().delete()
    return timed(work)[0]


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
