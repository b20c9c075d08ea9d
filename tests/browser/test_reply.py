"""The reply page as a therapist meets it: on a phone, in the dark, without JavaScript, with a mistake."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from apps.communication.models import InboundMessage
from apps.matching.models import Inquiry, PlacementRequest
from apps.matching.reply_links import reply_token
from apps.therapists.models import ContactPause
from tests.browser import chromium, world
from tests.browser.test_pages import barriers, too_wide
from tests.browser.words import german
from tests.factories.matching import InquiryFactory, RequestFactory

chromium.required()
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SMALL, LARGE = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
PHONE = {"viewport": SMALL, "has_touch": True, "is_mobile": True}
THUMB = 44  # pixels
OpenPage = Callable[..., Page]


@pytest.fixture
def inquiry(site: str) -> Inquiry:
    world.settle_facts()
    inquiry = InquiryFactory()
    for symptoms in (["depressed-mood"], ["sleep-problems", "anxiety"]):
        RequestFactory(inquiry=inquiry, search__patient__symptoms=symptoms)
    return inquiry


def path(inquiry: Inquiry, name: str = "reply") -> str:
    return reverse(f"matching:{name}", args=[reply_token(inquiry)])


def case(page: Page, row: PlacementRequest) -> Locator:
    return page.get_by_role("region", name=row.search.patient.case_code)


def choose(page: Page, row: PlacementRequest, answer: str) -> None:
    case(page, row).get_by_text(german(answer), exact=True).click()


def send(page: Page) -> None:
    page.get_by_role("button", name=german("Send the answer")).click()


def small_targets(page: Page) -> list[str]:
    """What a thumb would miss: links and buttons of the content, choices with all of their row."""
    return page.evaluate(
        """(least) => {
            const aims = "a, button, select, textarea, summary, .reply-choice, input[type=date]";
            return [...document.querySelectorAll(`main :is(${aims})`)]
                .map((element) => [element.getBoundingClientRect(), element.outerHTML.slice(0, 100)])
                .filter(([box]) => box.width > 0 && (box.height < least || box.width < least))
                .map(([box, text]) => `${box.width}×${box.height} ${text}`);
        }""",
        THUMB,
    )


@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}], ids=["script", "no script"])
def test_therapist_answers_on_the_phone(
    inquiry: Inquiry, open_page: OpenPage, troubles: list[str], options: dict[str, Any]
) -> None:
    first, second = inquiry.requests.order_by("pk")
    page = open_page(**PHONE, **options)
    page.goto(path(inquiry))
    choose(page, first, "Yes, I have a place")
    choose(page, second, "Waiting list")
    case(page, second).get_by_label(german("Until about")).select_option("2027-03-31")
    page.locator("summary").click()
    page.get_by_label(german("Please do not contact me until")).fill("2027-01-15")
    page.get_by_label(german("Wishes and remarks in your own words")).fill("Gern vormittags")
    send(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(german("Thank you for your answer!"))
    expect(page.locator("main")).to_contain_text("31.03.2027")
    expect(page.locator("main")).to_contain_text("15.01.2027")
    assert [row.status for row in inquiry.requests.order_by("pk")] == ["accepted", "waitlisted"]
    assert InboundMessage.objects.get().text == "Gern vormittags"
    assert ContactPause.objects.get(reason="requested").until == date(2027, 1, 15)
    assert page.context.cookies() == []
    assert troubles == []


def test_only_the_chosen_answer_asks_for_more(inquiry: Inquiry, open_page: OpenPage) -> None:
    first = inquiry.requests.order_by("pk")[0]
    page = open_page(**PHONE)
    page.goto(path(inquiry))
    reason = case(page, first).locator("select[name$=reason]")
    until = case(page, first).locator("select[name$=waitlist_until]")
    expect(reason).to_be_hidden()
    choose(page, first, "No")
    expect(reason).to_be_visible()
    choose(page, first, "Waiting list")
    expect(reason).to_be_hidden()
    expect(until).to_be_visible()


def test_mistake_is_summed_up_and_one_tap_away(inquiry: Inquiry, open_page: OpenPage) -> None:
    first, second = inquiry.requests.order_by("pk")
    page = open_page(**PHONE)
    page.goto(path(inquiry))
    choose(page, first, "Yes, I have a place")
    choose(page, second, "No")
    send(page)
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    summary.get_by_role("link").click()
    expect(case(page, second).locator("select[name$=reason]")).to_be_focused()
    expect(case(page, first).get_by_label(german("Yes, I have a place"))).to_be_checked()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [SMALL, LARGE], ids=["phone", "desk"])
def test_no_state_of_the_page_has_a_barrier(
    inquiry: Inquiry, open_page: OpenPage, troubles: list[str], scheme: str, viewport: dict[str, int]
) -> None:
    first = inquiry.requests.order_by("pk")[0]
    page = open_page(color_scheme=scheme, viewport=viewport)
    page.goto(path(inquiry))
    expect(page.locator("html")).to_have_attribute("data-bs-theme", scheme)
    page.locator("summary").click()
    choose(page, first, "No")
    found = {"form": look(page)}
    send(page)
    expect(page.get_by_role("alert")).to_be_visible()
    found["error"] = look(page)
    case(page, first).locator("select[name$=reason]").select_option("capacity")
    send(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(german("Thank you for your answer!"))
    found["thanks"] = look(page)
    page.goto(path(inquiry, "reply_no_more"))
    found["no more"] = look(page)
    assert found == {"form": [], "error": [], "thanks": [], "no more": []}
    assert troubles == []


def test_page_for_bad_links_has_no_barrier(site: str, open_page: OpenPage) -> None:
    page = open_page(**PHONE)
    page.goto("/reply/forged/")
    expect(page.get_by_role("heading", level=1)).to_have_text(german("This link is not valid any more"))
    assert look(page) == []


def look(page: Page) -> list[str]:
    return [*barriers(page), *too_wide(page), *small_targets(page)]
