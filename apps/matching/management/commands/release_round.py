from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.accounts.models import User
from apps.matching.enums import RoundStatus
from apps.matching.models import Round
from apps.matching.services import release


class Command(BaseCommand):
    help = "Release the draft round in the name of a member of staff; e-mails are queued, calls planned."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("round", type=int, nargs="?", help="number of the round; default: the draft")
        parser.add_argument("--user", required=True, help="user name of the person who releases")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        user = User.objects.filter(username=options["user"]).first()
        if user is None or not user.can_work:
            raise CommandError(f"{options['user']} is not a member of staff who may release.")
        result = release.release_round(
            round_=self._round(options["round"]), actor=user, at=now, today=timezone.localdate(now)
        )
        for inquiry, reason in result.refused:
            self.stdout.write(f"{inquiry.reference}  not released: {reason}")
        self.stdout.write(f"released={len(result.released)} refused={len(result.refused)}")

    def _round(self, number: int | None) -> Round:
        drafts = Round.objects.filter(status=RoundStatus.DRAFT)
        round_ = drafts.filter(pk=number).first() if number else drafts.first()
        if round_ is None:
            raise CommandError("There is no draft round of that number. Run plan_round first.")
        return round_
