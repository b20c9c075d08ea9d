"""F5: Redis is killed and comes back with nothing in it: two sweeps later all work is done."""

import random
import time

from django.utils import timezone

from apps.communication.enums import EmailStatus
from apps.communication.models import EmailMessage
from faults import ground, jobs, settling
from faults.celery_worker import Worker, let_time_pass, ring, wait_until, worker
from faults.mail import MailServer, mail_server
from faults.outcome import Outcome
from faults.rows import Letters

FAULTS = 20
EVENTS_A_FAULT, LETTERS_A_FAULT = 4, 3
SWEEPS = 2
KILLED_WITHIN_SECONDS = 0.15
A_SWEEP_SECONDS = 15.0  # the worker has to find the new broker first


def run(*, faults: int, chance: random.Random, redis: ground.Redis) -> Outcome:
    ground.empty()
    outcome = Outcome("F5", faults)
    letters, names = Letters(timezone.now()), []
    sweeps = restarts = 0
    with mail_server() as server, worker() as running:
        for number in range(faults):
            names += _give(letters, number, "before")
            time.sleep(chance.uniform(0, KILLED_WITHIN_SECONDS))
            redis.kill()
            redis.empty()
            names += _give(letters, number, "without")  # nobody hears the bell
            redis.start()
            done_after, restarted = _sweeps_until_done(outcome, server, running, names)
            sweeps, restarts = sweeps + done_after, restarts + restarted
        taken, effects = server.taken(), jobs.effects()
    outcome.count(effects[name] for name in names)
    outcome.count(taken[email.message_id] for email in letters.rows())
    outcome.unclear = settling.times_unclear()
    outcome.more = {"jobs": len(names) + len(letters.ids), "sweeps": sweeps, "restarts": restarts}
    return outcome


def _give(letters: Letters, number: int, when: str) -> list[str]:
    names = [f"{when} {number}-{part}" for part in range(EVENTS_A_FAULT)]
    jobs.give(*names, at=timezone.now())
    for _part in range(LETTERS_A_FAULT):
        letters.queue()
    return names


def _sweeps_until_done(
    outcome: Outcome, server: MailServer, running: Worker, names: list[str]
) -> tuple[int, int]:
    """How many sweeps it took, and how often the worker had to be started again."""
    restarts = 0
    for sweep in range(1, SWEEPS + 1):
        let_time_pass(server)
        settling.settle_unclear(server, at=timezone.now())
        ring()
        end = time.monotonic() + A_SWEEP_SECONDS
        while time.monotonic() < end:
            restarts += running.start_again_if_ended()
            if wait_until(lambda: _is_done(names), seconds=0.5):
                return sweep, restarts
    outcome.promise(False, f"not done within {SWEEPS} sweeps")
    return SWEEPS, restarts


def _is_done(names: list[str]) -> bool:
    unsent = EmailMessage.objects.exclude(status=EmailStatus.SENT)
    return not unsent.exists() and len(jobs.effects()) == len(names)
