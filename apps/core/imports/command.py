"""Base of the import commands: exit code 0 all rows in, 1 some rejected (others are in), 2 file unusable."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, OutputWrapper
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.imports.errors import UnusableFile
from apps.core.imports.report import Report, write_rejections
from apps.core.imports.running import Progress


class ProgressLine:
    """A counter that rewrites its line on a terminal, and one plain line per tenth elsewhere."""

    def __init__(self, stream: OutputWrapper) -> None:
        self.stream = stream

    def __call__(self, done: int, total: int) -> None:
        if self.stream.isatty():
            self.stream.write(f"\r{done}/{total}", str, "\n" if done == total else "")
            self.stream.flush()
        elif done * 10 // total > (done - 1) * 10 // total:
            self.stream.write(f"{done}/{total}", str)


class ImportCommand(BaseCommand):
    """A subclass says what is imported in `import_content`."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="do everything, then roll it back")
        parser.add_argument("--errors", type=Path, metavar="CSV", help="where to write rejected rows")

    def import_content(self, content: bytes, *, options: dict[str, Any], on_progress: Progress) -> Report:
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        self._check_target(options["file"], options["errors"])
        try:
            content = options["file"].read_bytes()
            report = self.import_content(content, options=options, on_progress=ProgressLine(self.stderr))
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}", returncode=2) from error
        except UnusableFile as error:
            raise CommandError(str(error.message), returncode=2) from error
        for line in report.lines():
            self.stdout.write(line)
        self._finish(report, options["errors"])

    def _check_target(self, source: Path, target: Path | None) -> None:
        if target is None:
            return
        if not target.parent.is_dir() or target.is_dir():
            raise CommandError(_("%(path)s cannot be written.") % {"path": target}, returncode=2)
        if target.resolve() == source.resolve():
            raise CommandError(_("The list of rejected rows would overwrite the file itself."), returncode=2)

    def _finish(self, report: Report, target: Path | None) -> None:
        if not report.rejected:
            return
        message = ngettext("%(count)s row was rejected.", "%(count)s rows were rejected.", report.rejected)
        message %= {"count": report.rejected}
        if target is not None:
            try:
                write_rejections(report, target)
            except OSError as error:
                message += f" {target}: {error.strerror}"
        raise CommandError(message, returncode=1)
