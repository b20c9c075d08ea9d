from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.gateway import document
from apps.gateway.compatibility import breaks


class Command(BaseCommand):
    """Needs no database. `--write` refuses what would break clients, unless `--breaking` says it is meant."""

    help = "Print the OpenAPI document; keep docs/openapi.json up to date and compatible."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--write", action="store_true", help="write docs/openapi.json")
        what.add_argument("--check", action="store_true", help="fail where it is out of date or was broken")
        parser.add_argument("--breaking", action="store_true", help="with --write: break promises on purpose")

    def handle(self, *args: Any, **options: Any) -> None:
        text, path = document.as_text(), document.kept_at()
        if not (options["write"] or options["check"]):
            self.stdout.write(text, ending="")
            return
        if path.exists() and not options["breaking"]:
            _refuse_breaks()
        if options["write"]:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            raise CommandError(f"docs/{path.name} is out of date. Run manage.py openapi --write")
        operations = sum(len(methods) for methods in document.document()["paths"].values())
        self.stdout.write(f"OpenAPI document: {operations} operations, up to date")


def _refuse_breaks() -> None:
    if found := breaks(document.kept(), document.document()):
        listing = "\n".join(f"  {what}" for what in found)
        raise CommandError(f"This would break clients of the interface:\n{listing}")
