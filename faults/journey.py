"""F22: whole journeys from registration to place, told over Kafka and by webhook, while those who tell die.

The relay, a reader behind Kafka, the worker of the webhooks and their receiver are killed in turn. Steps are
let go on a few at a time, so that the deaths are spread over the whole way.
"""

import multiprocessing
import random
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from apps.accounts.enums import Role
from apps.accounts.services import create_staff
from apps.communication.models import EmailMessage
from apps.events.models import DomainEvent
from apps.events.relay import outlets, topics
from apps.gateway.enums import Scope
from apps.gateway.models import WebhookSubscription
from apps.gateway.services import clients
from apps.geocoding.models import Place
from faults import ground, journey_check, journey_crew, journey_hooks, journey_steps, kafka_cluster, processes
from faults.journey_crew import Crew
from faults.journey_steps import Office, Step
from faults.kafka_cluster import Cluster
from faults.mail import MailServer, mail_server
from faults.outcome import Outcome
from tests.factories.patients import InsurerFactory

FAULTS = 50
FAULTS_A_PERSON = 4
PARTITIONS = 6
PATIENCE_SECONDS = 60.0
IDLE_SECONDS = 1.0
LOWEST_PORT, HIGHEST_PORT = 20_000, 30_000  # below those that connections take
REQUESTS_PER_MINUTE = 100_000
SCOPES = (
    *(Scope.REGISTRATIONS_READ, Scope.REGISTRATIONS_WRITE, Scope.PATIENTS_READ, Scope.PATIENTS_WRITE),
    *(Scope.SEARCHES_READ, Scope.SEARCHES_WRITE, Scope.INQUIRIES_READ, Scope.INQUIRIES_WRITE),
    *(Scope.EVENTS_READ, Scope.WEBHOOKS_WRITE),
)


class Travel:
    """The steps in a process of their own, which goes on as far as it may."""

    def __init__(self, steps: list[Step]) -> None:
        context = multiprocessing.get_context("fork")
        self._steps, self._allowed = steps, 0
        self._gate, self._done = context.Semaphore(0), context.Value("i", 0)
        self._process = processes.start(self._go)

    def let_go_on(self, *, until: int) -> None:
        while self._allowed < until:
            self._allowed += 1
            self._gate.release()

    def is_waiting(self) -> bool:
        return self._done.value >= self._allowed or self.is_over()

    def is_over(self) -> bool:
        return not self._process.is_alive()

    def went_well(self) -> bool:
        if not self.is_over():
            processes.kill(self._process)
        return self._process.exitcode == 0

    def _go(self) -> None:
        for step in self._steps:
            self._gate.acquire()
            step()
            self._done.value += 1


def run(*, faults: int, chance: random.Random) -> Outcome:
    """Every event arrives at both ends, once by its id, those of a subject in order; all find a place."""
    outcome = Outcome("F22", faults)
    if kafka_cluster.library_path() is None:
        outcome.skipped = "no Kafka client here"
        return outcome
    with _world() as (kafka, mails, folder):
        office, crew = _begin(kafka, folder, chance)
        everybody = journey_steps.people(max(2, faults // FAULTS_A_PERSON), chance)
        steps = list(journey_steps.steps(everybody, office))
        with crew.at_work():
            is_through = _travel_and_kill(crew, steps, faults, chance)
            crew.wait(crew.is_done, PATIENCE_SECONDS)
        outcome.promise(is_through, "a journey did not come to its end")
        outcome.more = {"journeys": len(everybody), "steps": len(steps)}
        _judge(outcome, crew, folder, mails)
    return outcome


@contextmanager
def _world() -> Iterator[tuple[Cluster, MailServer, Path]]:
    ground.empty()
    networks = settings.WEBHOOK_ALLOWED_NETWORKS
    with kafka_cluster.cluster() as kafka, mail_server() as mails, tempfile.TemporaryDirectory() as folder:
        settings.KAFKA_SERVERS, settings.WEBHOOK_ALLOWED_NETWORKS = kafka.servers, ["127.0.0.0/8"]
        try:
            yield kafka, mails, Path(folder)
        finally:
            settings.WEBHOOK_ALLOWED_NETWORKS = networks
            outlets.switch_off()


def _begin(kafka: Cluster, folder: Path, chance: random.Random) -> tuple[Office, Crew]:
    """Nothing happens before both ends are told of everything."""
    if not Place.objects.exists():
        call_command("load_places", verbosity=0)
    InsurerFactory(name=journey_steps.INSURER)
    for name in topics.topics():
        kafka.topic(name, PARTITIONS)
    outlets.switch_on(at=timezone.now())
    office, port = _office(), _free_port(chance)
    hook = {"url": f"http://127.0.0.1:{port}/hook", "event_types": ["*"]}
    return office, Crew(folder, port, office.post("/webhooks", "webhook", hook)["secret"])


def _office() -> Office:
    staff = create_staff(
        username="office", email="office@example.org", password="x" * 16, roles=[Role.COORDINATOR]
    )
    client = clients.create(name="Website", scopes=SCOPES, requests_per_minute=REQUESTS_PER_MINUTE)
    at = timezone.now()
    _token, secret = clients.issue_token(client=client, actor=None, at=at, expires_at=at + timedelta(days=1))
    return Office(secret, staff)


def _travel_and_kill(crew: Crew, steps: list[Step], faults: int, chance: random.Random) -> bool:
    """Returns whether every step went well."""
    travel = Travel(steps)
    names = list(crew.parts)
    for number in range(faults):
        crew.wait(travel.is_waiting, PATIENCE_SECONDS)
        travel.let_go_on(until=len(steps) * (number + 1) // faults)
        crew.kill_one(names[number % len(names)], chance)
    crew.wait(travel.is_over, PATIENCE_SECONDS)
    return travel.went_well()


def _judge(outcome: Outcome, crew: Crew, folder: Path, mails: MailServer) -> None:
    heard = journey_hooks.read_lines(crew.heard)
    kept = journey_check.first_appearances(heard)
    journey_check.judge(outcome, "Kafka", journey_hooks.read_lines(crew.read))
    journey_check.judge(outcome, "webhooks", kept)
    outcome.promise(journey_check.all_arrived(), "somebody has no place")
    outcome.promise(WebhookSubscription.objects.get().is_active, "the webhook was switched off")
    sent = EmailMessage.objects.filter(status="sent").values_list("message_id", flat=True)
    outcome.promise(mails.taken() == dict.fromkeys(sent, 1), "a letter lost or doubled")
    outcome.more |= {
        "events": DomainEvent.objects.count(),
        "repeated_kafka": journey_crew.repeated_messages(folder, IDLE_SECONDS),
        "repeated_webhooks": len(heard) - len(kept),
        **{f"{name}_killed": part.deaths for name, part in crew.parts.items()},
    }


def _free_port(chance: random.Random) -> int:
    while True:
        port = chance.randrange(LOWEST_PORT, HIGHEST_PORT)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
