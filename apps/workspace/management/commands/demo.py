import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.core.errors import Refused
from apps.workspace.demo import inhabitants, story
from apps.workspace.demo.mailserver import CatchingServer


class Command(BaseCommand):
    help = "Set up an agency of invented people, let some weeks pass and tell the story. Starts afresh."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--no-serve", action="store_true", help="only tell; `make demo` serves afterwards"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        try:
            story.require_own_data()
        except Refused as error:
            raise CommandError(str(error.message)) from None
        story.wipe()
        settings.CELERY_BROKER_URL = None  # the story drains the queues itself; a worker would get in its way
        with CatchingServer() as server:
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
            settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
            figures = story.tell(say=self._say, now=timezone.localtime(), mailbox=server.handler)
        self._say(f"   {time.monotonic() - began:.0f} Sekunden")
        self._say(f"7. Anmelden: {settings.SITE_URL}  Name: anna  Passwort: {inhabitants.PASSWORD}")
        self._say("   Leitung: leitung, nur lesen: einsicht (dasselbe Passwort)")
        self._say(str(figures))

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
