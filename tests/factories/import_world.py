"""A source that has been read: a record to review, a known therapist with a change, one that vanished."""

from dataclasses import dataclass
from datetime import date, datetime

from apps.accounts.models import User
from apps.scraping.enums import BulkKind, RunKind
from apps.scraping.models import BulkDecision, ChangeProposal, DirectoryRecord, ImportRun
from apps.scraping.records import DirectoryEntry, Rejected
from apps.scraping.services import permissions, runs, staging, working_up
from apps.therapists.models import Therapist
from tests.factories.scraping import entry, source
from tests.factories.therapists import PracticeFactory, TherapistFactory


@dataclass(frozen=True)
class Imported:
    """`record` waits for review, `known` belongs to `therapist`, `proposal` is a change of hers."""

    run: ImportRun
    record: DirectoryRecord
    known: DirectoryRecord
    therapist: Therapist
    proposal: ChangeProposal


def known_therapist(number: int = 0) -> Therapist:
    """Whom `known_entry` of the same number means; the phone on record is another one."""
    practice = PracticeFactory(
        street=f"Ahornweg {number + 1}", plz="04105", city="Leipzig", phone="+49341200200", email=""
    )
    name = f"Bekannt{chr(97 + number)}"
    return TherapistFactory(title="", first_name="Jana", last_name=name, gender="female", practice=practice)


def known_entry(number: int = 0, **fields: object) -> DirectoryEntry:
    said = {
        "external_id": f"K{number}",
        "first_name": "Jana",
        "last_name": f"Bekannt{chr(97 + number)}",
        "street": f"Ahornweg {number + 1}",
        "plz": "04105",
        "phone": "+49341300300",
        "approvals": (),
        "phone_hours": (),
    }
    return entry(**{**said, **fields})


def read(
    *entries: DirectoryEntry, at: datetime, rejected: list[Rejected] | None = None, is_whole: bool = True
) -> ImportRun:
    """A run as a worker leaves it: everything taken in, ended and compared."""
    queued = ImportRun.objects.create(
        source=source(), kind=RunKind.FILE, fetched_on=at.date(), file_name="liste.csv", is_whole=is_whole
    )
    run = runs.take_up(at=at, run_id=queued.pk)
    assert run is not None
    batch = staging.Batch(entries=list(entries), rejected=rejected or [])
    runs.keep(run=run, batch=batch, at=at, progress={"done": 1, "total": 1})
    runs.finish(run=run, at=at)
    working_up.work_up_ended(clock=lambda: at)
    return ImportRun.objects.get(pk=run.pk)


def imported(*, at: datetime) -> Imported:
    therapist = known_therapist()
    problem = Rejected("line 7", "The postal code is missing.", {"name": "Ohneort"})
    run = read(entry(doubts=("The fax number is too short.",)), known_entry(), at=at, rejected=[problem])
    return Imported(
        run=run,
        record=DirectoryRecord.objects.get(external_id="900001"),
        known=DirectoryRecord.objects.get(external_id="K0"),
        therapist=therapist,
        proposal=ChangeProposal.objects.get(field="phone"),
    )


def with_everything(*, actor: User, at: datetime, today: date) -> Imported:
    """Also a permission in force and a decision about the run that has ended."""
    world = imported(at=at)
    permissions.record(
        source=world.run.source,
        given_by="Register office",
        given_on=today,
        until=None,
        grounds="letter of that day",
        actor=actor,
        at=at,
        today=today,
    )
    BulkDecision.objects.create(
        run=world.run, what=BulkKind.NEW, total=1, done=1, ended_at=at, decided_by=actor
    )
    return world
