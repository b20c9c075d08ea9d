"""What of the records waits for a person: new ones, unclear ones, proposals, vanished ones."""

from typing import TypedDict

from django.db.models import Count, Q, QuerySet

from apps.scraping.enums import ProposalStatus, Standing
from apps.scraping.models import ChangeProposal, DirectoryRecord, ImportRun

WAITING = (Standing.NEW, Standing.UNCLEAR)


class Counts(TypedDict):
    records: int
    waiting: int
    proposals: int


NOTHING: Counts = {"records": 0, "waiting": 0, "proposals": 0}


def counts_by_source() -> dict[int, Counts]:
    """Records, those that wait for review, and open proposals of every source, in two queries."""
    records = (
        DirectoryRecord.objects.order_by()
        .values("source_id")
        .annotate(records=Count("id"), waiting=Count("id", filter=Q(standing__in=WAITING)))
    )
    proposals = dict(
        open_proposals()
        .order_by()
        .values("record__source_id")
        .annotate(count=Count("id"))
        .values_list("record__source_id", "count")
    )
    return {
        row["source_id"]: Counts(
            records=row["records"],
            waiting=row["waiting"],
            proposals=proposals.get(row["source_id"], 0),
        )
        for row in records
    }


def waiting_records(*, run: ImportRun | None = None) -> QuerySet[DirectoryRecord]:
    """New and unclear ones, of one run (in which they first came) or of all."""
    waiting = DirectoryRecord.objects.filter(standing__in=WAITING).select_related("source", "sighting")
    waiting = waiting.defer("payload")  # long, and shown on the page of one record only
    return waiting.filter(first_run=run) if run is not None else waiting


def open_proposals(*, run: ImportRun | None = None) -> QuerySet[ChangeProposal]:
    proposals = ChangeProposal.objects.filter(status=ProposalStatus.OPEN)
    return proposals.filter(run=run) if run is not None else proposals


def vanished_records() -> QuerySet[DirectoryRecord]:
    """Those of known therapists that their source shows no more: perhaps retired or moved."""
    return DirectoryRecord.objects.filter(vanished_on__isnull=False, standing=Standing.LINKED).select_related(
        "source", "therapist"
    )
