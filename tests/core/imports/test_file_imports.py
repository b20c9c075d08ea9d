"""An uploaded file from the upload to its end: the row is the job, and a killed worker costs nothing."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, OperationalError, connection, transaction

from apps.accounts.models import User
from apps.core.errors import Refused, StaleState
from apps.core.imports.enums import FileStatus
from apps.core.imports.errors import UnusableFile
from apps.core.imports.kinds import FileKind
from apps.core.imports.models import ColumnChoice, FileContent, FileImport, FileRow
from apps.core.imports.services import keeping, queue, working
from tests.core.imports.files import GroupImport, groups_registered

pytestmark = pytest.mark.django_db
FILE = "Label;Size;Farbe\none;1;rot\ntwo;2;\none;3;\nnoted;x;\nnoted;;\n;5;\n"
COUNTS = ("total", "done", "new", "changed", "unchanged", "rejected")


class Killed(BaseException):
    """What a SIGKILL is to Python: nothing catches it."""


@pytest.fixture(autouse=True)
def kind() -> Iterator[FileKind]:
    with groups_registered() as kind:
        yield kind


class Watch:
    """A clock that tests turn."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def on(self, **step: float) -> None:
        self.now += timedelta(**step)


@pytest.fixture
def clock(at: datetime) -> Watch:
    return Watch(at)


def uploaded(kind: FileKind, actor: User, at: datetime, content: str = FILE) -> FileImport:
    return queue.upload(
        kind=kind, name="Gruppen.csv", content=content.encode(), as_of=None, actor=actor, at=at
    )


def tried(kind: FileKind, actor: User, clock: Watch, content: str = FILE) -> FileImport:
    row = uploaded(kind, actor, clock(), content)
    queue.choose(file_import=row, chosen=row.chosen, actor=actor, at=clock())
    assert working.work(clock=clock)
    row.refresh_from_db()
    assert row.status == FileStatus.TRIED
    return row


def started(kind: FileKind, actor: User, clock: Watch, content: str = FILE) -> FileImport:
    row = tried(kind, actor, clock, content)
    return queue.start(file_import=row, actor=actor, at=clock())


def counts(row: FileImport) -> tuple[int, ...]:
    row.refresh_from_db()
    return tuple(getattr(row, name) for name in COUNTS)


def many(number: int) -> str:
    return "Label\n" + "".join(f"group {at}\n" for at in range(number))


def names() -> set[str]:
    return set(
        Group.objects.exclude(name__in=["viewer", "coordinator", "manager"]).values_list("name", flat=True)
    )


# upload and columns


def test_upload_keeps_the_file_encrypted_and_suggests_columns(
    kind: FileKind, coordinator: User, at: datetime
) -> None:
    row = uploaded(kind, coordinator, at)
    assert row.status == FileStatus.UPLOADED
    assert row.chosen == ["name", "size", ""]
    assert row.samples == [["one", "1", "rot"], ["two", "2", ""], ["one", "3", ""]]
    assert queue.content_of(row) == FILE.encode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT packed FROM imports_filecontent")
        (packed,) = cursor.fetchone()
        cursor.execute("SELECT i::text FROM imports_fileimport i")
        (whole,) = cursor.fetchone()
    assert packed.startswith("gAAAA")
    assert "Gruppen" not in whole and "rot" not in whole and "Farbe" not in whole


def test_same_file_sent_twice_is_one_import(kind: FileKind, coordinator: User, at: datetime) -> None:
    assert uploaded(kind, coordinator, at) == uploaded(kind, coordinator, at)
    assert FileImport.objects.count() == FileContent.objects.count() == 1


def test_file_without_rows_is_refused(kind: FileKind, coordinator: User, at: datetime) -> None:
    with pytest.raises(UnusableFile, match="no rows"):
        uploaded(kind, coordinator, at, "Label;Size\n")
    assert not FileImport.objects.exists()


def test_near_heading_is_suggested_and_never_twice(kind: FileKind, coordinator: User, at: datetime) -> None:
    row = uploaded(kind, coordinator, at, "Bezeichnungen,Label,Groesse,Zeile\na,b,1,2\n")
    assert row.chosen == ["", "name", "size", ""]
    row = uploaded(kind, coordinator, at, "Bezeichnungen,Farbe\na,b\n")
    assert row.chosen == ["name", ""]


