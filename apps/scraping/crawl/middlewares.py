"""What every request passes: robots.txt, redirects on the own host, and the last gate before the line.

The request for robots.txt passes the last gate as well, and so does every redirect and every further try.
"""

import asyncio
import time
import uuid
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

from asgiref.sync import sync_to_async
from django.conf import settings
from django.utils import timezone
from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from apps.scraping.crawl.answers import Trouble
from apps.scraping.crawl.options import ROBOT_NAME, delay_seconds, lease_seconds
from apps.scraping.models import Source
from apps.scraping.selectors import sources
from apps.scraping.services import turns

REDIRECTS = frozenset({301, 302, 303, 307, 308})
LONGEST_SLEEP_SECONDS = 1.0
LONGEST_CRAWL_DELAY = 30.0  # more has to stand in the record of the source: the worker's slices go by that


class NoAnswer(IgnoreRequest):
    """The request did not leave, or its answer is not taken; `detail` is for a person."""

    def __init__(self, trouble: Trouble, detail: str = "") -> None:
        super().__init__(detail)
        self.trouble, self.detail = trouble, detail


class Robots:
    """Obeys robots.txt as RFC 9309 has it: no such file permits all, an unreadable one permits nothing.

    Scrapy's own middleware takes an unreadable file for a permission and knows no Crawl-delay.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.rules: dict[str, Protego] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        if request.meta.get("is_robots"):
            return
        parts = urlsplit(request.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self.rules:
            self.rules[origin] = await self._read(origin)
        rules = self.rules[origin]
        if not rules.can_fetch(request.url, ROBOT_NAME):
            raise NoAnswer(Trouble.ROBOTS_FORBID, parts.path)
        spider, delay = _spider(self.crawler), float(rules.crawl_delay(ROBOT_NAME) or 0.0)
        if delay > max(LONGEST_CRAWL_DELAY, spider.source.delay_seconds):
            raise NoAnswer(Trouble.TOO_SLOW, f"{delay:g}")
        spider.pace(delay)

    async def _read(self, origin: str) -> Protego:
        asked = Request(f"{origin}/robots.txt", meta={"is_robots": True}, dont_filter=True)
        assert self.crawler.engine is not None
        try:
            answer = await self.crawler.engine.download_async(asked)
        except NoAnswer as problem:
            if problem.trouble is Trouble.ELSEWHERE:
                raise NoAnswer(Trouble.ROBOTS_UNREADABLE, problem.detail) from problem
            raise
        except Exception as error:
            raise NoAnswer(Trouble.ROBOTS_UNREADABLE, type(error).__name__) from error
        if answer.status >= 500 or answer.status == 429 or answer.status in REDIRECTS:
            raise NoAnswer(Trouble.ROBOTS_UNREADABLE, str(answer.status))
        text = answer.body.decode("utf-8", "replace") if answer.status == 200 else ""
        return Protego.parse(text)


class SameHostRedirects(RedirectMiddleware):
    """Follows a redirect only on the same host, and never from https to http."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        location = response.headers.get("Location")
        if response.status in REDIRECTS and location:
            _require_same_host(request.url, urljoin(request.url, location.decode("latin-1")))
        return super().process_response(request, response)


def _require_same_host(ours: str, theirs: str) -> None:
    here, there = urlsplit(ours), urlsplit(theirs)
    schemes = {"https"} if here.scheme == "https" else {"http", "https"}
    if there.hostname != here.hostname or there.scheme not in schemes:
        raise NoAnswer(Trouble.ELSEWHERE, there.hostname or theirs[:80])


class LastGate:
    """Nothing leaves without a permission in force, nor before it is our turn at the host."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.holder = uuid.uuid4().hex
        self.over_at = 0.0  # monotonic

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        spider = _spider(self.crawler)
        host = _host(request)
        while wait := await self._wait_seconds(host, spider.source):
            await asyncio.sleep(min(wait, LONGEST_SLEEP_SECONDS))
            await spider.sign_of_life()
            if spider.walk.is_leaving or spider.walk.outcome is not None:
                raise NoAnswer(Trouble.LEFT)
        if reason := await sync_to_async(_why_not)(spider.source.pk):
            await self._give_back(host)
            raise NoAnswer(Trouble.NOT_PERMITTED, reason)
        spider.walk.requests += 1

    async def _wait_seconds(self, host: str, source: Source) -> float:
        own = self.over_at + self._pause() - time.monotonic()
        if own > 0:
            return own
        return await sync_to_async(turns.take)(
            host=host, holder=self.holder, lease_seconds=lease_seconds(source)
        )

    def _pause(self) -> float:
        """The longer of what the source's record and its robots.txt demand."""
        spider = _spider(self.crawler)
        return max(delay_seconds(spider.source), spider.crawl_delay * settings.SCRAPER_SECOND)

    async def process_response(self, request: Request, response: Response) -> Response:
        await self._give_back(_host(request))
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        if not isinstance(exception, NoAnswer):
            await self._give_back(_host(request))

    async def _give_back(self, host: str) -> None:
        self.over_at = time.monotonic()
        await sync_to_async(turns.give_back)(host=host, holder=self.holder, pause_seconds=self._pause())


def _why_not(source_id: int) -> str:
    return sources.why_not_fetch(source=Source.objects.get(pk=source_id), at=timezone.now())


def _host(request: Request) -> str:
    return urlsplit(request.url).netloc[:260]


def _spider(crawler: Crawler) -> Any:
    assert crawler.spider is not None
    return crawler.spider
