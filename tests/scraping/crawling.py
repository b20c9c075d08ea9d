"""Sources on the local server, and crawls in processes of their own on the database of the test."""

import multiprocessing
import os
import shutil
import signal
import tempfile
from datetime import timedelta
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils import timezone

from apps.accounts.models import User
from apps.scraping.models import DirectoryRecord, FetchPermission, ImportRun, Source
from apps.scraping.services import permissions
from tests.scraping import crawl_child
from tests.scraping.directory_server import DirectoryServer

SAXONY = [{"lat": 51.1, "lon": 13.4, "km": 120}]
PATIENCE_SECONDS = 120


def register(server: DirectoryServer, **fields: Any) -> Source:
    known: dict[str, Any] = {
        "key": "register",
        "name": "Register",
        "adapter": "arztsuche",
        "url": server.search_url,
        "delay_seconds": 1.0,
        "options": {"points": SAXONY, "radius_km": 60},
    }
    return Source.objects.create(**known | fields)


def permit(source: Source, actor: User, **fields: Any) -> FetchPermission:
    today = timezone.localdate()
    known: dict[str, Any] = {
        "given_by": "Kassenärztliche Vereinigung, Frau Muster",
        "given_on": today - timedelta(days=1),
        "until": None,
        "grounds": "Letter of 2026-11-02, folder 7",
    }
    return permissions.record(source=source, actor=actor, at=timezone.now(), today=today, **known | fields)


def database_url() -> str:
    known = connection.settings_dict
    host = known["HOST"]
    person = f"postgresql://{known['USER']}:{known['PASSWORD']}@"
    if not host or str(host).startswith("/"):
        return f"{person}/{known['NAME']}?host={host or known['OPTIONS']['host']}"
    return f"{person}{host}:{known['PORT'] or 5432}/{known['NAME']}"


class Crawl:
    """`manage.py scrape …` in a process of its own, on the database of the test."""

    def __init__(self, *arguments: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="crawl-"))
        self.process = _context().Process(target=crawl_child.run, args=(list(arguments), str(self.folder)))
        self.process.start()

    def send(self, number: signal.Signals) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    def result(self) -> tuple[int, str, str]:
        """Exit code, what was printed, and what was complained about."""
        self.process.join(PATIENCE_SECONDS)
        is_stuck = self.process.exitcode is None
        if is_stuck:
            self.process.kill()
            self.process.join()
        told, complained = ((self.folder / name).read_text() for name in ("out", "err"))
        shutil.rmtree(self.folder)
        assert not is_stuck, told + complained
        return self.process.exitcode or 0, told, complained


@cache
def _context() -> ForkServerContext:
    """Processes that begin with Django loaded: loading it takes longer than most of these crawls."""
    os.environ |= environment()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.scraping.crawl_child"])
    return context


def environment() -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": database_url(),
        "NO_PROXY": "127.0.0.1",
    }


def scrape(*arguments: str) -> tuple[int, str, str]:
    return Crawl(*arguments).result()


def the_run(source: Source) -> ImportRun:
    return ImportRun.objects.get(source=source)


def known_ids(source: Source) -> set[str]:
    """As the source writes them: an adapter may add the address."""
    return {
        payload["id"]
        for payload in DirectoryRecord.objects.filter(source=source).values_list("payload", flat=True)
    }


def counts(run: ImportRun) -> dict[str, int]:
    names = ("seen", "new", "changed", "unchanged", "rejected", "failed")
    return {name: getattr(run, name) for name in names}
