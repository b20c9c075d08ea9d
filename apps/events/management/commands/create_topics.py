from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.events.relay import topics
from apps.events.relay.errors import RelayError
from apps.events.relay.kafka import client_library, configuration


class Command(BaseCommand):
    help = "Create the Kafka topics of the domain events; what is there already is left as it is."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--partitions", type=int, default=6, help="of each topic, once and for all")
        parser.add_argument("--replication", type=int, default=1, help="copies of each partition")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")

    def handle(self, *args: Any, **options: Any) -> None:
        shape = topics.Shape(options["partitions"], options["replication"])
        if shape.partitions < 1 or shape.replication < 1:
            raise CommandError("A topic has one partition and one copy at least.")
        try:
            client = client_library("admin").AdminClient(configuration())
            plan = topics.plan(topics.existing_topics(client), topics.topics(), shape)
        except RelayError as failure:
            raise CommandError(str(failure)) from failure
        except client_library().KafkaException as failure:
            raise CommandError(f"Kafka does not answer: {failure.args[0].name()}") from failure
        self.stdout.write("\n".join(plan.lines()))
        if not options["dry_run"]:
            self._create(client, plan)

    def _create(self, client: Any, plan: topics.Plan) -> None:
        failures = topics.create(client, plan)
        if failures:
            words = ", ".join(f"{name} ({failure})" for name, failure in sorted(failures.items()))
            raise CommandError(f"Not created: {words}")
        self.stdout.write(f"created={len(plan.missing)}")
