"""Which Chromium the browser tests drive. Any recent one will do: only plain features are used."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

ON_THE_PATH = ("chromium", "chromium-browser", "google-chrome")
NONE_FOUND = (
    "no Chromium found: install one, name it in E2E_CHROMIUM, or run `playwright install chromium` "
    "(E2E_REQUIRED=1 makes this a failure)"
)


def find() -> str | None:
    """E2E_CHROMIUM, else one on the PATH, else the one Playwright has installed."""
    if named := os.environ.get("E2E_CHROMIUM"):
        return named if Path(named).is_file() else None
    found = next(filter(None, map(shutil.which, ON_THE_PATH)), None)
    return found or _of_playwright()


def required() -> str:
    """The path of a Chromium; without one the calling module is skipped, or fails if E2E_REQUIRED=1."""
    if path := find():
        return path
    if os.environ.get("E2E_REQUIRED") == "1":
        pytest.fail(NONE_FOUND, pytrace=False)
    pytest.skip(NONE_FOUND, allow_module_level=True)


def arguments() -> list[str]:
    """Chromium refuses its sandbox to root, and containers give it little shared memory."""
    return ["--no-sandbox", "--disable-dev-shm-usage"] if os.geteuid() == 0 else []


def _of_playwright() -> str | None:
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None
