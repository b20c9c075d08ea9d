from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.doctor import Diagnosis, Finding, Level, examine

EXIT_WARNINGS, EXIT_ERRORS = 1, 2


class Command(BaseCommand):
    """Ends with 0 where all is well, 2 where there are errors, 1 for mere warnings with --strict."""

    help = "Examine the installation: what is wrong, and how to mend it."
    requires_system_checks: list[str] = []  # a broken installation is what this is for

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--strict", action="store_true", help="end with 1 where there are warnings")

    def handle(self, *args: Any, **options: Any) -> None:
        diagnoses = examine(at=timezone.now())
        for diagnosis in diagnoses:
            for finding in diagnosis.findings:
                self._write(diagnosis, finding)
        self._sum_up(diagnoses)
        worst = max((diagnosis.level for diagnosis in diagnoses), default=Level.OK)
        if worst == Level.ERROR:
            raise SystemExit(EXIT_ERRORS)
        if worst == Level.WARNING and options["strict"]:
            raise SystemExit(EXIT_WARNINGS)

    def _write(self, diagnosis: Diagnosis, finding: Finding) -> None:
        words = {
            Level.OK: self.style.SUCCESS(_("ok")),
            Level.WARNING: self.style.WARNING(_("warning")),
            Level.ERROR: self.style.ERROR(_("error")),
        }
        self.stdout.write(f"[{words[finding.level]}] {diagnosis.check.label}: {finding.text}")
        if finding.remedy:
            self.stdout.write(f"    → {finding.remedy}")

    def _sum_up(self, diagnoses: list[Diagnosis]) -> None:
        levels = [finding.level for diagnosis in diagnoses for finding in diagnosis.findings]
        errors, warnings = levels.count(Level.ERROR), levels.count(Level.WARNING)
        self.stdout.write(
            ngettext("%(count)s error", "%(count)s errors", errors) % {"count": errors}
            + ", "
            + ngettext("%(count)s warning", "%(count)s warnings", warnings) % {"count": warnings}
        )
