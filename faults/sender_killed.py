"""F1: the sender is killed while it sends, again and again; every message arrives once.

With `control` the naive policy sends instead, which must be seen to double.
"""

import random
import time
from collections.abc import Callable
from typing import Protocol

from django.core.management import call_command
from django.utils import timezone

from apps.communication.enums import EmailStatus
from apps.communication.models import EmailMessage
from apps.communication.services import sending
from faults import ground, processes, settling
from faults.mail import MailServer, mail_server
from faults.naive import Naive
from faults.outcome import Outcome
from faults.rows import Letters
from faults.settling import A_WHILE
from faults.sink import Sink

FAULTS = 200
BATCH = 12  # messages that wait when a sender begins
KILLED_BETWEEN_SECONDS = (0.02, 0.30)


class Sender(Protocol):
    """What is put to the test. `send` runs in the process that is killed."""

    def top_up(self, count: int) -> None: ...
    def send(self) -> None: ...
    def after_death(self) -> int: ...
    def finish(self) -> None: ...
    def message_ids(self) -> list[str]: ...
    def unclear(self) -> int: ...

    parked: int


class Product:
    """The product's queue by its command; five minutes pass between a death and the next sender."""

    def __init__(self, server: MailServer) -> None:
        self.server = server
        self.at = timezone.now()
        self.letters = Letters(self.at)
        self.parked = 0

    def top_up(self, count: int) -> None:
        waiting = EmailMessage.objects.filter(status=EmailStatus.QUEUED).count()
        for _number in range(count - waiting):
            self.letters.queue()

    def send(self) -> None:
        call_command("send_queue", stdout=Sink())

    def after_death(self) -> int:
        return sending.free_stuck(at=timezone.now() + A_WHILE)

    def finish(self) -> None:
        """A message with which five workers died is parked: a person sees that, and sends it again."""
        at = settling.finish(self.server, at=timezone.now())
        if parked := settling.requeue_parked(at=at):
            self.parked = parked
            settling.finish(self.server, at=at)

    def message_ids(self) -> list[str]:
        return [email.message_id for email in self.letters.rows()]

    def unclear(self) -> int:
        return settling.times_unclear()


def run(*, faults: int, chance: random.Random, control: bool = False) -> Outcome:
    ground.empty()
    with mail_server() as server:
        sender: Sender = Naive(server) if control else Product(server)
        outcome = Outcome("F1-control" if control else "F1", faults)
        hit = _kill_again_and_again(sender, faults, chance)
        sender.finish()
        taken = server.taken()
    outcome.count(taken[message_id] for message_id in sender.message_ids())
    outcome.unclear = sender.unclear()
    outcome.more = {"messages": len(sender.message_ids()), "hit": hit, "parked": sender.parked}
    return outcome


def _kill_again_and_again(sender: Sender, faults: int, chance: random.Random) -> int:
    """Returns how many deaths left a message in hand."""
    hit = 0
    for _number in range(faults):
        sender.top_up(BATCH)
        _killed(sender.send, chance.uniform(*KILLED_BETWEEN_SECONDS))
        hit += sender.after_death() > 0
    return hit


def _killed(work: Callable[[], None], after_seconds: float) -> None:
    process = processes.start(work)
    time.sleep(after_seconds)
    processes.kill(process)
