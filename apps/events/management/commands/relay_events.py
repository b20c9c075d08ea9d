import threading
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.events.management.commands.replay_events import moment
from apps.events.models import Outlet
from apps.events.relay import outlets, turns
from apps.events.relay.errors import RelayError
from apps.events.relay.kafka import client_library, configuration
from apps.events.relay.running import Relay
from apps.events.relay.stopping import stopped_by_signals


class Command(BaseCommand):
    """One relay works at a time; a second one waits as a stand-by. See docs/kafka.md."""

    help = "Bring domain events to Kafka. The first start switches it on; a relay that is off costs nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--once", action="store_true", help="end when nothing waits")
        what.add_argument("--status", action="store_true", help="say how much waits, and end")
        what.add_argument("--off", action="store_true", help="switch it off and throw away what waits")
        past = parser.add_mutually_exclusive_group()
        past.add_argument("--since", type=moment, help="send the past as well, from this day or moment on")
        past.add_argument("--from-id", type=int, help="send the past as well, from this event on")
        parser.add_argument("--batch", type=int, default=500, help="events on their way at a time")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["status"]:
                self._tell(timezone.now())
            elif options["off"]:
                self.stdout.write(f"off, thrown away={outlets.switch_off()}")
            else:
                self._relay(timezone.now(), options)
        except RelayError as failure:
            raise CommandError(str(failure)) from failure

    def _relay(self, at: datetime, options: dict[str, Any]) -> None:
        client_library(), configuration()  # rather a refusal now than events that pile up
        from_id = outlets.first_since(options["since"]) if options["since"] else options["from_id"]
        outlet = outlets.switch_on(at=at, from_id=from_id)
        with stopped_by_signals(threading.Event()) as stopping:
            relay = Relay(outlet, stopping, batch_rows=options["batch"])
            try:
                relay.run_once() if options["once"] else relay.run()
            finally:
                self.stdout.write(f"sent={relay.sent}")
                self._tell_backlog(outlet, timezone.now())

    def _tell(self, at: datetime) -> None:
        outlet = outlets.outlet()
        if outlet is None or not outlet.is_on:
            self.stdout.write("off")
            return
        relay = "at work" if turns.is_taken(outlet) else "none"
        self.stdout.write(f"on since {timezone.localtime(outlet.since).isoformat()}, relay: {relay}")
        self._tell_backlog(outlet, at)

    def _tell_backlog(self, outlet: Outlet, at: datetime) -> None:
        backlog = outlets.backlog(outlet)
        self.stdout.write(f"waiting={backlog.waiting} oldest_seconds={backlog.age_seconds(at):.0f}")
