from argparse import ArgumentParser
from datetime import datetime, time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from apps.events.services import Replayed, Wanted, replay


class Command(BaseCommand):
    help = "Hand events of the past over again to the subscribers named; only to those that bear it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="from_id", type=int, help="first event, by number")
        parser.add_argument("--to", dest="to_id", type=int, help="last event, by number (included)")
        parser.add_argument("--since", type=moment, help="from this day or moment on")
        parser.add_argument("--until", type=moment, help="up to this day or moment (excluded)")
        parser.add_argument("--type", dest="types", action="append", default=[], help="only this type")
        parser.add_argument(
            "--to-subscriber", dest="subscribers", action="append", required=True, help="its full name"
        )
        parser.add_argument(
            "--only-missing", action="store_true", help="leave out what the subscriber has handled before"
        )
        parser.add_argument("--dry-run", action="store_true", help="only count")

    def handle(self, *args: Any, **options: Any) -> None:
        bounds = ("from_id", "to_id", "since", "until", "types")
        try:
            result = replay(
                wanted=Wanted(**{name: options[name] for name in bounds}),
                subscribers=set(options["subscribers"]),
                at=timezone.now(),
                only_missing=options["only_missing"],
                is_dry_run=options["dry_run"],
            )
        except (LookupError, ValueError) as error:
            raise CommandError(str(error)) from error
        self._report(result, sorted(set(options["subscribers"])), is_dry_run=options["dry_run"])

    def _report(self, result: Replayed, names: list[str], *, is_dry_run: bool) -> None:
        for name in names:
            counts = (result.delivered[name], result.skipped[name], result.failed[name])
            self.stdout.write(f"{name}: delivered={counts[0]} skipped={counts[1]} failed={counts[2]}")
        note = " (dry run, nothing was handed over)" if is_dry_run else ""
        self.stdout.write(f"events={result.events}{note}")
        if result.failed_ids:
            ids = ", ".join(map(str, sorted(set(result.failed_ids))[:20]))
            raise CommandError(f"{len(result.failed_ids)} deliveries failed; events: {ids}")


def moment(text: str) -> datetime:
    """A day (from its beginning) or a moment; without an offset it is local time."""
    found = parse_datetime(text)
    if found is None:
        day = parse_date(text)
        if day is None:
            raise ValueError(text)
        found = datetime.combine(day, time.min)
    return found if timezone.is_aware(found) else timezone.make_aware(found)
