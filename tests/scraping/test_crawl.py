"""Crawls in processes of their own against a directory over real HTTP: killed, refused, with manners."""

import signal
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.accounts.models import User
from apps.scraping.enums import RunStatus
from apps.scraping.models import DirectoryRecord, ImportRun, Source
from apps.scraping.services import permissions, runs
from tests.scraping.crawling import (
    PATIENCE_SECONDS,
    Crawl,
    counts,
    known_ids,
    permit,
    register,
    scrape,
    the_run,
)
from tests.scraping.directory_server import DirectoryServer, Reply

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = 0.02  # of config.settings.test
SMALL = {"points": [{"lat": 51.34, "lon": 12.37, "km": 10}], "radius_km": 30}


def _killed_at(server: DirectoryServer, request: int, source: Source) -> None:
    """`kill -9` while the server answers the request of that number."""
    reached = threading.Event()
    server.before = lambda number: reached.set() if number == request else None
    crawl = Crawl(source.key)
    try:
        assert reached.wait(PATIENCE_SECONDS)
    finally:
        crawl.send(signal.SIGKILL)
        assert crawl.result()[0] == -signal.SIGKILL
        server.before = lambda number: None


def _lost(run: ImportRun) -> None:
    """The time passes after which a run without a sign of life counts as lost."""
    ImportRun.objects.filter(pk=run.pk).update(alive_at=timezone.now() - 2 * runs.LOST_AFTER)


def test_crawl_killed_twice_loses_and_doubles_nothing(manager: User) -> None:
    with DirectoryServer(3000) as server:
        source = register(server)
        permit(source, manager)
        _killed_at(server, 25, source)
        first = counts(the_run(source))
        _lost(the_run(source))
        _killed_at(server, 70, source)
        second = counts(the_run(source))
        _lost(the_run(source))
        code, told, complained = scrape("register")
    run = the_run(source)
    assert (code, complained, told.splitlines()[-1]) == (0, "", "done")
    assert 0 < first["new"] < second["new"] < 2940
    assert known_ids(source) == server.ids
    assert DirectoryRecord.objects.filter(source=source).count() == 2940
    assert counts(run) == {
        "seen": 3000,
        "new": 2940,
        "changed": 0,
        "unchanged": 0,
        "rejected": 60,
        "failed": 0,
    }
    assert (run.status, run.is_whole, run.done) == (RunStatus.DONE, True, run.total)
    assert run.cursor["open"] == []
    assert server.most_at_once() == 1
    assert min(server.gaps()) >= source.delay_seconds * SECOND
    assert {visit.agent for visit in server.visits} == {"PsychotherapieVermittlung/1.0 (+tests@example.org)"}
    assert {visit.headers.get("cookie") for visit in server.visits} == {None}


def test_second_crawl_finds_everything_unchanged(manager: User) -> None:
    with DirectoryServer(60) as server:
        source = register(server, options=SMALL)
        permit(source, manager)
        assert scrape("register")[0] == 0
        before = the_run(source)
        gone = server.people.pop(0)
        code, _told, complained = scrape("register")
    run = ImportRun.objects.get(source=source, pk__gt=before.pk)
    assert (code, complained) == (0, "")
    assert (run.new, run.changed, run.unchanged) == (0, 0, before.new - 1)
    assert run.vanished == 1
    assert DirectoryRecord.objects.get(vanished_on__isnull=False).payload["id"] == gone["id"]


def test_interrupted_crawl_goes_on_when_called_again(manager: User) -> None:
    with DirectoryServer(400) as server:
        source = register(server)
        permit(source, manager)
        reached = threading.Event()
        server.before = lambda number: reached.set() if number == 5 else None
        crawl = Crawl("register")
        assert reached.wait(PATIENCE_SECONDS)
        crawl.send(signal.SIGINT)
        code, _told, complained = crawl.result()
        assert (code, complained) == (130, "CommandError: Interrupted. Call again to go on.\n")
        assert the_run(source).status == RunStatus.QUEUED
        asked = len(server.visits)
        assert asked < 10
        code, _told, complained = scrape("register")
    assert (code, complained) == (0, "")
    assert known_ids(source) == server.ids
    assert the_run(source).requests == len(server.visits)


