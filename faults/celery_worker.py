"""A real Celery worker with two children, and the bells that the timetable would ring."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.context import ForkProcess
from random import Random

import celery.concurrency.prefork  # here, not in every worker
import celery.worker.consumer  # noqa: F401
from celery import current_app
from celery.signals import worker_ready
from django.utils import timezone

from apps.communication.models import EmailMessage, MailCircuit
from apps.communication.services import sending
from apps.events.models import DomainEvent
from faults import processes
from faults.mail import MailServer

SWEEPS = ("events.dispatch", "communication.send_queue")
OPTIONS = {"concurrency": 2, "pool": "prefork", "loglevel": "CRITICAL", "quiet": True}
# Workers do not talk to each other here: it only makes the start slower.
ALONE = {"without_gossip": True, "without_mingle": True, "without_heartbeat": True}
LOOK_SECONDS = 0.02


class Worker:
    """Started by `with`; may be killed as a whole (and is started again) or in one of its children."""

    def __init__(self) -> None:
        self._process = self._start()

    def kill_all(self) -> None:
        processes.kill_group(self._process)
        self._process = self._start()

    def kill_child(self, chance: Random) -> None:
        pid, found = self._process.pid, list[int]()
        assert pid is not None
        wait_until(lambda: found.extend(processes.children_of(pid)) or bool(found), seconds=30)
        if found:
            processes.kill_pid(chance.choice(sorted(found)))
        else:
            self.kill_all()  # it had ended by itself

    def start_again_if_ended(self) -> bool:
        """As docker compose does: Celery may end itself when its broker goes away."""
        if self._process.is_alive():
            return False
        self.kill_all()
        return True

    def end(self) -> None:
        processes.kill_group(self._process)

    def _start(self) -> ForkProcess:
        """Returns when it takes tasks: killed before that it would have had nothing in hand."""
        current_app.loader.import_default_modules()
        ready_end, told_end = os.pipe()
        process = processes.start(lambda: _work(told_end), is_leader=True)
        os.close(told_end)
        with os.fdopen(ready_end, "rb") as ready:
            ready.read(1)  # or its end, if it died before
        return process


@contextmanager
def worker() -> Iterator[Worker]:
    running = Worker()
    try:
        yield running
    finally:
        running.end()


def ring() -> None:
    """What beat does every half a minute."""
    for task in SWEEPS:
        current_app.send_task(task, retry=False)


def let_time_pass(server: MailServer) -> None:
    """Minutes go by: rows of dead workers are freed, what was put off is due, the mail server is rested.

    In these minutes living workers would have come to the end of their run: they are waited for.
    """
    server.wait_for_quiet()
    past = timezone.now() - timedelta(milliseconds=1)
    sending.free_stuck(at=past + sending.STUCK_AFTER)
    DomainEvent.objects.filter(next_attempt_at__gt=past).update(next_attempt_at=past)
    EmailMessage.objects.filter(next_attempt_at__gt=past).update(next_attempt_at=past)
    MailCircuit.objects.update(open_until=None)


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(LOOK_SECONDS)
    return True


def _work(told_end: int) -> None:
    _be_quiet()
    worker_ready.connect(lambda **_kwargs: os.write(told_end, b"1"), weak=False)
    os.environ["CELERY_SKIP_CHECKS"] = "true"  # Django's checks of the source take a second
    current_app.Worker(**OPTIONS, **ALONE).start()


def _be_quiet() -> None:
    """Celery tells of every lost child and broker: here they are the point."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
