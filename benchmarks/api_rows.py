"""Rows of lists that the world of the benchmarks does not have, taken away again afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.communication.enums import CallOutcome, CallPurpose, CallStatus, EmailStatus, LetterKind
from apps.communication.models import EmailMessage, PhoneCall
from apps.scraping.enums import RunKind, RunStatus
from apps.scraping.models import ImportRun, Source
from apps.therapists.models import Therapist
from benchmarks.sizes import AT, TODAY

RUNS = 2_000
BATCH = 2_000
TEXT = "Guten Tag,\n\nfür den Fall K7M4QX suchen wir einen Platz.\n" * 20
MARK = "benchmark-api"


@contextmanager
def rows_of_contact() -> Iterator[None]:
    """A sent e-mail and a call to every therapist, and some runs of a source."""
    _take_away()
    therapists = list(Therapist.objects.order_by("pk").values_list("pk", flat=True))
    with transaction.atomic():
        for first in range(0, len(therapists), BATCH):
            chosen = list(enumerate(therapists[first : first + BATCH], start=first))
            EmailMessage.objects.bulk_create(_email(number, pk) for number, pk in chosen)
            PhoneCall.objects.bulk_create(_call(number, pk) for number, pk in chosen)
        source = Source.objects.create(key=MARK, name=MARK, adapter="csv")
        ImportRun.objects.bulk_create(_run(source, number) for number in range(RUNS))
    try:
        yield
    finally:
        _take_away()


def _email(number: int, therapist_id: int) -> EmailMessage:
    return EmailMessage(
        status=EmailStatus.SENT,
        kind=LetterKind.INQUIRY,
        to_email=f"praxis{number}@example.org",
        subject="Anfrage",
        text=TEXT,
        message_id=f"<{number}@{MARK}>",
        therapist_id=therapist_id,
        sent_at=_moment(number),
    )


def _call(number: int, therapist_id: int) -> PhoneCall:
    return PhoneCall(
        status=CallStatus.DONE,
        purpose=CallPurpose.FOLLOW_UP,
        therapist_id=therapist_id,
        phone=MARK,
        starts_at=_moment(number),
        ends_at=_moment(number) + timedelta(minutes=5),
        outcome=CallOutcome.REACHED,
        done_at=_moment(number),
    )


def _run(source: Source, number: int) -> ImportRun:
    ended: dict[str, Any] = {"started_at": _moment(number), "ended_at": _moment(number)}
    return ImportRun(source=source, kind=RunKind.FILE, status=RunStatus.DONE, fetched_on=TODAY, **ended)


def _moment(number: int) -> datetime:
    return AT - timedelta(minutes=number)


def _take_away() -> None:
    """Without the ORM's look for what hangs on each row: nothing does."""
    for rows in (
        EmailMessage.objects.filter(message_id__endswith=f"@{MARK}>"),
        PhoneCall.objects.filter(phone=MARK),
        ImportRun.objects.filter(source__key=MARK),
        Source.objects.filter(key=MARK),
    ):
        rows._raw_delete(rows.db)