def test_passing_trouble_is_waited_out(manager: User) -> None:
    with DirectoryServer(120) as server:
        server.faults = {
            2: Reply(429, b"slow down", {"Retry-After": "40"}),
            4: Reply(500, b"oops"),
            5: Reply(503, b"oops"),
            7: Reply(delay=3.0),
            9: Reply(is_cut_off=True),
            11: Reply(307, headers={"Location": "/api/data?again"}),
        }
        source = register(server)
        permit(source, manager)
        code, _told, complained = scrape("register")
    run = the_run(source)
    moments = [visit.began for visit in server.visits]
    assert (code, complained) == (0, "")
    assert known_ids(source) == server.ids
    assert (run.failed, run.is_whole) == (0, True)
    assert moments[3] - moments[2] >= 40 * SECOND  # robots.txt comes first
    assert [visit.path for visit in server.visits].count("/api/data?again") == 1
    assert server.most_at_once() <= 2  # the answer that was given up on
    assert min(server.gaps()) >= SECOND


def test_refusal_midway_keeps_what_came_and_stops(manager: User) -> None:
    with DirectoryServer(400) as server:
        server.faults = {number: Reply(500) for number in range(6, 1000)}
        source = register(server)
        permit(source, manager)
        code, _told, complained = scrape("register")
        again, _told, why = scrape("register")
    run = the_run(source)
    source.refresh_from_db()
    assert (code, again, server.asked) == (1, 2, 6)
    assert "leeren Fehler 500" in complained or "empty error 500" in complained
    assert run.status == RunStatus.STOPPED
    assert 0 < run.new == len(known_ids(source)) < 392
    assert run.vanished is None
    assert source.resting_until is not None
    assert source.resting_until - timezone.now() > timedelta(hours=23)
    assert why != ""


@pytest.mark.parametrize(
    "reply",
    [
        Reply(401),
        Reply(403),
        Reply(body=b"<!DOCTYPE html><html><body>Please solve this captcha</body></html>"),
        Reply(body=b"<html><body>Log in first</body></html>"),
        Reply(302, headers={"Location": "http://elsewhere.example.org/api/data"}),
        Reply(body=b'{"results": []}'),
    ],
    ids=["401", "403", "captcha", "login", "elsewhere", "changed shape"],
)
def test_source_that_refuses_is_asked_once(manager: User, reply: Reply) -> None:
    with DirectoryServer(10) as server:
        server.always = reply
        source = register(server)
        permit(source, manager)
        code, _told, _complained = scrape("register")
    run = the_run(source)
    assert (code, server.asked, run.status) == (1, 1, RunStatus.STOPPED)
    assert run.message != ""


@pytest.mark.parametrize(
    "robots",
    [
        Reply(body=b"User-agent: *\nDisallow: /api/\n"),
        Reply(body=b"User-agent: PsychotherapieVermittlung\nDisallow: /\n"),
    ],
    ids=["everybody", "us"],
)
def test_robots_txt_that_forbids_is_obeyed(manager: User, robots: Reply) -> None:
    with DirectoryServer(10) as server:
        server.robots = robots
        source = register(server)
        permit(source, manager)
        code, _told, complained = scrape("register")
    assert (code, [visit.path for visit in server.visits]) == (1, ["/robots.txt"])
    assert "robots.txt" in complained
    assert the_run(source).status == RunStatus.STOPPED


def test_without_a_readable_robots_txt_nothing_is_fetched(manager: User) -> None:
    with DirectoryServer(10) as server:
        server.robots = Reply(503)
        source = register(server)
        permit(source, manager)
        code, _told, _complained = scrape("register")
    assert (code, {visit.path for visit in server.visits}) == (1, {"/robots.txt"})
    assert len(server.visits) == 4


