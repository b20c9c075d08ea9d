from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.gateway.models import ApiClient
from apps.intake.services import files
from apps.intake.services.files import Line


class Command(BaseCommand):
    """Exit code 0: all lines in, 1: some could not be (the others are), 2: no such file or client."""

    help = "Import registrations from a JSON Lines file (docs/intake.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="do everything, then roll it back")
        parser.add_argument("--client", default="", help="name of the website the references belong to")

    def handle(self, *args: Any, **options: Any) -> None:
        report = files.take_in(
            content=_content(options["file"]),
            name=options["file"].name,
            client=_client(options["client"]),
            actor=None,
            at=timezone.now(),
            is_dry_run=options["dry_run"],
        )
        words = {"new": report.new, "known": report.known, "broken": len(report.broken)}
        self.stdout.write(_("%(new)s new, %(known)s known already, %(broken)s not taken in") % words)
        for line in report.broken:
            self._tell(line)
        if count := len(report.broken):
            text = ngettext("%(count)s line was not taken in.", "%(count)s lines were not taken in.", count)
            raise CommandError(text % {"count": count}, returncode=1)

    def _tell(self, line: Line) -> None:
        for path, message in line.reasons:
            where = f"{line.number} {path}".strip()
            self.stdout.write(f"{where}: {message}")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}", returncode=2) from error


def _client(name: str) -> ApiClient | None:
    if not name:
        return None
    try:
        return ApiClient.objects.get(name=name)
    except ApiClient.DoesNotExist as error:
        raise CommandError(_("There is no client “%(name)s”.") % {"name": name}, returncode=2) from error
