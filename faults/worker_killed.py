"""F4: the Celery worker is killed while it works, as a whole or in one of its children."""

import random
import time

from django.utils import timezone

from apps.communication.models import EmailMessage
from apps.matching.models import Inquiry, InquiryHistory
from faults import celery_worker, ground, jobs, settling
from faults.celery_worker import Worker, let_time_pass, ring, worker
from faults.mail import MailServer, mail_server
from faults.outcome import Outcome
from faults.rows import released_inquiry

FAULTS = 50
EVENTS_A_KILL, INQUIRIES_A_KILL = 6, 2
KILLED_WITHIN_SECONDS = 0.4


def run(*, faults: int, chance: random.Random, redis: ground.Redis) -> Outcome:
    """Every event has its effect once; every inquiry is written once and marked as sent once."""
    ground.empty()
    work = Work()
    with mail_server() as server:
        with worker() as running:
            for number in range(faults):
                work.give(number)
                time.sleep(chance.uniform(0, KILLED_WITHIN_SECONDS))
                _kill(running, chance)
                let_time_pass(server)
                ring()
            celery_worker.wait_until(work.is_done, seconds=5)
        late = work.waiting()
        work.finish(server)
        return work.judged(Outcome("F4", faults), server, late=late)


def _kill(running: Worker, chance: random.Random) -> None:
    if chance.random() < 0.5:
        running.kill_all()
    else:
        running.kill_child(chance)


class Work:
    """Events of the suite, and inquiries whose letters wait."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.inquiries: list[Inquiry] = []

    def give(self, number: int) -> None:
        fresh = [f"job {number}-{part}" for part in range(EVENTS_A_KILL)]
        self.names += fresh
        jobs.give(*fresh, at=timezone.now())
        self.inquiries += [released_inquiry(timezone.now()) for _part in range(INQUIRIES_A_KILL)]
        ring()

    def waiting(self) -> int:
        return len(self.names) - len(jobs.effects()) + self._unsent()

    def is_done(self) -> bool:
        return self.waiting() == 0

    def finish(self, server: MailServer) -> None:
        """The hours after: what the killed workers had in hand."""
        at = settling.finish(server, at=timezone.now())
        settling.dispatch(at=at)

    def judged(self, outcome: Outcome, server: MailServer, *, late: int) -> Outcome:
        taken, effects = server.taken(), jobs.effects()
        emails = EmailMessage.objects.filter(inquiry_contact__inquiry__in=self.inquiries)
        outcome.count(effects[name] for name in self.names)
        outcome.count(taken[email.message_id] for email in emails)
        outcome.count(
            InquiryHistory.objects.filter(subject=inquiry, new="sent").count() for inquiry in self.inquiries
        )
        outcome.promise(emails.count() == len(self.inquiries), "not one letter for each inquiry")
        outcome.unclear = settling.times_unclear()
        outcome.more = {"events": len(self.names), "inquiries": len(self.inquiries), "late": late}
        return outcome

    def _unsent(self) -> int:
        return Inquiry.objects.filter(pk__in=[row.pk for row in self.inquiries], status="released").count()
