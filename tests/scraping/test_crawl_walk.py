"""The walk without a network: what is kept after each answer, when it ends, and where another one goes on."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import StaleState
from apps.scraping.adapters import ADAPTERS
from apps.scraping.crawl import walk as walking
from apps.scraping.crawl.answers import Answer, Trouble
from apps.scraping.crawl.plans import Ask, plan_of
from apps.scraping.crawl.walk import Outcome, Walk
from apps.scraping.enums import RunKind, RunStatus
from apps.scraping.models import DirectoryRecord, FetchedPage, ImportRun, Source
from apps.scraping.services import runs, turns
from tests.scraping.crawling import counts

pytestmark = pytest.mark.django_db

LISTS = ["https://a.example.org/1", "https://a.example.org/2", "https://a.example.org/3"]
OOPS = Answer(500, b"oops")


def _person(number: int, **fields: Any) -> dict[str, Any]:
    known = {
        "external_id": str(number),
        "last_name": f"Beispiel{'abcdefghij'[number % 10]}",
        "first_name": "Mira",
        "plz": "04103",
        "city": "Leipzig",
        "street": f"Musterweg {number}",
    }
    return known | fields


def _list(*people: Any, **headers: str) -> Answer:
    return Answer(200, json.dumps(people).encode(), headers)


def _walk(urls: list[str] = LISTS, run: ImportRun | None = None, **fields: Any) -> Walk:
    source = Source.objects.filter(key="lists").first() or Source.objects.create(
        key="lists", name="Lists", adapter="own_json", url="https://a.example.org/", options={"urls": urls}
    )
    at = timezone.now()
    run = run or ImportRun.objects.create(
        source=source, kind=RunKind.NETWORK, fetched_on=date(2026, 11, 23), **fields
    )
    taken = runs.take_up(at=at, run_id=run.pk)
    assert taken is not None
    walk = Walk(run=taken, plan=plan_of(source), adapter=ADAPTERS["own_json"], clock=timezone.now)
    walk.begin()
    return walk


def _next(walk: Walk) -> Ask:
    ask = walk.next()
    assert ask is not None
    return ask


def _answered(walk: Walk, *answers: Answer) -> Walk:
    for answer in answers:
        walk.take(_next(walk), answer)
    return walk


def _fresh(walk: Walk) -> ImportRun:
    return ImportRun.objects.get(pk=walk.run.pk)


def test_walk_keeps_each_answer_with_its_place() -> None:
    walk = _answered(_walk(), _list(_person(1), _person(2)))
    run = _fresh(walk)
    assert (run.seen, run.done, run.total, run.cursor["next"]) == (2, 1, 3, 1)
    assert run.status == RunStatus.RUNNING
    _answered(walk, _list(_person(2), _person(3)), _list())
    assert (walk.next(), walk.outcome) == (None, Outcome.DONE)
    run = _fresh(walk)
    assert (run.seen, run.repeated, run.done, run.total, run.is_whole) == (3, 1, 3, 3, True)


def test_another_walk_goes_on_behind_the_last_answer() -> None:
    first = _answered(_walk(), _list(_person(1)))
    runs.release(run=first.run, at=timezone.now())
    second = _walk(run=first.run)
    assert _next(second).url == LISTS[1]
    with pytest.raises(StaleState):
        runs.touch(run=first.run, at=timezone.now())
    assert (first.next(), first.outcome) == (None, Outcome.LOST)


def test_changed_plan_begins_anew_and_counts_nobody_twice() -> None:
    first = _answered(_walk(), _list(_person(1)))
    runs.release(run=first.run, at=timezone.now())
    Source.objects.update(options={"urls": LISTS[:2]})
    second = _answered(_walk(run=first.run), _list(_person(1)), _list(_person(2)))
    assert (second.next(), second.outcome) == (None, Outcome.DONE)
    assert (_fresh(second).seen, _fresh(second).repeated) == (2, 1)


def test_pauses_grow_and_heed_the_wish_of_the_source(settings: Any) -> None:
    settings.SCRAPER_SECOND = 1.0
    walk = _walk()
    pauses = [_next(walk).pause_seconds]
    for answer in (OOPS, Answer(503, b"oops", {"retry-after": "100"}), OOPS):
        walk.take(_next(walk), answer)
        pauses.append(_next(walk).pause_seconds)
    assert pauses == [0.0, 15.0, 100.0, 60.0]
    walk.take(_next(walk), _list(_person(1)))
    assert (_next(walk).url, _next(walk).pause_seconds) == (LISTS[1], 0.0)


def test_step_that_never_answers_is_noted_and_left_out() -> None:
    walk = _answered(_walk(), OOPS, OOPS, OOPS, OOPS, _list(_person(1)), _list(_person(2)))
    assert (walk.next(), walk.outcome) == (None, Outcome.DONE)
    run = _fresh(walk)
    assert counts(run)["failed"] == 1
    assert (run.seen, run.new, run.is_whole, run.vanished) == (3, 2, False, None)
    assert [(one.kind, one.where) for one in run.problems.all()] == [("failed", LISTS[0])]


def test_source_that_wants_long_rest_gets_it() -> None:
    walk = _answered(_walk(), Answer(503, b"busy", {"retry-after": "7200"}))
    assert (walk.next(), walk.outcome) == (None, Outcome.STOPPED)
    source = Source.objects.get()
    assert source.resting_until is not None
    assert timedelta(minutes=119) < source.resting_until - timezone.now() <= timedelta(hours=2)
    assert "120 minutes" in source.resting_reason


def test_limit_of_requests_that_is_not_lifted_stops_the_run() -> None:
    walk = _answered(_walk(), *[Answer(429)] * 4)
    assert (walk.outcome, _fresh(walk).failed) == (Outcome.STOPPED, 0)


@pytest.mark.parametrize(
    "bad",
    [Answer(404), Answer(200, b"{"), Answer(trouble=Trouble.TOO_LARGE)],
    ids=["missing", "broken", "too large"],
)
def test_three_bad_answers_in_a_row_stop_the_run(bad: Answer) -> None:
    walk = _answered(_walk(), bad, bad, bad)
    assert (walk.next(), walk.outcome, _fresh(walk).failed) == (None, Outcome.STOPPED, 3)


def test_too_many_bad_answers_stop_the_run_even_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "MOST_FAILED", 2)
    urls = [f"https://a.example.org/{number}" for number in range(20)]
    bad, good = Answer(404), _list()
    walk = _answered(_walk(urls), bad, good, bad, good, bad)
    assert (walk.next(), walk.outcome) == (None, Outcome.STOPPED)


def test_budget_of_requests_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walking, "MOST_REQUESTS", 5)
    walk = _walk()
    walk.requests = 5
    assert (walk.next(), walk.outcome) == (None, Outcome.FAILED)


def test_step_that_kills_its_process_is_given_up() -> None:
    walk = _walk()
    for _death in range(4):
        ImportRun.objects.update(alive_at=timezone.now() - 2 * runs.LOST_AFTER)
        walk = _walk(run=walk.run)
        assert walk.outcome is None
    ImportRun.objects.update(alive_at=timezone.now() - 2 * runs.LOST_AFTER)
    walk = _walk(run=walk.run)
    assert (walk.next(), walk.outcome) == (None, Outcome.FAILED)
    assert _fresh(walk).message.startswith("The work broke off 5 times")


def test_step_that_succeeds_forgives_the_starts() -> None:
    walk = _answered(_walk(), _list(_person(1)))
    assert _fresh(walk).cursor["starts"] == 0


def test_leaving_is_no_death() -> None:
    walk = _walk()
    walk.is_leaving = True
    walk.take(Ask({}, "", LISTS[0]), Answer(trouble=Trouble.LEFT))
    assert (walk.next(), walk.outcome) == (None, Outcome.LEFT)
    assert (_fresh(walk).cursor["starts"], _fresh(walk).failed) == (0, 0)


def test_changed_shape_stops_and_keeps_what_came() -> None:
    walk = _answered(_walk(), _list(_person(1)), Answer(200, b'{"people": 5}'))
    assert (walk.next(), walk.outcome) == (None, Outcome.STOPPED)
    assert _fresh(walk).message.startswith("The answers of the source have changed: ")
    assert DirectoryRecord.objects.count() == 1


def test_walk_that_was_told_to_leave_can_be_gone_on_with() -> None:
    walk = _answered(_walk(), _list(_person(1)))
    walk.is_leaving = True
    assert (walk.next(), walk.outcome, _fresh(walk).status) == (None, Outcome.LEFT, RunStatus.QUEUED)


@pytest.mark.parametrize("moment", ["before asking", "before keeping"])
def test_cancelled_walk_ends_and_keeps_what_came(moment: str, manager: User) -> None:
    walk = _answered(_walk(), _list(_person(1)))
    ask = walk.next() if moment == "before keeping" else None
    runs.cancel(run=walk.run, actor=manager, at=timezone.now())
    if ask is not None:
        walk.take(ask, _list(_person(2)))
    assert (walk.next(), walk.outcome) == (None, Outcome.CANCELLED)
    assert (_fresh(walk).status, _fresh(walk).seen) == (RunStatus.CANCELLED, 1)


def _done(walk: Walk) -> ImportRun:
    assert (walk.next(), walk.outcome) == (None, Outcome.DONE)
    return _fresh(walk)


def test_unchanged_page_counts_its_records_as_seen() -> None:
    _done(_answered(_walk(LISTS[:1]), _list(_person(1), _person(2), etag='"a"')))
    again = _walk()
    ask = _next(again)
    assert ask.headers == {"If-None-Match": '"a"'}
    again.take(ask, Answer(304))
    run = _done(again)
    assert (run.seen, run.unchanged, run.is_whole, run.vanished) == (2, 2, True, 0)


def test_page_with_a_lost_record_is_read_anew() -> None:
    _done(_answered(_walk(LISTS[:1]), _list(_person(1), _person(2), **{"last-modified": "yesterday"})))
    DirectoryRecord.objects.filter(external_id="2").update(vanished_on=date(2026, 11, 20))
    again = _walk()
    ask = _next(again)
    assert ask.headers == {"If-Modified-Since": "yesterday"}
    again.take(ask, Answer(304))
    anew = _next(again)
    assert (anew.url, anew.headers) == (ask.url, {})
    again.take(anew, _list(_person(1), _person(2)))
    run = _done(again)
    assert (run.seen, run.unchanged, run.changed) == (2, 1, 1)
    assert not DirectoryRecord.objects.filter(vanished_on__isnull=False).exists()


def test_page_with_a_rejected_entry_is_not_remembered() -> None:
    _done(_answered(_walk(LISTS[:1]), _list(_person(1), _person(2, plz="?"), etag='"a"')))
    assert not FetchedPage.objects.exists()


def test_page_is_new_with_another_mapping() -> None:
    _done(_answered(_walk(LISTS[:1]), _list(_person(1), etag='"a"')))
    Source.objects.update(column_mapping={"last_name": "Nachname"})
    assert _next(_walk()).headers == {}


def test_answer_is_kept_with_its_place_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**fields: Any) -> None:
        raise RuntimeError

    walk = _walk()
    ask = _next(walk)
    monkeypatch.setattr(walking.pages, "remember", broken)
    with pytest.raises(RuntimeError):
        walk.take(ask, _list(_person(1), etag='"a"'))
    assert (_fresh(walk).seen, _fresh(walk).done, DirectoryRecord.objects.count()) == (0, 0, 0)


def test_turn_is_one_holders_until_given_back() -> None:
    host: dict[str, Any] = {"host": "a.example.org"}
    assert turns.take(**host, holder="one", lease_seconds=50) == 0.0
    assert 40 < turns.take(**host, holder="two", lease_seconds=50) <= 50
    turns.give_back(**host, holder="two", pause_seconds=0)  # not his to give
    assert 40 < turns.take(**host, holder="two", lease_seconds=50) <= 50
    turns.give_back(**host, holder="one", pause_seconds=5)
    assert 4 < turns.take(**host, holder="two", lease_seconds=50) <= 5
    assert turns.take(host="b.example.org", holder="two", lease_seconds=50) == 0.0
