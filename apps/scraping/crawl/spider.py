"""The one spider: it carries the requests of a walk to the line and the answers back. It decides nothing."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from typing import Any

import scrapy
import structlog
from asgiref.sync import sync_to_async
from django.db import close_old_connections, connections
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
)
from scrapy.http import Response

from apps.scraping.crawl.answers import Answer, Trouble
from apps.scraping.crawl.middlewares import LONGEST_SLEEP_SECONDS, NoAnswer
from apps.scraping.crawl.plans import Ask
from apps.scraping.crawl.walk import Walk
from apps.scraping.models import ImportRun

log = structlog.get_logger(__name__)

ALIVE_EVERY_SECONDS = 20.0
TROUBLES: Mapping[type[Exception], Trouble] = {
    DownloadTimeoutError: Trouble.TIMEOUT,
    TimeoutError: Trouble.TIMEOUT,
    DownloadCancelledError: Trouble.TOO_LARGE,
    DownloadConnectionRefusedError: Trouble.UNREACHABLE,
    CannotResolveHostError: Trouble.UNREACHABLE,
}


class DirectorySpider(scrapy.Spider):
    name = "directory"

    def __init__(self, *, walk: Walk, on_step: Callable[[ImportRun], None], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.walk, self.on_step = walk, on_step
        self.source = walk.run.source
        self.crawl_delay = 0.0  # seconds, as robots.txt wishes
        self.alive_at = time.monotonic()
        self.error: Exception | None = None

    def pace(self, crawl_delay: float) -> None:
        self.crawl_delay = max(self.crawl_delay, crawl_delay)

    async def start(self) -> AsyncIterator[Any]:
        """Step after step, each asked only when the one before has been kept."""
        try:
            await self._walk()
        except Exception as error:  # told to whoever started the crawl; the run can be taken up again
            self.error = error
        finally:
            await sync_to_async(connections.close_all)()
        nothing: tuple[scrapy.Request, ...] = ()  # requests go past Scrapy's queue: never more than one
        for one in nothing:
            yield one

    async def _walk(self) -> None:
        await self._in_database(self.walk.begin)
        while ask := await self._in_database(self.walk.next):
            if not await self._rest(ask.pause_seconds):
                continue
            answer = await self._answer(ask)
            await self._in_database(self.walk.take, ask, answer)
            self.on_step(self.walk.run)

    async def _rest(self, seconds: float) -> bool:
        """False where the work was broken off meanwhile."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self.walk.is_leaving:
            await asyncio.sleep(min(left, LONGEST_SLEEP_SECONDS))
            await self.sign_of_life()
        return not self.walk.is_leaving and self.walk.outcome is None

    async def sign_of_life(self) -> None:
        """Long waits must not look like a lost worker; a cancelled run must not wait to its end."""
        if time.monotonic() - self.alive_at >= ALIVE_EVERY_SECONDS:
            self.alive_at = time.monotonic()
            await self._in_database(self.walk.still_ours)

    async def _answer(self, ask: Ask) -> Answer:
        request = scrapy.Request(
            ask.url, method=ask.method, body=ask.body, headers=dict(ask.headers), dont_filter=True
        )
        assert self.crawler.engine is not None
        try:
            return _as_answer(await self.crawler.engine.download_async(request))
        except NoAnswer as problem:
            return Answer(trouble=problem.trouble, detail=problem.detail)
        except Exception as error:
            trouble = next((one for kind, one in TROUBLES.items() if isinstance(error, kind)), None)
            if trouble is None:
                log.warning("request_failed", run_id=self.walk.run.pk, error=type(error).__name__)
            return Answer(trouble=trouble or Trouble.UNREACHABLE, detail=type(error).__name__)

    async def _in_database(self, work: Callable[..., Any], *args: Any) -> Any:
        """In the one thread that talks to the database; the loop of the network is not held up."""

        def working() -> Any:
            close_old_connections()
            return work(*args)

        return await sync_to_async(working)()


def _as_answer(response: Response) -> Answer:
    headers = {}
    for name, values in response.headers.items():
        with suppress(UnicodeDecodeError, IndexError):
            headers[name.decode("ascii").lower()] = values[-1].decode("latin-1")
    return Answer(response.status, response.body, headers)