def test_chosen_columns_are_remembered_for_the_same_headings(
    kind: FileKind, coordinator: User, clock: Watch
) -> None:
    row = uploaded(kind, coordinator, clock(), "Spalte A;Spalte B\nx;1\n")
    assert row.chosen == ["", ""]
    queue.choose(file_import=row, chosen=["name", "size"], actor=coordinator, at=clock())
    assert uploaded(kind, coordinator, clock(), "SPALTE A;Spalte-B\ny;2\n").chosen == ["name", "size"]
    assert "Spalte" not in ColumnChoice.objects.get().headings


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [(["", "size", ""], "columns are missing"), (["name", "name", ""], "mean the same")],
)
def test_columns_that_cannot_be_are_refused(
    kind: FileKind, coordinator: User, at: datetime, chosen: list[str], sentence: str
) -> None:
    row = uploaded(kind, coordinator, at)
    with pytest.raises(UnusableFile, match=sentence):
        queue.choose(file_import=row, chosen=chosen, actor=coordinator, at=at)
    row.refresh_from_db()
    assert (row.status, ColumnChoice.objects.count()) == (FileStatus.UPLOADED, 0)


# the trial run


def test_trial_tells_what_would_happen_and_saves_nothing(
    kind: FileKind, coordinator: User, clock: Watch
) -> None:
    before = names()
    row = tried(kind, coordinator, clock)
    assert counts(row) == (6, 6, 3, 0, 0, 3)
    assert row.is_trial
    assert names() == before
    rejected = FileRow.objects.filter(result="rejected").values_list("line", "cells", "texts")
    assert list(rejected) == [
        (4, ["one", "3", ""], [["", "This name was there already."]]),
        (5, ["noted", "x", ""], [["Size", "“x” is not a whole number."]]),
        (7, ["", "5", ""], [["Label", "This must not be empty."]]),
    ]
    assert [(one.line, one.texts) for one in FileRow.objects.exclude(result="rejected")] == [
        (6, [["", "Look here."]])
    ]


def test_columns_can_be_changed_after_the_trial(kind: FileKind, coordinator: User, clock: Watch) -> None:
    row = tried(kind, coordinator, clock)
    queue.choose(file_import=row, chosen=["name", "", ""], actor=coordinator, at=clock())
    assert counts(row) == (0, 0, 0, 0, 0, 0)
    assert not FileRow.objects.exists()
    working.work(clock=clock)
    assert counts(row) == (6, 6, 3, 0, 0, 3)


def test_trial_that_lost_its_worker_begins_again(kind: FileKind, coordinator: User, clock: Watch) -> None:
    def killed() -> None:
        raise Killed

    row = uploaded(kind, coordinator, clock())
    queue.choose(file_import=row, chosen=row.chosen, actor=coordinator, at=clock())
    GroupImport.hooks = {"two": killed}
    with pytest.raises(Killed):
        working.work(clock=clock)
    GroupImport.hooks = {}
    assert not working.work(clock=clock)
    clock.on(minutes=6)
    assert working.work(clock=clock)
    assert counts(row) == (6, 6, 3, 0, 0, 3)


# the import


def test_import_saves_what_the_trial_announced(kind: FileKind, coordinator: User, clock: Watch) -> None:
    row = started(kind, coordinator, clock)
    working.work(clock=clock)
    assert counts(row) == (6, 6, 3, 0, 0, 3)
    assert (row.status, row.started_by, row.finished_at) == (FileStatus.DONE, coordinator, clock())
    assert names() == {"one", "two", "noted"}
    assert list(row.history.values_list("new", flat=True)) == [
        *("uploaded", "trial_queued", "trial_run", "tried", "queued", "running", "done")
    ]


def test_second_import_of_the_same_file_changes_nothing(
    kind: FileKind, coordinator: User, clock: Watch
) -> None:
    for _time in range(2):
        row = started(kind, coordinator, clock)
        working.work(clock=clock)
    assert counts(row) == (6, 6, 0, 0, 3, 3)


