"""The pages of sources, runs, review and origins: readable for all, and never wider than the window."""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from apps.accounts.models import User
from apps.scraping.models import ChangeProposal, DirectoryRecord
from tests.browser import chromium
from tests.browser.test_pages import WIDTHS, barriers, too_wide, visit, worth_telling
from tests.factories.import_world import Imported, with_everything

chromium.required()
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OpenPage = Callable[..., Page]


@pytest.fixture
def world(site: str, anna: User, at: datetime, today: date) -> Imported:
    return with_everything(actor=anna, at=at, today=today)


def pages(world: Imported) -> list[str]:
    key = world.run.source.key
    of_source = [reverse(f"scraping:{name}", args=[key]) for name in ("source", "upload")]
    record = reverse("scraping:record", args=[world.record.pk])
    return [
        *(reverse(f"scraping:{name}") for name in ("sources", "runs", "review", "changes", "vanished")),
        *of_source,
        world.run.get_absolute_url(),
        reverse("scraping:take_all", args=[world.run.pk, "new"]),
        reverse("scraping:take_all", args=[world.run.pk, "changes"]),
        record,
        f"{record}?person=jana",
        reverse("scraping:origins", args=[world.therapist.pk]),
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_imports_have_no_grave_barrier(
    world: Imported, anna: User, open_page: OpenPage, troubles: list[str], scheme: str
) -> None:
    page = open_page(anna, color_scheme=scheme)
    found = {url: barriers(page) for url in visit(page, pages(world))}
    assert worth_telling(found) == {}
    assert troubles == []


def test_pages_of_imports_do_not_scroll_sideways(world: Imported, anna: User, open_page: OpenPage) -> None:
    page = open_page(anna)
    found: dict[str, list[str]] = {}
    for url in visit(page, pages(world)):
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            found.setdefault(url, []).extend(f"{width}: {element}" for element in too_wide(page))
    assert worth_telling(found) == {}


def test_change_is_accepted_in_place_and_taken_back(
    world: Imported, anna: User, open_page: OpenPage, troubles: list[str]
) -> None:
    page = open_page(anna)
    page.goto(reverse("scraping:changes"))
    line = page.locator(f"#change-{world.proposal.pk}")
    line.locator(".btn-primary").click()
    expect(line.locator(".state-success")).to_be_visible()
    line.locator(".btn").click()
    expect(line.locator(".btn-primary")).to_be_visible()
    assert ChangeProposal.objects.get(pk=world.proposal.pk).status == "open"
    assert troubles == []


def test_declined_record_comes_back_from_the_message(
    world: Imported, anna: User, open_page: OpenPage, troubles: list[str]
) -> None:
    page = open_page(anna)
    page.goto(reverse("scraping:record", args=[world.record.pk]))
    page.locator("aside .btn-outline-danger").click()
    assert DirectoryRecord.objects.get(pk=world.record.pk).standing == "declined"
    page.locator("#messages button.btn-link").click()
    page.wait_for_url(f"**{reverse('scraping:record', args=[world.record.pk])}")
    assert DirectoryRecord.objects.get(pk=world.record.pk).standing == "unclear"
    assert troubles == []
