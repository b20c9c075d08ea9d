from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from apps.communication.services import sending


class Command(BaseCommand):
    help = "Send the e-mails that are due and print how many went out."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--limit", type=int, default=1000)

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        freed = sending.free_stuck(at=at)
        sent = sending.send_queue(at=at, limit=options["limit"])
        self.stdout.write(f"sent={sent} freed={freed}")
