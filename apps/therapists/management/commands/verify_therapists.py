from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.accounts.models import User
from apps.therapists.enums import ReviewStatus
from apps.therapists.models import Therapist
from apps.therapists.services import status


class Command(BaseCommand):
    help = "Mark unreviewed therapists as reviewed, in the name of the person who has looked at the records."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("ids", type=int, nargs="*", help="numbers of therapists")
        parser.add_argument("--all", action="store_true", help="every unreviewed record")
        parser.add_argument("--user", required=True, help="user name of the person who has looked")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None or not user.can_work:
            raise CommandError(f"{options['user']} is not a member of staff who may review.")
        if not options["ids"] and not options["all"]:
            raise CommandError("Name the therapists by number, or say --all.")
        rows = Therapist.objects.filter(review_status=ReviewStatus.UNREVIEWED).order_by("id")
        if not options["all"]:
            rows = rows.filter(pk__in=options["ids"])
        therapists = list(rows)
        for therapist in therapists:
            status.verify(therapist=therapist, actor=user, at=timezone.now())
        self.stdout.write(f"verified={len(therapists)}")