def test_crawl_delay_of_robots_txt_counts_where_it_is_longer(manager: User) -> None:
    with DirectoryServer(10, robots="User-agent: *\nCrawl-delay: 15\n") as server:
        source = register(server, delay_seconds=1.0)
        permit(source, manager)
        code, _told, _complained = scrape("register")
    assert code == 0
    assert len(server.gaps()) > 5
    assert min(server.gaps()) >= 15 * SECOND


def test_very_long_crawl_delay_must_be_meant(manager: User) -> None:
    with DirectoryServer(10, robots="User-agent: *\nCrawl-delay: 120\n") as server:
        source = register(server, options=SMALL)
        permit(source, manager)
        first, _told, complained = scrape("register")
        Source.objects.update(delay_seconds=120, resting_until=None)
        second, _told, _complained = scrape("register")
    assert (first, second) == (1, 0)
    assert "120" in complained
    assert [visit.path for visit in server.visits][:3] == ["/robots.txt", "/robots.txt", "/api/data"]
    assert server.visits[2].began - server.visits[1].began >= 120 * SECOND


def test_crawl_without_permission_asks_nothing() -> None:
    with DirectoryServer(10) as server:
        source = register(server)
        code, told, complained = scrape("register")
    assert (code, told, server.visits) == (2, "", [])
    assert complained != ""
    assert not ImportRun.objects.filter(source=source).exists()


def test_permission_withdrawn_midway_stops_the_run(manager: User) -> None:
    with DirectoryServer(400) as server:
        source = register(server)
        permission = permit(source, manager)

        def withdraw(number: int) -> None:
            if number == 4:
                permissions.withdraw(
                    permission=permission, reason="Called off", actor=manager, at=timezone.now()
                )
                connection.close()

        server.before = withdraw
        code, _told, _complained = scrape("register")
    run = the_run(source)
    source.refresh_from_db()
    assert (code, server.asked, run.status) == (1, 4, RunStatus.STOPPED)
    assert 0 < run.new == len(known_ids(source))
    assert source.resting_until is None  # a new permission may be used at once


def test_cancelled_run_ends_after_its_step(manager: User) -> None:
    with DirectoryServer(400) as server:
        source = register(server)
        permit(source, manager)

        def cancel(number: int) -> None:
            if number == 4:
                runs.cancel(run=the_run(source), actor=manager, at=timezone.now())
                connection.close()

        server.before = cancel
        code, _told, _complained = scrape("register")
    assert (code, server.asked, the_run(source).status) == (1, 4, RunStatus.CANCELLED)


def test_one_broken_answer_is_noted_and_the_others_are_read(manager: User) -> None:
    with DirectoryServer(120) as server:
        server.faults = {3: Reply(body=b'{"moreResults": false, "arztPrax')}
        source = register(server)
        permit(source, manager)
        code, _told, _complained = scrape("register")
    run = the_run(source)
    assert (code, run.status, run.failed, run.is_whole) == (0, RunStatus.DONE, 1, False)
    assert run.vanished is None
    assert run.seen == run.new + run.rejected + 1


def test_three_broken_answers_in_a_row_end_the_run(manager: User) -> None:
    with DirectoryServer(120) as server:
        server.faults = {number: Reply(body=b"{") for number in range(3, 1000)}
        source = register(server)
        permit(source, manager)
        code, _told, _complained = scrape("register")
    run = the_run(source)
    assert (code, server.asked, run.status, run.failed) == (1, 5, RunStatus.STOPPED, 3)


def test_server_that_always_cuts_does_not_hold_the_run_for_ever(manager: User) -> None:
    """Smaller and smaller boxes, to the smallest: what stays hidden is reported."""
    with DirectoryServer(1) as server:
        server.always = Reply(body=b'{"moreResults": true, "arztPraxisDatas": []}')
        options = {"points": [{"lat": 51.34, "lon": 12.37, "km": 0.2}], "radius_km": 1}
        source = register(server, options=options)
        permit(source, manager)
        code, _told, _complained = scrape("register")
    run = the_run(source)
    assert (code, run.status, run.is_whole) == (0, RunStatus.DONE, False)
    assert run.failed > 0


