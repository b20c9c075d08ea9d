"""Sources, runs and entries for tests."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from apps.core.weekly import Interval
from apps.scraping.enums import RunKind, RunStatus
from apps.scraping.models import ImportRun, Source
from apps.scraping.records import DirectoryEntry
from apps.scraping.services import staging, working_up

AT = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Europe/Berlin"))
ON = date(2026, 11, 23)


def source(**fields: Any) -> Source:
    known = {"key": "register", "name": "Register", "adapter": "arztsuche"}
    return Source.objects.get_or_create(key=fields.get("key", "register"), defaults=known | fields)[0]


def running(**fields: Any) -> ImportRun:
    values = {"kind": RunKind.NETWORK, "status": RunStatus.RUNNING, "fetched_on": ON, "alive_at": AT}
    of = fields.pop("source", None) or source()
    return ImportRun.objects.create(source=of, started_at=AT, **values | fields)


def entry(**fields: Any) -> DirectoryEntry:
    known: dict[str, Any] = {
        "external_id": "900001",
        "first_name": "Mira",
        "last_name": "Beispielhuber",
        "gender": "female",
        "street": "Musterweg 4a",
        "plz": "04103",
        "city": "Leipzig",
        "phone": "+493410000000",
        "seat": "full",
        "approvals": (("VT", "adults", "individual"),),
        "phone_hours": (Interval(0, 720, 770),),
        "payload": {"id": "900001"},
    }
    return DirectoryEntry(**known | fields)


def stage(*entries: DirectoryEntry, run: ImportRun | None = None) -> staging.Staged:
    return staging.stage(run=run or running(), batch=staging.Batch(entries=list(entries)))


def end(run: ImportRun) -> None:
    ImportRun.objects.filter(pk=run.pk).update(status=RunStatus.DONE, ended_at=run.alive_at)


def again(run: ImportRun) -> ImportRun:
    """The next run of the same source."""
    end(run)
    return running(source=run.source)


def taken_in(*entries: DirectoryEntry, run: ImportRun | None = None) -> ImportRun:
    """A run that saw these entries and was compared with the therapists on file."""
    run = run or running()
    stage(*entries, run=run)
    end(run)
    working_up.work_up(run=run, at=AT)
    run.refresh_from_db()
    return run
