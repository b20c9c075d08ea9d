"""Eight weeks in some minutes: eight workers plan, release, ask, answer, call and send at once.

Each worker is a process with a clock of its own; they meet several times a day and begin at the same real
moment. Afterwards plain SQL (`weeks_check`) says whether a rule of contact was broken.
"""

import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from apps.core import parameters
from apps.matching.selectors import world as worlds
from benchmarks.sizes import AT
from faults import processes, weeks_check
from faults.mail import MailServer, mail_server
from faults.outcome import Outcome
from faults.weeks_life import live, moments
from faults.weeks_worker import Plan
from faults.weeks_world import FIRST_DAY, World

FAULTS = 8  # weeks
FULL = World(therapists=2_000, searches=400, workers=8)
SMALL = World(therapists=200, searches=40, workers=3)
MOST_TOLD = 5  # of what went wrong, of each kind

FIGURES = {
    "inquiries": "SELECT count(*) FROM matching_inquiryhistory WHERE new = 'released'",
    "mails": "SELECT count(*) FROM communication_emailmessage WHERE status = 'sent'",
    "calls": "SELECT count(*) FROM communication_phonecall WHERE status = 'done'",
}
# What the queues must not leave behind.
LEFT = {
    "an event was parked": "SELECT count(*) FROM events_domainevent WHERE parked_at IS NOT NULL",
    "an event was not dispatched": "SELECT count(*) FROM events_domainevent"
    " WHERE parked_at IS NULL AND dispatched_at IS NULL AND last_error = ''",
    "an e-mail is unclear": "SELECT count(*) FROM communication_emailmessage"
    " WHERE status IN ('sending', 'handing_over', 'unclear', 'failed')",
}
RETRIED = "SELECT last_error, type, count(*) FROM events_domainevent WHERE last_error <> '' GROUP BY 1, 2"


class Weeks(Outcome):
    """Its line tells what was done and how often a rule was broken."""

    def line(self, *, verdict: str = "") -> str:
        figures = " ".join(f"{name}={value}" for name, value in self.more.items())
        return f"{self.kind} {figures} verdict={verdict or self.verdict}"


@dataclass
class Told:
    """What the workers say they did and saw."""

    counts: Counter[str]
    errors: list[str]


def run(*, faults: int, chance: random.Random) -> Weeks:
    """`faults` are weeks; fewer than the full number are lived in the small world."""
    world = FULL if faults >= FAULTS else SMALL
    users = world.make()
    worlds.outlook(today=FIRST_DAY, parameters=parameters.current(at=AT))  # known to the children as well
    deadlocks = _deadlocks()
    outcome = Weeks("weeks", 0, more={"workers": world.workers, "therapists": world.therapists})
    outcome.more["weeks"] = faults
    with mail_server(delay_seconds=0.001) as server, tempfile.TemporaryDirectory() as folder:
        barrier = multiprocessing.get_context("fork").Barrier(world.workers)
        plan = Plan(chance.randrange(2**32), faults, users, barrier, Path(folder))
        told = _lived(outcome, plan)
        _judge(outcome, told, server, weeks=faults)
    outcome.promise(_deadlocks() == deadlocks, "a deadlock")
    return outcome


def _lived(outcome: Outcome, plan: Plan) -> Told:
    children = [
        processes.start(lambda number=number: live(plan, number))  # type: ignore[misc]
        for number in range(len(plan.users))
    ]
    for child in children:
        child.join()
    outcome.promise(all(child.exitcode == 0 for child in children), "a worker died")
    told = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(plan.folder.glob("*.json"))]
    counts = sum((Counter(one["counts"]) for one in told), Counter[str]())
    return Told(counts, [error for one in told for error in one["errors"]])


def _judge(outcome: Weeks, told: Told, server: MailServer, *, weeks: int) -> None:
    found = weeks_check.violations([moment.begins for moment in moments(weeks)])
    found["other"] += _wrongly_delivered(server)
    outcome.more |= {name: _rows(query)[0][0] for name, query in FIGURES.items()}
    outcome.more |= {name: told.counts[name] for name in ("answers", "refused")}
    outcome.more |= {rule: len(rows) for rule, rows in found.items()}
    for what, query in LEFT.items():
        outcome.promise(_rows(query) == [(0,)], what)
    outcome.promise(not any(found.values()), "a rule was broken")
    outcome.promise(not told.errors, f"{len(told.errors)} exceptions got out")
    _explain([*told.errors[:MOST_TOLD], *_rows(RETRIED)])
    _explain([row for rows in found.values() for row in rows[:MOST_TOLD]])


def _wrongly_delivered(server: MailServer) -> list[tuple[Any, ...]]:
    """Messages that arrived twice, or sent ones that did not, or others that did."""
    taken = server.taken()
    sent = {pk for (pk,) in _rows("SELECT message_id FROM communication_emailmessage WHERE status = 'sent'")}
    twice = [("arrived twice", message_id) for message_id, times in taken.items() if times > 1]
    return twice + [("sent or arrived, not both", message_id) for message_id in sent ^ set(taken)]


def _deadlocks() -> int:
    """Counted by the server; a connection tells it about its own within a second."""
    time.sleep(1.1)
    query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    return int(_rows(query)[0][0])


def _rows(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def _explain(what: list[Any]) -> None:
    """For whoever looks for the cause; the line stays one line."""
    for one in what:
        sys.stderr.write(f"{one}\n")
