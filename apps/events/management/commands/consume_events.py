import threading
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.events.relay import topics
from apps.events.relay.consuming import CLASSIC, NEW, Consumer
from apps.events.relay.errors import RelayError
from apps.events.relay.ledger import REMEMBERED, Ledger
from apps.events.relay.stopping import stopped_by_signals


class Command(BaseCommand):
    """An example of a reader, and a way to look at what the relay sends. Needs no database."""

    help = "Write domain events from Kafka into a file of JSON lines, each event once."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--group", required=True, help="name of the group; it remembers what was read")
        parser.add_argument("--file", type=Path, required=True, help="lines are appended to it")
        parser.add_argument("--topics", nargs="+", default=None, help="default: the topics of all apps")
        parser.add_argument(
            "--idle-exit", type=float, metavar="SECONDS", help="end when nothing comes any more"
        )
        parser.add_argument(
            "--remember", type=int, default=REMEMBERED, help="ids to recognise repetitions by"
        )
        parser.add_argument(
            "--group-protocol", choices=[CLASSIC, NEW], default=CLASSIC, help=f"{NEW}: Kafka 4.0 and newer"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        with stopped_by_signals(threading.Event()) as stopping:
            consumer = Consumer(
                group=options["group"],
                topics=options["topics"] or topics.topics(),
                stopping=stopping,
                protocol=options["group_protocol"],
                idle_exit_seconds=options["idle_exit"],
            )
            try:
                with Ledger(path, remembered=options["remember"]) as ledger:
                    consumer.run(path, ledger)
            except (RelayError, OSError) as failure:
                raise CommandError(str(failure)) from failure
        counts = (consumer.written, consumer.repeated, consumer.strange)
        self.stdout.write("written={} repeated={} strange={}".format(*counts))