def test_second_click_on_import_is_stale(kind: FileKind, coordinator: User, clock: Watch) -> None:
    row = tried(kind, coordinator, clock)
    again = FileImport.objects.get(pk=row.pk)
    queue.start(file_import=row, actor=coordinator, at=clock())
    with pytest.raises(StaleState):
        queue.start(file_import=again, actor=coordinator, at=clock())


def test_import_without_a_good_row_is_refused(kind: FileKind, coordinator: User, clock: Watch) -> None:
    row = tried(kind, coordinator, clock, "Label;Size\na;x\n")
    with pytest.raises(Refused, match="No row of this file"):
        queue.start(file_import=row, actor=coordinator, at=clock())


@pytest.mark.parametrize("victim", ["group 0", "group 17", "group 39"])
def test_killed_worker_loses_and_doubles_nothing(
    kind: FileKind, coordinator: User, clock: Watch, victim: str
) -> None:
    """Killed after the row was saved, before its count was: both go back together."""

    def killed() -> None:
        raise Killed

    row = started(kind, coordinator, clock, many(40))
    GroupImport.hooks = {victim: killed}
    with pytest.raises(Killed):
        working.work(clock=clock)
    done = int(victim.split()[1])
    assert counts(row) == (40, done, done, 0, 0, 0)
    assert len(names()) == done
    GroupImport.hooks = {}
    clock.on(minutes=6)
    assert working.work(clock=clock)
    assert counts(row) == (40, 40, 40, 0, 0, 0)
    assert (row.status, row.losses, len(names())) == (FileStatus.DONE, 1, 40)


def test_rows_before_the_loss_are_remembered_by_the_importer(
    kind: FileKind, coordinator: User, clock: Watch
) -> None:
    """The third row doubles the first, which another worker had saved."""

    def killed() -> None:
        raise Killed

    row = started(kind, coordinator, clock, "Label\none\ntwo\none\n")
    GroupImport.hooks = {"two": killed}
    with pytest.raises(Killed):
        working.work(clock=clock)
    GroupImport.hooks = {}
    clock.on(minutes=6)
    working.work(clock=clock)
    assert counts(row) == (3, 3, 2, 0, 0, 1)


def test_import_that_loses_every_worker_ends_and_says_what_is_in(
    kind: FileKind, coordinator: User, clock: Watch
) -> None:
    def killed() -> None:
        raise Killed

    row = started(kind, coordinator, clock, many(5))
    GroupImport.hooks = {"group 3": killed}
    for _time in range(4):
        with pytest.raises(Killed):
            working.work(clock=clock)
        clock.on(minutes=6)
    assert working.work(clock=clock)
    assert counts(row) == (5, 3, 3, 0, 0, 0)
    assert row.status == FileStatus.FAILED
    assert row.error.startswith("The worker was lost several times. 3 of 5 rows were dealt with and stay.")
    assert not working.work(clock=clock)


def test_interrupted_database_is_tried_again_at_once(kind: FileKind, coordinator: User, clock: Watch) -> None:
    def interrupted() -> None:
        raise OperationalError

    row = started(kind, coordinator, clock, many(3))
    GroupImport.hooks = {"group 1": interrupted}
    assert working.work(clock=clock)
    GroupImport.hooks = {}
    assert working.work(clock=clock)
    assert counts(row) == (3, 3, 3, 0, 0, 0)


def test_bug_ends_the_import_and_says_what_is_in(kind: FileKind, coordinator: User, clock: Watch) -> None:
    def bug() -> None:
        raise KeyError("Kanarienvogel")

    row = started(kind, coordinator, clock, many(3))
    GroupImport.hooks = {"group 2": bug}
    assert working.work(clock=clock)
    assert counts(row) == (3, 2, 2, 0, 0, 0)
    assert (row.status, "Kanarienvogel" in row.error) == (FileStatus.FAILED, False)


