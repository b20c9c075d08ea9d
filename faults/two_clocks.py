"""F7: two timetables run the same slot at the same moment, the clock jumps an hour, the hour changes.

The tasks themselves run, in two processes at once, at the slot, an hour later and an hour earlier again.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import time_machine
from celery import current_app

from apps.communication.enums import CallPurpose, LetterKind
from apps.communication.models import EmailMessage, PhoneCall
from apps.matching.enums import InquiryStatus
from apps.matching.models import InquiryHistory, PlacementRequest
from faults import ground, jobs, processes, rows
from faults.mail import MailServer, mail_server
from faults.outcome import Outcome
from faults.rows import Letters

FAULTS = 100
ROWS_A_SLOT = 2
HOUR = timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")
# Around the nights in which the clocks are changed, and any day.
ANY_HOUR = (
    datetime(2026, 10, 25, 0, 30, tzinfo=BERLIN),
    datetime(2026, 10, 25, 2, 15, tzinfo=BERLIN),
    datetime(2026, 10, 25, 2, 15, tzinfo=BERLIN, fold=1),
    datetime(2027, 3, 28, 1, 45, tzinfo=BERLIN),
    datetime(2027, 3, 28, 3, 5, tzinfo=BERLIN),
    datetime(2027, 1, 13, 11, 15, tzinfo=BERLIN),
)
MONDAYS = (
    datetime(2026, 10, 26, 10, 20, tzinfo=BERLIN),
    datetime(2027, 3, 29, 10, 20, tzinfo=BERLIN),
    datetime(2027, 5, 3, 16, 45, tzinfo=BERLIN),
)


@dataclass(frozen=True)
class Slot:
    """One line of the timetable: what is due at `moments`, and how often each row had its effect."""

    task: str
    moments: Sequence[datetime]
    prepare: Callable[[datetime], Sequence[Any]]
    effect: Callable[[Any, MailServer], int]


def run(*, faults: int, chance: random.Random) -> Outcome:
    current_app.loader.import_default_modules()
    outcome = Outcome("F7", faults)
    with mail_server(delay_seconds=0.001) as server:
        for number in range(faults):
            ground.empty()
            slot = SLOTS[number % len(SLOTS)]
            at = chance.choice(slot.moments)
            due = slot.prepare(at)
            jumps = [timedelta(0), *chance.sample([HOUR, -HOUR], k=2)]
            for jump in jumps:
                _two_at_once(outcome, slot.task, at + jump)
            outcome.count(slot.effect(row, server) for row in due)
    return outcome


def _two_at_once(outcome: Outcome, task: str, at: datetime) -> None:
    codes = processes.together([lambda: _run_task(task, at)] * 2)
    outcome.promise(codes == [0, 0], f"{task} failed")


def _run_task(task: str, at: datetime) -> None:
    with time_machine.travel(at, tick=True):
        current_app.tasks[task]()


def _asked_before(days: int) -> Callable[[datetime], list[PlacementRequest]]:
    return lambda at: [rows.asked("sent", at=at - timedelta(days=days)) for _number in range(ROWS_A_SLOT)]


def _follow_up_calls(request: PlacementRequest, server: MailServer) -> int:
    calls = PhoneCall.objects.filter(inquiry_contact__inquiry=request.inquiry_id)
    return calls.filter(purpose=CallPurpose.FOLLOW_UP).count()


def _ends(request: PlacementRequest, server: MailServer) -> int:
    return InquiryHistory.objects.filter(subject=request.inquiry_id, new=InquiryStatus.EXPIRED).count()


def _status_letters(request: PlacementRequest, server: MailServer) -> int:
    return EmailMessage.objects.filter(
        patient=request.search.patient_id, kind=LetterKind.PATIENT_STATUS
    ).count()


def _queued(at: datetime) -> list[EmailMessage]:
    letters = Letters(at - HOUR, patients=1)
    return [letters.queue() for _number in range(ROWS_A_SLOT)]


def _deliveries(email: EmailMessage, server: MailServer) -> int:
    return server.taken()[email.message_id]


def _published(at: datetime) -> list[str]:
    names = [f"job {number}" for number in range(ROWS_A_SLOT)]
    jobs.give(*names, at=at)
    return names


def _effects(name: str, server: MailServer) -> int:
    return jobs.effects()[name]


SLOTS = (
    Slot("matching.follow_up_due", ANY_HOUR, _asked_before(8), _follow_up_calls),
    Slot("matching.expire_due", ANY_HOUR, _asked_before(20), _ends),
    Slot("matching.send_status_letters", MONDAYS, _asked_before(8), _status_letters),
    Slot("communication.send_queue", ANY_HOUR, _queued, _deliveries),
    Slot("events.dispatch", ANY_HOUR, _published, _effects),
)
