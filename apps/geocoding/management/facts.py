"""What the commands `import_postal_codes` and `import_places` share."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.geocoding.clients.download import DownloadError, read_text
from apps.geocoding.geonames import LICENCE
from apps.geocoding.services import jobs
from apps.geocoding.services.facts import FactsReport

MOST_BAD_LINES = 20


class FactsCommand(BaseCommand):
    """One argument, FILE or URL; says what became of every line."""

    what: str
    take: Callable[..., FactsReport]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("source", metavar="FILE|URL")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = read_text(options["source"])
        except DownloadError as error:
            raise CommandError(str(error)) from error
        report = type(self).take(text=text)
        if report.total == 0 or report.total == len(report.bad):
            self._name_bad_lines(report)
            raise CommandError("Nothing could be taken: is this the right file?")
        again = jobs.queue_unknown(at=timezone.now()) if report.added or report.changed else 0
        if options["verbosity"]:
            self._tell(report, again)

    def _tell(self, report: FactsReport, again: int) -> None:
        self.stdout.write(
            f"{self.what}: {report.total} lines: {report.added} added, {report.changed} changed, "
            f"{report.same} the same, {report.kept} better known already, {report.doubled} twice, "
            f"{report.foreign} not of Germany or no town, {len(report.bad)} bad"
        )
        self._name_bad_lines(report)
        if again:
            self.stdout.write(f"{again} addresses that could not be placed well are looked at again.")
        self.stdout.write(f"Data of GeoNames: name the source where you show it: {LICENCE}")

    def _name_bad_lines(self, report: FactsReport) -> None:
        for number, why in report.bad[:MOST_BAD_LINES]:
            self.stderr.write(f"line {number}: {why}")
        if (more := len(report.bad) - MOST_BAD_LINES) > 0:
            self.stderr.write(f"… and {more} more bad lines")
