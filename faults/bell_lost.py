"""F6: a process dies after its commit and before it has rung the bell: the sweep finds the work."""

import random
import signal
from collections.abc import Callable

from django.db import connection
from django.utils import timezone

from apps.communication.models import EmailMessage
from apps.matching.enums import AnswerSource, RequestStatus
from apps.matching.models import PlacementRequest, RequestHistory
from apps.matching.services import answers
from faults import ground, jobs, processes, rows, settling
from faults.mail import MailServer, mail_server
from faults.outcome import Outcome
from faults.rows import Letters

FAULTS = 50


def run(*, faults: int, chance: random.Random, redis: ground.Redis) -> Outcome:
    """In turn: a letter is queued, an event published, an acceptance booked (its letters follow)."""
    ground.empty()
    outcome = Outcome("F6", faults)
    letters = Letters(timezone.now())
    acceptances = [rows.asked("sent", at=timezone.now()) for _number in range(2, faults, 3)]
    names: list[str] = []
    redis.forget()
    with mail_server(delay_seconds=0.001) as server:
        for number in range(faults):
            _die_after(outcome, _act(number, letters, names, acceptances))
        outcome.promise(redis.waiting() == 0, "the bell was rung")
        settling.finish(server, at=timezone.now())
        settling.dispatch(at=timezone.now())
        return _judged(outcome, server, names=names, acceptances=acceptances)


def _act(
    number: int, letters: Letters, names: list[str], acceptances: list[PlacementRequest]
) -> Callable[[], object]:
    if number % 3 == 0:
        return letters.queue
    if number % 3 == 2:
        request = acceptances[number // 3]
        return lambda: _accept(request)
    names.append(f"job {number}")
    return lambda: jobs.give(names[-1], at=timezone.now())


def _accept(request: PlacementRequest) -> None:
    answers.record_answer(
        request=request,
        answer=answers.Answer(outcome=RequestStatus.ACCEPTED),
        source=AnswerSource.PHONE,
        actor=None,
        at=timezone.now(),
        today=timezone.localdate(),
    )


def _die_after(outcome: Outcome, act: Callable[[], object]) -> None:
    def until_death() -> None:
        connection.ensure_connection()
        connection.run_and_clear_commit_hooks = processes.kill_self  # type: ignore[method-assign]
        act()

    outcome.promise(processes.run(until_death) == -signal.SIGKILL, "it did not die where it should")


def _judged(
    outcome: Outcome, server: MailServer, *, names: list[str], acceptances: list[PlacementRequest]
) -> Outcome:
    taken, effects = server.taken(), jobs.effects()
    emails = list(EmailMessage.objects.all())
    outcome.count(effects[name] for name in names)
    outcome.count(
        RequestHistory.objects.filter(subject=request, new=RequestStatus.ACCEPTED).count()
        for request in acceptances
    )
    outcome.count(taken[email.message_id] for email in emails)
    expected = len(acceptances) + len([number for number in range(outcome.faults) if number % 3 == 0])
    outcome.promise(len(emails) == expected, f"{len(emails)} letters instead of {expected}")
    outcome.unclear = settling.times_unclear()
    outcome.more = {"letters": len(emails)}
    return outcome