def test_cancelled_import_stops_before_the_next_row(
    kind: FileKind, coordinator: User, clock: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = started(kind, coordinator, clock, many(5))
    import_row = working.Job._import_row

    def importing(job: working.Job, read: working.ReadRow) -> None:
        if read[0].line == 4:
            queue.cancel(file_import=FileImport.objects.get(pk=row.pk), actor=coordinator, at=clock())
        import_row(job, read)

    monkeypatch.setattr(working.Job, "_import_row", importing)
    assert working.work(clock=clock)
    assert counts(row) == (5, 2, 2, 0, 0, 0)
    assert (row.status, len(names()), FileContent.objects.count()) == (FileStatus.CANCELLED, 2, 0)


def test_long_import_is_left_to_the_next_task(kind: FileKind, coordinator: User, clock: Watch) -> None:
    row = started(kind, coordinator, clock, many(5))
    GroupImport.hooks = {"group 1": lambda: clock.on(seconds=181)}
    assert working.work(clock=clock)
    assert counts(row) == (5, 2, 2, 0, 0, 0)
    assert row.status == FileStatus.RUNNING
    GroupImport.hooks = {}
    assert working.work(clock=clock)
    assert counts(row) == (5, 5, 5, 0, 0, 0)
    assert row.losses == 0


def test_one_file_of_a_kind_at_a_time(kind: FileKind, coordinator: User, clock: Watch) -> None:
    def killed() -> None:
        raise Killed

    first = started(kind, coordinator, clock, many(3))
    other = uploaded(kind, coordinator, clock(), many(4))
    queue.choose(file_import=other, chosen=other.chosen, actor=coordinator, at=clock())
    GroupImport.hooks = {"group 1": killed}
    with pytest.raises(Killed):
        working.work(clock=clock)
    GroupImport.hooks = {}
    assert not working.work(clock=clock)
    clock.on(minutes=6)
    assert working.work(clock=clock) and working.work(clock=clock)
    first.refresh_from_db()
    other.refresh_from_db()
    assert (first.status, other.status) == (FileStatus.DONE, FileStatus.TRIED)


def test_database_refuses_two_running_files_of_a_kind(
    kind: FileKind, coordinator: User, at: datetime
) -> None:
    rows = [uploaded(kind, coordinator, at, many(number)) for number in (1, 2)]
    with pytest.raises(IntegrityError), transaction.atomic():
        FileImport.objects.filter(pk__in=[row.pk for row in rows]).update(status=FileStatus.RUNNING)


def test_file_with_too_many_rows_fails_in_words(
    kind: FileKind, coordinator: User, clock: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "MOST_ROWS", 3)
    row = uploaded(kind, coordinator, clock(), many(4))
    queue.choose(file_import=row, chosen=row.chosen, actor=coordinator, at=clock())
    working.work(clock=clock)
    row.refresh_from_db()
    assert (row.status, "at most 3" in row.error) == (FileStatus.FAILED, True)


# the end


def test_content_goes_two_weeks_after_the_end_and_the_counts_stay(
    kind: FileKind, coordinator: User, clock: Watch
) -> None:
    row = started(kind, coordinator, clock)
    working.work(clock=clock)
    clock.on(days=13)
    assert keeping.forget_old(at=clock()) == 0
    clock.on(days=2)
    assert keeping.forget_old(at=clock()) == 1
    assert keeping.forget_old(at=clock()) == 0
    row.refresh_from_db()
    assert (row.file_name, row.header, row.samples, row.forgotten_at) == ("", [], [], clock())
    assert (FileContent.objects.count(), FileRow.objects.count()) == (0, 0)
    assert counts(row) == (6, 6, 3, 0, 0, 3)


def test_upload_nobody_went_on_with_is_cancelled(kind: FileKind, coordinator: User, clock: Watch) -> None:
    row = uploaded(kind, coordinator, clock())
    FileImport.objects.update(updated_at=clock())
    clock.on(days=15)
    keeping.forget_old(at=clock())
    row.refresh_from_db()
    assert (row.status, FileContent.objects.count()) == (FileStatus.CANCELLED, 0)


def test_cancelled_file_is_deleted_at_once(kind: FileKind, coordinator: User, clock: Watch) -> None:
    row = tried(kind, coordinator, clock)
    queue.cancel(file_import=row, actor=coordinator, at=clock())
    assert not FileContent.objects.exists()
    with pytest.raises(StaleState):
        queue.start(file_import=row, actor=coordinator, at=clock())
