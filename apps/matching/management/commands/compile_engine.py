import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.matching.engine import warming


class Command(BaseCommand):
    help = "Compile the matching engine, so that nobody waits for it later (half a minute, once per version)."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        if warming.compile_all() != 1:
            raise CommandError("The engine does not match a pair that fits.")
        self.stdout.write(f"The engine is compiled ({time.monotonic() - started:.0f} s).")
