"""What a rendered page may contain: the content policy forbids inline script and style, so none is there."""

from collections.abc import Iterator
from datetime import datetime
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client

from tests.security.pages import every_page
from tests.security.world import World

pytestmark = pytest.mark.django_db

POLICY = {
    "default-src 'self'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
}
# the HTML of a letter, alone in a frame: its stricter policy is tested with the pages of letters
FRAMED = {"communication:letter_html"}
ASSETS = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "use": "href"}
DATA_SCRIPTS = {"application/json", "application/ld+json"}
# htmx and hyperscript would evaluate these as JavaScript
EVALUATED = ("hx-on", "hx-vals='js:", "hx-vars", "_")


class Findings(HTMLParser):
    """Everything on a page that the policy would block or that asks a foreign host."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.found += [f"<{tag} {problem}>" for problem in self._problems(tag, values)]

    handle_startendtag = handle_starttag

    def _problems(self, tag: str, values: dict[str, str | None]) -> Iterator[str]:
        if tag == "style":
            yield "inline"
        if tag == "script" and not values.get("src") and values.get("type") not in DATA_SCRIPTS:
            yield "inline"
        for name, value in values.items():
            if name == "style" or name.startswith("on") or name.startswith(EVALUATED):
                yield f"{name}={value}"
            if (value or "").strip().lower().startswith(("javascript:", "vbscript:", "data:text")):
                yield f"{name}={value}"
        if (address := values.get(ASSETS.get(tag, "")) or "") and _is_foreign(address):
            yield address
        if tag == "form" and _is_foreign(values.get("action") or ""):
            yield f"action={values['action']}"


def _is_foreign(address: str) -> bool:
    return urlsplit(address).netloc not in ("", "testserver")


def problems(response: HttpResponse) -> list[str]:
    """Of any answer: header of the policy; of HTML also what is in it."""
    found = []
    policy = response.headers.get("Content-Security-Policy", "")
    if set(policy.split("; ")) != POLICY:
        found.append(f"policy {policy!r}")
    for header, value in (("X-Frame-Options", "DENY"), ("X-Content-Type-Options", "nosniff")):
        if response.headers.get(header) != value:
            found.append(f"{header} {response.headers.get(header)!r}")
    if "text/html" in response.headers.get("Content-Type", "") and not response.streaming:
        parser = Findings()
        parser.feed(response.content.decode())
        found += parser.found
    return found


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<script>x()</script>", ["<script inline>"]),
        ('<script type="application/json">{}</script><script src="/static/x.js"></script>', []),
        ('<script src="https://cdn.example/x.js"></script>', ["<script https://cdn.example/x.js>"]),
        ('<link href="//cdn.example/x.css">', ["<link //cdn.example/x.css>"]),
        ('<p style="color:red">', ["<p style=color:red>"]),
        ("<style>p{}</style>", ["<style inline>"]),
        ('<button onclick="x()">', ["<button onclick=x()>"]),
        ('<a href="javascript:x()">', ["<a href=javascript:x()>"]),
        ('<svg><use href="#icon"/></svg><img src="/static/x.svg"/>', []),
        ('<div hx-on:click="x()">', ["<div hx-on:click=x()>"]),
        ('<form action="https://evil.example/">', ["<form action=https://evil.example/>"]),
    ],
)
def test_parser_finds_what_the_policy_forbids(html: str, found: list[str]) -> None:
    parser = Findings()
    parser.feed(html)
    assert parser.found == found


def test_no_page_breaks_its_own_policy(world: World, signed_in: Client, at: datetime) -> None:
    wrong: dict[str, list[str]] = {}
    shown = 0
    with time_machine.travel(at, tick=False):
        for page in every_page():
            path = world.path(page)
            if path is None or page.name in FRAMED:
                continue
            for headers in ({}, {"HX-Request": "true"}) if page.is_ours else ({},):
                response = signed_in.get(path, headers=headers)
                shown += response.status_code == 200
                if found := problems(response):
                    wrong[page.name] = found
    assert wrong == {}
    assert shown > 200


def test_no_public_page_breaks_its_policy(world: World, client: Client, at: datetime) -> None:
    wrong: dict[str, list[str]] = {}
    with time_machine.travel(at, tick=False):
        for page in every_page():
            path = world.path(page)
            if path is not None and (found := problems(client.get(path))):
                wrong[page.name] = found
    assert wrong == {}


def test_pages_of_errors_keep_the_policy(
    client: Client, outsider_client: Client, manager_client: Client
) -> None:
    strict = Client(enforce_csrf_checks=True)
    answers = [
        outsider_client.get("/patients/"),
        strict.post("/accounts/login/", {}),
        manager_client.get("/patients/987654/"),
        client.get("/no-such-page/"),
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 404, 404]
    assert [problems(answer) for answer in answers] == [[], [], [], []]


def test_bug_shows_a_page_without_details(manager_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**kwargs: object) -> None:
        raise ValueError("Kanarienvogel")

    monkeypatch.setattr("apps.workspace.selectors.find_anybody", fail)
    manager_client.raise_request_exception = False
    response = manager_client.get("/search/?q=x")
    assert response.status_code == 500
    assert problems(response) == []
    assert "Kanarienvogel" not in response.content.decode()
