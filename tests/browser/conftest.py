"""A real browser on a live server: one Chromium for all tests, a fresh world and context for each."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from apps.accounts.enums import Role
from apps.accounts.models import User
from apps.accounts.services import create_staff
from tests.browser import chromium
from tests.conftest import PASSWORD

PATIENCE_MS = 15_000
DESK = {"width": 1440, "height": 900}

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Playwright's loop runs in this thread from here on, so Django must be told that queries are fine."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        chrome = playwright.chromium.launch(
            executable_path=chromium.required(), args=chromium.arguments(), timeout=60_000
        )
        yield chrome
        chrome.close()


@pytest.fixture
def clock(at: datetime) -> Iterator[time_machine.Traveller]:
    """A Monday morning whose time goes on; the live server lives in the same process."""
    with time_machine.travel(at) as traveller:
        yield traveller


@pytest.fixture
def site(live_server: Any, settings: Any, clock: time_machine.Traveller) -> str:
    """Address of the running site; the links in letters lead there."""
    settings.SITE_URL = live_server.url
    return str(live_server.url)


@pytest.fixture
def anna(transactional_db: None) -> User:
    return create_staff(
        username="anna",
        email="anna@example.org",
        password=PASSWORD,
        roles=[Role.COORDINATOR],
        first_name="Anna",
        last_name="Lindner",
    )


@pytest.fixture
def troubles() -> list[str]:
    """What the consoles of all pages complained about: refused by the content policy, not found, broken."""
    return []


@pytest.fixture
def open_page(browser: Browser, site: str, troubles: list[str]) -> Iterator[OpenPage]:
    """`open_page(user=None, **options)`: a page in a context of its own, signed in if a user is given."""
    contexts: list[BrowserContext] = []

    def opened(user: User | None = None, **options: Any) -> Page:
        context = browser.new_context(
            **{"base_url": site, "viewport": DESK, "locale": "de-DE", "reduced_motion": "reduce", **options}
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        if user is not None:
            context.add_cookies([{"name": "sessionid", "value": _session(user), "url": site}])
        return _watched(context.new_page(), troubles)

    yield opened
    for context in contexts:
        context.close()


def _session(user: User) -> str:
    client = Client()
    client.force_login(user, backend="apps.accounts.permissions.RoleBackend")
    return client.cookies[django_settings.SESSION_COOKIE_NAME].value


def _watched(page: Page, troubles: list[str]) -> Page:
    page.on("pageerror", lambda error: troubles.append(f"{page.url}: {error}"))
    page.on(
        "console",
        lambda said: troubles.append(f"{page.url}: {said.text}") if said.type == "error" else None,
    )
    return page
