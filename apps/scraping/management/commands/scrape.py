import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from apps.core.errors import Refused
from apps.scraping.crawl.process import crawl
from apps.scraping.crawl.walk import Outcome
from apps.scraping.enums import RunKind, RunStatus
from apps.scraping.models import ImportRun, Source
from apps.scraping.selectors import sources
from apps.scraping.services import pages, runs

NOT_DONE, NOT_PERMITTED, INTERRUPTED = 1, 2, 130
PRINT_EVERY_SECONDS = 5.0


class Command(BaseCommand):
    help = (
        "Fetch a source, or go on where its run stands. Exit code: 0 done, 1 stopped or failed, "
        "2 not permitted, 130 interrupted (call again to go on). See docs/sources.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", nargs="?", help="short name of the source")
        parser.add_argument("--again", action="store_true", help="from the beginning, and every page anew")
        parser.add_argument("--run", type=int, help="go on with this run (called by the worker)")
        parser.add_argument("--seconds", type=float, help="leave the run after so long, to go on later")

    def handle(self, *args: Any, **options: Any) -> None:
        self.printed_at = 0.0
        if options["run"] is not None:
            run = runs.take_up(at=timezone.now(), run_id=options["run"])
        else:
            run = self._run_of(self._source(options["source"]), is_again=options["again"])
        if run is None:
            self.stdout.write("Another process works on this run.")
            return
        outcome = crawl(run=run, seconds=options["seconds"], on_step=self._tell)
        self._report(ImportRun.objects.get(pk=run.pk), outcome, is_timed=options["seconds"] is not None)

    def _source(self, key: str | None) -> Source:
        source = Source.objects.filter(key=key or "").first()
        if source is None:
            known = ", ".join(Source.objects.values_list("key", flat=True)) or "none"
            raise CommandError(f"Name a source. Known are: {known}.")
        if reason := sources.why_not_fetch(source=source, at=timezone.now()):
            raise CommandError(reason, returncode=NOT_PERMITTED)
        return source

    @transaction.atomic
    def _run_of(self, source: Source, *, is_again: bool) -> ImportRun | None:
        """The unfinished run, else a new one; taken up at once, so that no worker comes in between."""
        at = timezone.now()
        open_runs = source.runs.filter(status__in=[RunStatus.QUEUED, RunStatus.RUNNING])
        run = open_runs.filter(kind=RunKind.NETWORK).first()
        if is_again:
            self._start_over(source, run)
            run = None
        try:
            run = run or runs.queue_fetch(source=source, actor=None, at=at, today=timezone.localdate(at))
        except Refused as refusal:
            raise CommandError(str(refusal.message)) from refusal
        return runs.take_up(at=at, run_id=run.pk)

    def _start_over(self, source: Source, run: ImportRun | None) -> None:
        if run is not None and not runs.cancel(run=run, actor=None, at=timezone.now()).has_ended:
            raise CommandError("A process works on the run; it will end after its present step. Call again.")
        pages.forget(source=source)

    def _tell(self, run: ImportRun) -> None:
        if time.monotonic() - self.printed_at >= PRINT_EVERY_SECONDS:
            self.printed_at = time.monotonic()
            self.stdout.write(self._line(run))

    def _line(self, run: ImportRun) -> str:
        return (
            f"step {run.done} of {run.total}: requests={run.requests} seen={run.seen} new={run.new} "
            f"changed={run.changed} unchanged={run.unchanged} rejected={run.rejected} failed={run.failed} "
            f"repeated={run.repeated}"
        )

    def _report(self, run: ImportRun, outcome: Outcome, *, is_timed: bool) -> None:
        self.stdout.write(f"{self._line(run)}\n{outcome}")
        if outcome is Outcome.LEFT and not is_timed:
            raise CommandError("Interrupted. Call again to go on.", returncode=INTERRUPTED)
        if outcome not in (Outcome.DONE, Outcome.LEFT):
            raise CommandError(run.message or "The run is in other hands.", returncode=NOT_DONE)