def _page(number: int) -> bytes:
    return (
        f'<html><body><div class="praxis-list-element">'
        f'<h1 class="praxisname">Mira Beispiel{"abc"[number]}</h1>'
        f'<div class="arztgruppe">Psychologische Psychotherapeutin</div>'
        f'<div aria-description="Adresse der Praxis">Musterweg {number + 1}<br>04103 Leipzig</div>'
        f'<a href="tel:+493415000{number}00">0341 5000{number}00</a></div></body></html>'
    ).encode()


def test_unchanged_pages_are_not_sent_again_and_their_records_stay(manager: User) -> None:
    with DirectoryServer(1) as server:
        server.pages = {f"/{number}.html": _page(number) for number in range(3)}
        urls = [f"{server.root}{path}" for path in server.pages]
        source = register(server, adapter="saved_page", url=server.root, options={"urls": urls})
        permit(source, manager)
        assert scrape("register")[0] == 0
        first = the_run(source)
        server.pages["/2.html"] = _page(2).replace(b"Musterweg 3", b"Neuer Weg 3")
        code, _told, complained = scrape("register")
        second = source.runs.first()
        asked = len(server.visits)
        anew, _told, _complained = scrape("register", "--again")
    third = source.runs.first()
    assert second is not None and third is not None
    assert (code, anew, complained) == (0, 0, "")
    assert (first.new, first.is_whole) == (3, True)
    assert second.is_whole is True
    assert second.unchanged == 2
    assert second.changed + second.new == 1
    stamped = ["if-none-match" in visit.headers for visit in server.visits]
    assert stamped == [False] * 5 + [True] * 3 + [False] * 4
    assert asked == 8
    assert third.unchanged == 3


def test_pages_of_the_kv_end_with_an_empty_one(manager: User) -> None:
    with DirectoryServer(50) as server:
        source = register(server, adapter="kv_nordrhein", url=f"{server.root}/kv?page={{page}}", options={})
        permit(source, manager)
        code, _told, complained = scrape("register")
    assert (code, complained) == (0, "")
    assert known_ids(source) == server.ids
    assert [visit.path for visit in server.visits[1:]] == [f"/kv?page={page}" for page in (1, 2, 3, 4)]


def test_two_crawls_at_once_share_the_turn_at_a_host(manager: User) -> None:
    with DirectoryServer(60) as server:
        for key in ("register", "other"):
            source = register(server, key=key, delay_seconds=2.0)
            permit(source, manager)
        crawls = [Crawl("register"), Crawl("other")]
        assert [crawl.result()[0] for crawl in crawls] == [0, 0]
    assert server.most_at_once() == 1
    assert min(server.gaps()) >= 2 * SECOND


def test_run_in_other_hands_is_left_alone(manager: User) -> None:
    with DirectoryServer(10) as server:
        source = register(server)
        permit(source, manager)
        run = runs.queue_fetch(source=source, actor=manager, at=timezone.now(), today=timezone.localdate())
        runs.take_up(at=timezone.now(), run_id=run.pk)
        code, told, _complained = scrape("--run", str(run.pk))
    assert (code, told, server.visits) == (0, "Another process works on this run.\n", [])


def test_unknown_source_is_named() -> None:
    code, _told, complained = scrape("nowhere")
    assert (code, complained) == (1, "CommandError: Name a source. Known are: none.\n")


def test_crawl_logs_nobody(manager: User) -> None:
    """Neither names nor addresses nor numbers of therapists reach the log, whatever its level."""
    with DirectoryServer(30) as server:
        server.faults = {3: Reply(500, b"oops"), 5: Reply(body=b"{")}
        source = register(server)
        permit(source, manager)
        _code, told, complained = scrape("register")
    assert [word for word in ("Beispiel", "Musterweg", "0341", "Mira") if word in told + complained] == []
