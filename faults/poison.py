"""F16: jobs that kill whoever works on them are parked after five attempts; the others go on."""

import random
import socket
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils import timezone

from apps.communication.enums import EmailStatus
from apps.communication.services import sending
from apps.events import services as events
from apps.events.models import DomainEvent
from faults import ground, jobs, processes
from faults.mail import MailServer, mail_server
from faults.outcome import Outcome
from faults.rows import Letters
from faults.settling import A_WHILE

FAULTS = 10
GOOD_BESIDE = 4  # healthy jobs beside each poisonous one
MOST_ATTEMPTS = 5
MOST_ROUNDS = 30


def run(*, faults: int, chance: random.Random) -> Outcome:
    """Every second poison is an e-mail, the others are events. Each is tried alone among healthy ones."""
    outcome = Outcome("F16", faults)
    deaths = 0
    for number in range(faults):
        ground.empty()
        with mail_server(delay_seconds=0.001) as server:
            deaths += _poison_event(outcome, chance) if number % 2 else _poison_email(outcome, chance, server)
    outcome.more = {"deaths": deaths}
    outcome.promise(deaths <= MOST_ATTEMPTS * faults, "killed more often than it may be tried")
    return outcome


def _poison_email(outcome: Outcome, chance: random.Random, server: MailServer) -> int:
    letters = Letters(timezone.now())
    place = chance.randrange(GOOD_BESIDE + 1)
    for number in range(GOOD_BESIDE + 1):
        letters.queue(local_part=jobs.POISON if number == place else "fine")
    deaths = _until_nobody_dies(_send)
    taken = server.taken()
    rows = letters.rows()
    poison = rows.pop(place)
    outcome.promise(poison.status == EmailStatus.FAILED, f"poisonous e-mail is {poison.status}")
    outcome.count(taken[email.message_id] for email in rows)
    outcome.double += taken[poison.message_id]
    return deaths


def _poison_event(outcome: Outcome, chance: random.Random) -> int:
    names = [f"good {number}" for number in range(GOOD_BESIDE)]
    names.insert(chance.randrange(GOOD_BESIDE + 1), jobs.POISON)
    jobs.give(*names, at=timezone.now())
    deaths = _until_nobody_dies(lambda at: events.dispatch(at=at))
    effects = jobs.effects()
    parked = DomainEvent.objects.filter(subject_id=jobs.POISON, parked_at__isnull=False).exists()
    outcome.promise(parked, "poisonous event is not parked")
    outcome.count(effects[name] for name in names if name != jobs.POISON)
    return deaths


def _until_nobody_dies(work: Callable[[datetime], object]) -> int:
    """Hour by hour as the timetable would; returns how many workers died."""
    at, deaths, quiet = timezone.now(), 0, 0
    for _round in range(MOST_ROUNDS):
        died = processes.run(lambda moment=at: work(moment)) < 0  # type: ignore[misc]
        deaths += died
        quiet = 0 if died else quiet + 1
        if quiet == 2:  # the second looks after what the first has put off
            break
        at += A_WHILE
        sending.free_stuck(at=at)
    return deaths


def _send(at: datetime) -> None:
    """Whoever talks about the poisonous address dies of it."""
    _poison_the_network()
    sending.send_queue(at=at)


def _poison_the_network() -> None:
    usual = socket.socket.sendall

    def sendall(self: socket.socket, data: Any, *flags: int) -> None:
        if f"RCPT TO:<{jobs.POISON}".encode() in bytes(data):
            processes.kill_self()
        return usual(self, data, *flags)

    socket.socket.sendall = sendall  # type: ignore[method-assign]
