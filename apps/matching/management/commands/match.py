import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.core import parameters
from apps.matching.models import MatchRun
from apps.matching.selectors.overview import overview
from apps.matching.services import match_runs

PATIENCE_SECONDS = 300


class Command(BaseCommand):
    help = (
        "Match all searches that may be planned for and print the candidates of each; with --shards as a run "
        "in shards, worked off by the workers (or here), compared by hash with one piece."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--top", type=int, default=5, help="candidates printed per search")
        parser.add_argument("--shards", type=int, help="number of shards of a run")
        parser.add_argument("--here", action="store_true", help="work the shards off in this process")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["shards"] is not None:
            self._run(options["shards"], is_here=options["here"])
        else:
            self._print(options["top"])

    def _run(self, shards: int, *, is_here: bool) -> None:
        if shards < 1:
            raise CommandError("--shards must be 1 or more.")
        run = match_runs.start(at=timezone.now(), shards=shards)
        while is_here and match_runs.work(clock=timezone.now):
            pass
        self._wait(run)
        in_one_piece = match_runs.hash_in_one_piece(run=run)
        self.stdout.write(
            f"run={run.pk} shards={run.shard_count} searches={run.searches_count} "
            f"therapists={run.therapists_count} candidates={run.candidates_count} "
            f"without={run.without_candidates_count}"
        )
        self.stdout.write(f"hash in shards:    {run.result_hash}\nhash in one piece: {in_one_piece}")
        if run.result_hash != in_one_piece:
            raise CommandError("The hashes differ: rows were changed meanwhile, or a worker runs other code.")

    def _wait(self, run: MatchRun) -> None:
        patience = time.monotonic() + PATIENCE_SECONDS
        while run.finished_at is None:
            if time.monotonic() > patience:
                raise CommandError("No worker has finished the run. Start a worker, or add --here.")
            time.sleep(0.2)
            run.refresh_from_db()

    def _print(self, top: int) -> None:
        now = timezone.now()
        result = overview(today=timezone.localdate(now), parameters=parameters.current(at=now), top=top)
        for search in result.searches:
            blocked = f"  blocked by: {search.blocked_by}" if search.blocked_by else ""
            self.stdout.write(f"{search.case_code}  candidates={search.candidate_count}{blocked}")
            for line in search.lines:
                self.stdout.write(f"    {line}")
        self.stdout.write(
            f"searches={len(result.searches)} therapists={result.therapist_count} "
            f"candidates={result.candidate_count} without={result.without_candidates}"
        )
