from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from apps.core import parameters
from apps.matching.selectors.overview import overview


class Command(BaseCommand):
    help = "Match all searches that may be planned for and print the candidates of each."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--top", type=int, default=5, help="candidates printed per search")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        result = overview(
            today=timezone.localdate(now), parameters=parameters.current(at=now), top=options["top"]
        )
        for search in result.searches:
            blocked = f"  blocked by: {search.blocked_by}" if search.blocked_by else ""
            self.stdout.write(f"{search.case_code}  candidates={search.candidate_count}{blocked}")
            for line in search.lines:
                self.stdout.write(f"    {line}")
        self.stdout.write(
            f"searches={len(result.searches)} therapists={result.therapist_count} "
            f"candidates={result.candidate_count} without={result.without_candidates}"
        )
