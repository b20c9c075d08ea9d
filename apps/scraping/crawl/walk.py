"""One run on its way through its plan: which step is next, what an answer brings, when it is over.

Everything that decides stands here and in the row of the run; the spider only carries requests. The cursor
holds the place in the plan and the steps that came up on the way, so that a killed run goes on.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import StaleState
from apps.scraping.adapters.base import Adapter
from apps.scraping.crawl.answers import Answer, Kind, Verdict, judge
from apps.scraping.crawl.plans import Ask, Brought, CannotSplit, Plan, Step
from apps.scraping.enums import RunStatus
from apps.scraping.models import ImportRun
from apps.scraping.records import DirectoryEntry, Rejected
from apps.scraping.services import pages, runs, staging

log = structlog.get_logger(__name__)

TRIES = 4  # of one step
FIRST_PAUSE_SECONDS = 15.0
LONGEST_PAUSE_SECONDS = 900.0
IN_A_ROW = 3  # steps without a usable answer after which the source is not what it was
MOST_FAILED = 20  # steps, or a tenth of all where that is more
MOST_REQUESTS = 20_000
STARTS_WITHOUT_A_STEP = 5


class Outcome(StrEnum):
    """How the work of this process ended. LEFT: to go on later. LOST: the run is in other hands."""

    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LEFT = "left"
    LOST = "lost"


OF_STATUS = {
    RunStatus.DONE: Outcome.DONE,
    RunStatus.STOPPED: Outcome.STOPPED,
    RunStatus.FAILED: Outcome.FAILED,
    RunStatus.CANCELLED: Outcome.CANCELLED,
    RunStatus.QUEUED: Outcome.LEFT,
}


class Walk:
    """Not to be shared: one thread, one process. `run` has been taken up and is ours.

    `next` and `take` are called in turn until `next` says None; `outcome` then tells how it ended.
    """

    def __init__(
        self, *, run: ImportRun, plan: Plan, adapter: Adapter, clock: Callable[[], datetime]
    ) -> None:
        self.run, self.plan, self.adapter, self.clock = run, plan, adapter, clock
        self.outcome: Outcome | None = None
        self.is_leaving = False
        self.requests = run.requests
        self.tries = 0
        self.current: Step | None = None
        self.reads_anew = False
        self.pause_seconds = 0.0
        self.cursor = self._cursor()

    def _cursor(self) -> dict[str, Any]:
        """Where the run stood; a cursor of another plan (changed options) begins anew, records count once."""
        found = self.run.cursor if isinstance(self.run.cursor, dict) else {}
        if found.get("plan") == self.plan.fingerprint:
            return dict(found)
        return {
            "plan": self.plan.fingerprint,
            "next": 0,
            "open": [],
            "gaps": 0,
            "failed": 0,
            "in_a_row": 0,
            "starts": 0,
        }

    def begin(self) -> None:
        """Count the starts: a step that kills its process must not do so for ever."""
        self.cursor["starts"] += 1
        if self.cursor["starts"] > STARTS_WITHOUT_A_STEP:
            text = _("The work broke off %(count)s times at the same step. Please tell the administrator.")
            self._fail(text % {"count": STARTS_WITHOUT_A_STEP})
            return
        self.still_ours()

    def still_ours(self) -> bool:
        """Give a sign of life; False where the run was cancelled or is in other hands."""
        try:
            runs.touch(run=self.run, at=self.clock(), progress=self._progress())
        except StaleState:
            self._not_ours()
        return self.outcome is None

    def next(self) -> Ask | None:
        """What to ask now, after `pause_seconds`; None where the work of this process is over."""
        if self.outcome is None and self.requests >= MOST_REQUESTS:
            text = _("More than %(most)s requests: the run was ended. Choose smaller areas for this source.")
            self._fail(text % {"most": MOST_REQUESTS})
        if self.outcome is None and self.is_leaving:
            self._leave()
        if self.outcome is None and self.current is None:
            self.current = self._following()
        if self.outcome is None and self.current is None:
            self._finish()
        if self.outcome is not None or self.current is None or not self.still_ours():
            return None
        return self._ask(self.current)

    def _following(self) -> Step | None:
        self.tries, self.pause_seconds, self.reads_anew = 0, 0.0, False
        if self.cursor["open"]:
            return dict(self.cursor["open"][-1])
        return self.plan.steps[self.cursor["next"]] if self.cursor["next"] < len(self.plan.steps) else None

    def _ask(self, step: Step) -> Ask:
        ask = replace(self.plan.ask(step), pause_seconds=self.pause_seconds)
        if ask.method != "GET" or self.reads_anew:
            return ask
        stamps = pages.stamps(source=self.run.source, digest=self._digest(ask))
        return replace(ask, headers={**ask.headers, **stamps})

    def _digest(self, ask: Ask) -> str:
        return pages.digest(source=self.run.source, method=ask.method, url=ask.url, body=ask.body)

    def take(self, ask: Ask, answer: Answer) -> None:
        """Keep what an answer brought, or act on what it is instead of one."""
        verdict = judge(
            answer, expected=self.plan.expected, is_register=self.plan.is_register, at=self.clock()
        )
        try:
            self._act(ask, answer, verdict)
        except StaleState:
            self._not_ours()

    def _act(self, ask: Ask, answer: Answer, verdict: Verdict) -> None:
        match verdict.kind:
            case Kind.TAKE:
                self._take_content(ask, answer)
            case Kind.UNCHANGED:
                self._take_unchanged(ask)
            case Kind.AGAIN:
                self._again(ask, verdict)
            case Kind.NOTE | Kind.BROKEN:
                self._note(ask, verdict.message)
            case Kind.LEAVE:
                pass  # `next` sees to it
            case Kind.NOT_PERMITTED:
                self._stop(verdict.message, rest=None)
            case Kind.STOP:
                self._stop(verdict.message)

    def _take_content(self, ask: Ask, answer: Answer) -> None:
        mapping = self.run.source.column_mapping
        if problem := self.adapter.shape_problem(answer.body, mapping=mapping):
            text = _("The answers of the source have changed: %(problem)s The programme has to learn them.")
            self._stop(text % {"problem": problem})
            return
        batch = staging.Batch()
        for item in self._entries(ask, answer.body, mapping):
            batch.add(item)
        self.cursor["in_a_row"] = 0
        is_cut = self.adapter.is_cut(answer.body)
        with transaction.atomic():
            staged = self._keep(ask, batch, is_cut=is_cut)
            if ask.method == "GET" and (answer.headers.get("etag") or answer.headers.get("last-modified")):
                pages.remember(
                    run=self.run,
                    digest=self._digest(ask),
                    headers=answer.headers,
                    batch=batch,
                    staged=staged,
                )

    def _entries(self, ask: Ask, content: bytes, mapping: Any) -> list[DirectoryEntry | Rejected]:
        found = self.adapter.parse(content, fetched_on=self.run.fetched_on, mapping=mapping, where=ask.where)
        return [self.plan.told_once(one) if isinstance(one, Rejected) else one for one in found]

    def _keep(self, ask: Ask, batch: staging.Batch, *, is_cut: bool) -> staging.Staged:
        """The batch, then the steps that follow from it, in one transaction."""
        staged = runs.keep(run=self.run, batch=batch, at=self.clock(), progress=None)
        is_old = not (staged.new or staged.changed or staged.unchanged)
        brought = Brought(is_cut, len(batch.entries) + len(batch.rejected), is_old)
        try:
            more, gap = self.plan.more(ask.step, brought), staging.Batch()
        except CannotSplit:
            reason = _("The source shows no more entries here, though there are some; they are missing.")
            more, gap = [], staging.Batch(failed=[Rejected(ask.where, reason)])
            self.cursor["gaps"] += 1
        self._step_over(more)
        runs.keep(run=self.run, batch=gap, at=self.clock(), progress=self._progress())
        return staged

    def _take_unchanged(self, ask: Ask) -> None:
        before = dict(self.cursor), self.current
        self._step_over([])
        kept = pages.keep_unchanged(
            run=self.run, digest=self._digest(ask), at=self.clock(), progress=self._progress()
        )
        if not kept:  # what we remember of the page is worth nothing: read it
            self.cursor, self.current = before
            self.reads_anew = True

    def _again(self, ask: Ask, verdict: Verdict) -> None:
        """The same step after a pause that grows; a source that wants to be left alone for long is left."""
        self.tries += 1
        wait = verdict.wait_seconds or 0.0
        if wait > LONGEST_PAUSE_SECONDS:
            text = _("%(problem)s It asks to be left alone for %(minutes)s minutes.")
            rest = max(timedelta(seconds=wait), timedelta(hours=1))
            self._stop(text % {"problem": verdict.message, "minutes": round(wait / 60)}, rest=rest)
        elif self.tries >= TRIES and verdict.is_about_all:
            self._stop(verdict.message)
        elif self.tries >= TRIES:
            self._note(ask, verdict.message)
        else:
            grown = FIRST_PAUSE_SECONDS * 2 ** (self.tries - 1)
            self.pause_seconds = max(wait, grown) * settings.SCRAPER_SECOND

    def _note(self, ask: Ask, message: str) -> None:
        """A step that failed is reported and left out; too many of them end the run."""
        self.cursor["gaps"] += 1
        self.cursor["failed"] += 1
        self.cursor["in_a_row"] += 1
        self._step_over([])
        batch = staging.Batch(failed=[Rejected(ask.where, message)])
        runs.keep(run=self.run, batch=batch, at=self.clock(), progress=self._progress())
        if self.cursor["in_a_row"] >= IN_A_ROW:
            text = _("%(count)s answers in a row could not be used. The last: %(problem)s")
            self._stop(text % {"count": IN_A_ROW, "problem": message})
        elif self.cursor["failed"] > max(MOST_FAILED, self.run.total // 10):
            text = _("Too many answers (%(count)s) could not be used. The last: %(problem)s")
            self._stop(text % {"count": self.cursor["failed"], "problem": message})

    def _step_over(self, more: list[Step]) -> None:
        if self.cursor["open"]:
            self.cursor["open"] = self.cursor["open"][:-1]
        else:
            self.cursor["next"] += 1
        self.cursor["open"] = [*self.cursor["open"], *more]
        self.cursor["done"] = self.cursor.get("done", 0) + 1
        self.cursor["starts"] = 0
        self.current = None

    def _progress(self) -> dict[str, Any]:
        done, waiting = self.cursor.get("done", 0), len(self.plan.steps) - self.cursor["next"]
        total = done + waiting + len(self.cursor["open"])
        return {"cursor": dict(self.cursor), "done": done, "total": total, "requests": self.requests}

    def _finish(self) -> None:
        try:
            if self.still_ours():
                runs.finish(run=self.run, at=self.clock(), is_whole=not self.cursor["gaps"])
                self.outcome = Outcome.DONE
        except StaleState:
            self._not_ours()

    def _stop(self, message: str, *, rest: timedelta | None = runs.REST_AFTER_REFUSAL) -> None:
        if self.still_ours():
            runs.stop(run=self.run, message=message, at=self.clock(), rest=rest)
            self.outcome = Outcome.STOPPED

    def _fail(self, message: str) -> None:
        if self.still_ours():
            runs.fail(run=self.run, message=message, at=self.clock())
            self.outcome = Outcome.FAILED

    def _leave(self) -> None:
        self.cursor["starts"] = 0
        if self.still_ours():
            runs.release(run=self.run, at=self.clock())
            self.outcome = Outcome.LEFT

    def _not_ours(self) -> None:
        """Cancelled by a person: the end is ours to write. Taken up by another worker: hands off."""
        fresh = ImportRun.objects.get(pk=self.run.pk)
        if fresh.is_cancel_wished and fresh.alive_at == self.run.alive_at and not fresh.has_ended:
            runs.end_cancelled(run=fresh, at=self.clock())
            self.outcome = Outcome.CANCELLED
        else:
            self.outcome = Outcome.LOST
        log.info("import_run_left", run_id=self.run.pk, outcome=self.outcome)
