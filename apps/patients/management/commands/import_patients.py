from typing import Any

from django.utils import timezone

from apps.core.imports.command import ImportCommand
from apps.core.imports.report import Report
from apps.core.imports.running import Progress
from apps.patients.services.imports import import_patients


class Command(ImportCommand):
    help = "Import patients from a CSV or JSON file (docs/imports.md)."

    def import_content(self, content: bytes, *, options: dict[str, Any], on_progress: Progress) -> Report:
        return import_patients(
            content=content,
            actor=None,
            at=timezone.now(),
            is_dry_run=options["dry_run"],
            on_progress=on_progress,
        )
