"""A crawl in this process. Only once in its life: Twisted's reactor cannot be started twice."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from types import FrameType

from django.utils import timezone
from scrapy.crawler import AsyncCrawlerProcess

from apps.core.errors import Refused
from apps.scraping.adapters import ADAPTERS
from apps.scraping.crawl.options import scrapy_settings
from apps.scraping.crawl.plans import plan_of
from apps.scraping.crawl.spider import DirectorySpider
from apps.scraping.crawl.walk import OF_STATUS, Outcome, Walk
from apps.scraping.enums import RunStatus
from apps.scraping.models import ImportRun
from apps.scraping.services import runs
from apps.scraping.services.working import fail_after

QUIET = ("scrapy", "twisted", "asyncio", "protego")


def crawl(
    *,
    run: ImportRun,
    seconds: float | None = None,
    on_step: Callable[[ImportRun], None],
    clock: Callable[[], datetime] = timezone.now,
) -> Outcome:
    """Work on a run that was taken up, to its end, for `seconds`, or until SIGINT or SIGTERM.

    Raises what the database raised; the run can then be taken up again.
    """
    try:
        walk = Walk(run=run, plan=plan_of(run.source), adapter=ADAPTERS[run.source.adapter], clock=clock)
        _go(walk, seconds, on_step)
    except Refused as refusal:
        runs.fail(run=run, message=str(refusal.message), at=clock())
        return Outcome.FAILED
    except Exception as error:
        fail_after(run=run, error=error, at=clock())
        return Outcome.FAILED
    if walk.outcome is None:  # the loop ended between two steps
        runs.release(run=run, at=clock())
        return OF_STATUS.get(RunStatus(ImportRun.objects.get(pk=run.pk).status), Outcome.LOST)
    return walk.outcome


def _go(walk: Walk, seconds: float | None, on_step: Callable[[ImportRun], None]) -> None:
    logging.disable(logging.INFO)  # Scrapy greets while it sets up its logging
    process = AsyncCrawlerProcess(scrapy_settings(walk.run.source))
    logging.disable(logging.NOTSET)
    for name in QUIET:  # they would write addresses
        logging.getLogger(name).setLevel(logging.ERROR)
    crawler = process.create_crawler(DirectorySpider)
    process.crawl(crawler, walk=walk, on_step=on_step)
    with _leaving(walk, seconds):
        process.start(install_signal_handlers=False)
    spider = crawler.spider
    if isinstance(spider, DirectorySpider) and spider.error is not None:
        raise spider.error


@contextmanager
def _leaving(walk: Walk, seconds: float | None) -> Iterator[None]:
    """A signal or the end of the time lets the present step come to its end, then the run is left."""

    def leave(number: int, frame: FrameType | None) -> None:
        walk.is_leaving = True

    def time_is_up() -> None:
        walk.is_leaving = True

    before = {number: signal.signal(number, leave) for number in (signal.SIGINT, signal.SIGTERM)}
    timer = threading.Timer(seconds, time_is_up) if seconds else None
    if timer:
        timer.daemon = True
        timer.start()
    try:
        yield
    finally:
        if timer:
            timer.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)
