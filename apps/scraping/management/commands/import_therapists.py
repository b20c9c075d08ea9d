from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.utils import timezone

from apps.core.imports.command import ImportCommand
from apps.core.imports.report import Report
from apps.core.imports.running import Progress
from apps.scraping.services.imports import import_therapists


class Command(ImportCommand):
    help = "Import therapists from a CSV or JSON file, also saved answers of the register (docs/imports.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--fetched-on", type=date.fromisoformat, metavar="YYYY-MM-DD", help="day the register answered"
        )

    def import_content(self, content: bytes, *, options: dict[str, Any], on_progress: Progress) -> Report:
        at = timezone.now()
        return import_therapists(
            content=content,
            fetched_on=options["fetched_on"] or timezone.localdate(at),
            actor=None,
            at=at,
            is_dry_run=options["dry_run"],
            on_progress=on_progress,
        )
