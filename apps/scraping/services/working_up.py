"""After a run: its records are joined to the therapists they mean, and what they say anew is proposed."""

from collections.abc import Callable
from datetime import datetime

from apps.scraping.enums import ENDED
from apps.scraping.models import ImportRun
from apps.scraping.services import proposing, recognising


def work_up_ended(*, clock: Callable[[], datetime]) -> int:
    """Every ended run that was not compared yet, oldest first; how many there were.

    Killed midway, the next call begins the run again: what is linked and proposed stays so.
    """
    count = 0
    for run in ImportRun.objects.filter(status__in=ENDED, worked_up_at__isnull=True).order_by("id"):
        work_up(run=run, at=clock())
        count += 1
    return count


def work_up(*, run: ImportRun, at: datetime) -> None:
    recognising.recognise_waiting(source=run.source, at=at)
    recognising.note_moved(source=run.source)
    proposing.propose(run=run, at=at)
    ImportRun.objects.filter(pk=run.pk).update(worked_up_at=at)
