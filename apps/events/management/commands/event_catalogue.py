import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.events import documents


class Command(BaseCommand):
    """Needs no database. `--write` refuses what would break a promise of the file that is there."""

    help = "Print the catalogue of domain events; keep docs/events.json and docs/events.md up to date."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--json", action="store_true", help="print all of it, with schemas and examples")
        what.add_argument("--write", action="store_true", help="write the two files")
        what.add_argument("--check", action="store_true", help="fail where they are out of date")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["write"]:
            self._write()
        elif options["check"]:
            self._check()
        elif options["json"]:
            self.stdout.write(documents.as_json(), ending="")
        else:
            self._list()

    def _list(self) -> None:
        for row in documents.product_types():
            keys = ", ".join(row.payload) or "-"
            self.stdout.write(f"{row.name:32} v{row.version}  {row.producer:14} {keys:24} {row.description}")

    def _write(self) -> None:
        if documents.json_path().exists():
            self._refuse_breaks()
        for path, text in documents.files().items():
            path.write_text(text, encoding="utf-8")
        self.stdout.write(f"Event catalogue: {len(documents.product_types())} types written")

    def _check(self) -> None:
        self._refuse_breaks()
        stale = [
            path.name
            for path, text in documents.files().items()
            if not path.exists() or path.read_text(encoding="utf-8") != text
        ]
        if stale:
            raise CommandError(f"Out of date: {', '.join(stale)}. Run manage.py event_catalogue --write")
        self.stdout.write(f"Event catalogue: {len(documents.product_types())} types, up to date")

    def _refuse_breaks(self) -> None:
        path = documents.json_path()
        old = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
        if old is not None and (found := documents.breaks(old, documents.document())):
            listing = "\n".join(f"  {what}" for what in found)
            raise CommandError(f"This would break those who read our events:\n{listing}")
