"""Every main page as a person meets it: readable for all (axe), in both appearances, at three widths."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from apps.matching.reply_links import reply_token
from apps.workspace.demo.mailserver import CatchingHandler
from tests.browser import chromium, world
from tests.browser.words import german
from tests.browser.world import Office

chromium.required()
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

GRAVE = ("serious", "critical")
WIDTHS = (1440, 1024, 390)
DAILY = ("/", "/patients/", "/therapists/", "/searches/", "/inquiries/", "/rounds/", "/calls/", "/emails/")
OpenPage = Callable[..., Page]


@pytest.fixture
def office(site: str, anna: User, mailbox: CatchingHandler, at: datetime, today: date) -> Office:
    return world.furnish(actor=anna, at=at, today=today)


def main_pages(office: Office) -> list[str]:
    """The pages of every day."""
    return [
        *DAILY,
        office.patient.get_absolute_url(),
        office.therapist.get_absolute_url(),
        office.waiting_search.get_absolute_url(),
        office.draft_round.get_absolute_url(),
        office.accepted.inquiry.get_absolute_url(),
        office.conflict.inquiry.get_absolute_url(),
        reverse("matching:reply", args=[reply_token(office.sent)]),
    ]


def other_pages(office: Office) -> list[str]:
    return [
        reverse("patients:create"),
        office.incomplete.get_absolute_url(),
        *_of(
            "patients", office.patient.pk, "clinical", "wishes", "consents", "history", "edit", "availability"
        ),
        reverse("therapists:create"),
        *_of("therapists", office.therapist.pk, "offer", "hours", "contact", "history", "practices"),
        *_of("therapists", office.therapist.pk, "edit", "edit_approvals", "edit_hours", "block"),
        *_of("matching", office.search.pk, "search", "search_requests", "search_history", "why_not"),
        *_of("matching", office.waiting_search.pk, "pause_search", "cancel_search"),
        *_of("matching", office.draft_round.pk, "unplanned", "discard_round"),
        reverse("matching:release_round", args=[office.draft_round.pk]) + "?all=1",
        office.old_round.get_absolute_url(),
        *_of("matching", office.draft.pk, "inquiry", "letter", "release_inquiry"),
        office.sent.get_absolute_url(),
        *_of("matching", office.accepted.pk, "release_identity", "confirm", "did_not_fit", "undo_answer"),
        reverse("matching:resolve_conflict", args=[office.conflict.pk]),
        reverse("matching:waiting_patients", args=[office.therapist.pk]),
        reverse("matching:waiting_patients", args=[office.therapist.pk])
        + "?free_from=2027-01-15&setting=group",
        reverse("matching:conflicts"),
        reverse("matching:call", args=[office.call.pk]),
        reverse("communication:made_calls"),
        reverse("communication:email", args=[office.email.pk]),
        reverse("workspace:search") + "?q=Linde",
        reverse("matching:reply_no_more", args=[reply_token(office.sent)]),
        reverse("account_change_password"),
        reverse("mfa_index"),
    ]


def test_pages_have_no_grave_barrier(
    office: Office, anna: User, open_page: OpenPage, troubles: list[str]
) -> None:
    page = open_page(anna)
    found = {url: barriers(page) for url in visit(page, [*main_pages(office), *other_pages(office)])}
    assert worth_telling(found) == {}
    assert troubles == []


def test_main_pages_have_no_grave_barrier_in_the_dark(
    office: Office, anna: User, open_page: OpenPage, troubles: list[str]
) -> None:
    page = open_page(anna, color_scheme="dark")
    found = {url: barriers(page) for url in visit(page, main_pages(office))}
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert worth_telling(found) == {}
    assert troubles == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_login_has_no_grave_barrier(open_page: OpenPage, troubles: list[str], scheme: str) -> None:
    page = open_page(color_scheme=scheme)
    page.goto(reverse("account_login"))
    assert barriers(page) == []
    assert troubles == []


def test_no_page_scrolls_sideways(office: Office, anna: User, open_page: OpenPage) -> None:
    """Wide tables scroll in their own frame; those of every day need not even that on a desk."""
    page = open_page(anna)
    must_fit = main_pages(office)
    urls = [*main_pages(office), *other_pages(office)]
    found: dict[str, list[str]] = {url: [] for url in urls}
    for url in visit(page, urls):
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            found[url] += [f"{width}: {element}" for element in too_wide(page)]
            if width == max(WIDTHS) and url in must_fit:
                found[url] += [f"{width}: table {wide}" for wide in pushed_tables(page)]
    assert worth_telling(found) == {}


def test_language_can_be_chosen(office: Office, anna: User, open_page: OpenPage) -> None:
    page = open_page(anna)
    page.goto("/patients/")
    assert page.locator("html").get_attribute("lang") == "de"
    page.locator(".user-menu > button").click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", level=1)).to_have_text("Patients")
    assert page.url.endswith("/patients/")
    navigation = page.locator(".sidebar-link").all_inner_texts()
    assert navigation[:4] == ["Today", "Registrations", "Patients", "Therapists"]
    expect(page.locator("tbody")).to_contain_text("searching")


def test_keyboard_reaches_search_and_content(office: Office, anna: User, open_page: OpenPage) -> None:
    page = open_page(anna)
    page.goto("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name=german("Skip to the content"))
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#search-query")).to_be_focused()
    page.keyboard.type(office.patient.last_name)
    hit = page.locator("#search-results a.hit").first
    expect(hit).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(hit).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(office.patient.full_name)


def test_narrow_page_has_navigation_behind_a_button(office: Office, anna: User, open_page: OpenPage) -> None:
    page = open_page(anna, viewport={"width": 390, "height": 844})
    page.goto("/")
    link = page.locator(".sidebar").get_by_role("link", name=german("Searches"))
    expect(link).to_be_hidden()
    page.get_by_role("button", name=german("Open the navigation")).click()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(german("Searches"))


def visit(page: Page, urls: list[str]) -> Iterator[str]:
    """Open one page after the other; each must be there."""
    for url in urls:
        response = page.goto(url)
        assert response is not None and response.status == 200, f"{url}: {response and response.status}"
        yield url


def barriers(page: Page) -> list[str]:
    """Serious and critical findings of axe on the open page, each with the first place it was found."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{violation['id']} ({len(violation['nodes'])}×): {violation['nodes'][0]['html'][:200]}"
        for violation in found
        if violation["impact"] in GRAVE
    ]


def too_wide(page: Page) -> list[str]:
    """What sticks out to the right, if the document can be pushed sideways."""
    return page.evaluate(
        """() => {
            const root = document.documentElement;
            if (root.scrollWidth <= root.clientWidth) return [];
            const out = [...document.querySelectorAll("main *, .topbar *")]
                .filter((element) => element.getBoundingClientRect().right > root.clientWidth + 1)
                .filter((element) => !element.closest(".table-scroll"));
            const named = out.slice(0, 3).map((element) => element.outerHTML.slice(0, 120));
            return [`${root.scrollWidth} px`, ...named];
        }"""
    )


def pushed_tables(page: Page) -> list[str]:
    """Tables wider than their frame."""
    return page.evaluate(
        """() => [...document.querySelectorAll(".table-scroll")]
            .filter((frame) => frame.scrollWidth > frame.clientWidth)
            .map((frame) => `${frame.ariaLabel} ${frame.scrollWidth} > ${frame.clientWidth}`)"""
    )


def worth_telling(found: dict[str, list[str]]) -> dict[str, list[str]]:
    return {url: findings for url, findings in found.items() if findings}


def _of(app: str, pk: int, *names: str) -> list[str]:
    return [reverse(f"{app}:{name}", args=[pk]) for name in names]
