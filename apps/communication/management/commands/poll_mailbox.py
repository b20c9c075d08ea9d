from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.communication.enums import InboundSource
from apps.communication.services import inbound, mailboxes


class Command(BaseCommand):
    help = "Read the mailbox for incoming messages now, or take over messages saved as files (.eml)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, help="saved messages; without any: the mailbox")

    def handle(self, *args: Any, **options: Any) -> None:
        files: list[Path] = options["files"]
        if files:
            new = sum(self._take_over(path) for path in files)
        elif settings.INBOUND_IMAP_URL:
            new = mailboxes.poll(clock=timezone.now)
        else:
            raise CommandError("INBOUND_IMAP_URL is not set: there is no mailbox to read.")
        self.stdout.write(f"new={new}")

    def _take_over(self, path: Path) -> bool:
        _row, is_new = inbound.ingest(
            raw=path.read_bytes(), source=InboundSource.UPLOAD, received_at=timezone.now()
        )
        return is_new
