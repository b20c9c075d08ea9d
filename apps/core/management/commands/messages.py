from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.core import catalogue, translation
from apps.core.translation import CatalogueError


class Command(BaseCommand):
    """Needs no database: set-up and image builds compile before there is one."""

    help = "Keep the German catalogue: take over new texts of the source, check it, compile it."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--update", action="store_true", help="merge the source into the .po file")
        parser.add_argument("--compile", action="store_true", help="write the .mo file")
        parser.add_argument("--check", action="store_true", help="fail where the catalogue is not complete")
        self.parser = parser

    def handle(self, *args: Any, **options: Any) -> None:
        steps = {"update": self._update, "compile": self._compile, "check": self._check}
        wanted = [step for name, step in steps.items() if options[name]]
        if not wanted:
            self.stdout.write(self.parser.format_help(), ending="")
        try:
            for step in wanted:
                step(Path(settings.BASE_DIR))
        except CatalogueError as error:
            raise CommandError(str(error)) from error

    def _update(self, root: Path) -> None:
        result = catalogue.update(catalogue.po_path(root), translation.extract(root))
        self.stdout.write(
            f"German catalogue: {result.total} messages, {result.added} new, {result.removed} removed, "
            f"{result.open} to translate"
        )

    def _compile(self, root: Path) -> None:
        target = catalogue.compile_catalogue(catalogue.po_path(root))
        self.stdout.write(f"Compiled {target.relative_to(root)}")

    def _check(self, root: Path) -> None:
        messages = translation.extract(root)
        faults = catalogue.problems(catalogue.po_path(root), messages) + translation.untrimmed(root)
        if faults:
            listing = "\n".join(f"  {fault}" for fault in faults)
            raise CommandError(f"German catalogue: {len(faults)} faults\n{listing}")
        self.stdout.write(f"German catalogue: {len(messages)} messages, complete")
