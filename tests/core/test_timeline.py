"""Paging and choosing within a story; what is told of whom is tested with the apps that tell it."""

from datetime import date, datetime, timedelta

import pytest

from apps.core.timeline import Entry, start_of, story_page
from tests.conftest import BERLIN

START = datetime(2026, 11, 23, 9, 0, tzinfo=BERLIN)


def entries(count: int, **more: str) -> list[Entry]:
    return [{"at": START - timedelta(hours=number), "text": str(number), **more} for number in range(count)]


def texts(found: list[Entry]) -> list[str]:
    return [entry["text"] for entry in found]


def test_story_page_of_a_short_story_is_all_of_it() -> None:
    page = story_page(entries(50), query={})
    assert (len(page.entries), page.newer, page.older) == (50, "", "")


def test_story_page_cuts_a_long_story_and_leads_to_the_rest() -> None:
    first = story_page(entries(51), query={})
    assert (len(first.entries), first.newer, first.older) == (50, "", "?page=2")
    second = story_page(entries(51), query={"page": "2"})
    assert (texts(second.entries), second.newer, second.older) == (["50"], "?", "")


def test_story_page_keeps_the_kind_while_paging() -> None:
    mixed = [*entries(120, kind="call"), *entries(1)]
    page = story_page(mixed, query={"kind": "call", "page": "2"})
    assert (page.newer, page.older) == ("?kind=call", "?kind=call&page=3")
    assert texts(page.entries)[0] == "50"


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ({"page": "0"}, "0"),
        ({"page": "-1"}, "0"),
        ({"page": "abc"}, "0"),
        ({"page": "²"}, "0"),
        ({"page": "9" * 30}, "0"),
        ({"page": "999"}, "50"),
        ({"kind": "nonsense"}, "0"),
    ],
)
def test_story_page_answers_nonsense_with_a_page_there_is(query: dict[str, str], first: str) -> None:
    assert texts(story_page(entries(60), query=query).entries)[0] == first


def test_story_page_offers_the_kinds_there_are() -> None:
    mixed = [*entries(2), *entries(1, kind="note")]
    page = story_page(mixed, query={"kind": "note"})
    tabs = [(tab.url, tab.count, tab.is_current) for tab in page.tabs]
    assert tabs == [("?", 3, False), ("?kind=state", 2, False), ("?kind=note", 1, True)]


def test_story_page_of_a_kind_without_entries_is_empty_and_marked() -> None:
    page = story_page(entries(1), query={"kind": "email"})
    assert page.entries == []
    assert [tab.url for tab in page.tabs if tab.is_current] == ["?kind=email"]


def test_story_page_of_an_empty_story() -> None:
    page = story_page([], query={"page": "3"})
    assert (page.entries, page.newer, page.older, len(page.tabs)) == ([], "", "", 1)


def test_start_of_a_day_is_local() -> None:
    assert start_of(date(2026, 7, 1)).isoformat() == "2026-07-01T00:00:00+02:00"
