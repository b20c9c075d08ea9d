"""Scrapy's settings for one source: one request at a time, slowly, by name, and nothing but http(s)."""

from typing import Any

from django.conf import settings

from apps.scraping.models import Source

ROBOT_NAME = "PsychotherapieVermittlung"
LARGEST_ANSWER = 20 * 1024 * 1024
SLOWEST_SECONDS = 30.0  # AutoThrottle's own upper end; the source's delay may be longer
_OURS = "apps.scraping.crawl.middlewares"
_THEIRS = "scrapy.downloadermiddlewares"
_NO_SCHEMES = ("data", "file", "ftp", "s3")


def delay_seconds(source: Source) -> float:
    return source.delay_seconds * float(settings.SCRAPER_SECOND)


def user_agent() -> str:
    return f"{ROBOT_NAME}/1.0 (+{settings.SCRAPER_CONTACT})"


def scrapy_settings(source: Source) -> dict[str, Any]:
    delay = delay_seconds(source)
    return {
        "USER_AGENT": user_agent(),
        "ROBOTSTXT_OBEY": True,
        "ROBOTSTXT_USER_AGENT": ROBOT_NAME,
        "CONCURRENT_REQUESTS": 1,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "DOWNLOAD_DELAY": delay,
        "DOWNLOAD_DELAY_JITTER": 0.0,
        "AUTOTHROTTLE_ENABLED": True,
        "AUTOTHROTTLE_START_DELAY": delay,
        "AUTOTHROTTLE_MAX_DELAY": slowest_seconds(source),
        "AUTOTHROTTLE_TARGET_CONCURRENCY": 1.0,
        "DOWNLOAD_TIMEOUT": settings.SCRAPER_TIMEOUT_SECONDS,
        "DOWNLOAD_MAXSIZE": LARGEST_ANSWER,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_HANDLERS": dict.fromkeys(_NO_SCHEMES),
        "REDIRECT_MAX_TIMES": 3,
        "METAREFRESH_ENABLED": False,
        "RETRY_ENABLED": False,  # the walk knows when to ask again
        "COOKIES_ENABLED": False,  # we do not pretend to be a browser
        "REFERER_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "LOG_INSTALL_ROOT_HANDLER": False,
        "DOWNLOADER_MIDDLEWARES": {
            f"{_THEIRS}.robotstxt.RobotsTxtMiddleware": None,
            f"{_OURS}.Robots": 100,
            f"{_THEIRS}.redirect.RedirectMiddleware": None,
            f"{_OURS}.SameHostRedirects": 600,
            f"{_OURS}.LastGate": 950,
        },
    }


def slowest_seconds(source: Source) -> float:
    return max(delay_seconds(source), SLOWEST_SECONDS * settings.SCRAPER_SECOND)


def lease_seconds(source: Source) -> float:
    """How long a turn may take at most: Scrapy's own pause, the answer, and a little more."""
    return slowest_seconds(source) + 1.5 * float(settings.SCRAPER_TIMEOUT_SECONDS)
