from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.core.errors import DomainError
from apps.matching.models import PlacementRequest
from apps.matching.services import rounds


class Command(BaseCommand):
    help = "Plan a round of contacts as a draft. Nothing is sent."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        try:
            round_ = rounds.plan_round(actor=None, at=now, today=timezone.localdate(now))
        except DomainError as error:
            raise CommandError(str(error.message)) from None
        requests = PlacementRequest.objects.filter(inquiry__round=round_).count()
        self.stdout.write(
            f"round={round_.pk} searches={round_.searches_count} candidates={round_.candidates_count} "
            f"inquiries={round_.inquiries.count()} requests={requests}"
        )
