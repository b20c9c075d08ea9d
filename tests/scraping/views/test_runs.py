from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.scraping.models import BulkDecision, ImportRun
from apps.scraping.services import bulk, runs
from apps.therapists.models import Therapist
from tests.factories.import_world import Imported, known_entry, known_therapist, read
from tests.factories.scraping import entry, running, source
from tests.scraping.views.conftest import Show, words

pytestmark = pytest.mark.django_db

ENGLISH = {"Accept-Language": "en"}
QUERIES_OF_RUNS, QUERIES_OF_RUN = 12, 11


def page_of(name: str, pk: int, *args: str) -> str:
    return reverse(f"scraping:{name}", args=[pk, *args])


def failed(at: datetime) -> ImportRun:
    return runs.fail(run=running(), message="The shape has changed.", at=at)


def test_empty_list_says_so(viewer_client: Client, show: Show) -> None:
    assert "No run yet. Upload a file of a source, or have it fetched." in show(
        viewer_client, "/quellen/runs/"
    )


@pytest.mark.parametrize("count", [1, 3])
def test_list_needs_the_same_queries_for_any_number(
    viewer_client: Client, show: Show, at: datetime, django_assert_num_queries: Any, count: int
) -> None:
    for number in range(count):
        read(entry(external_id=str(number)), at=at)
    show(viewer_client, "/quellen/runs/")
    with django_assert_num_queries(QUERIES_OF_RUNS):
        show(viewer_client, "/quellen/runs/")


def test_list_finds_what_nobody_has_taken_note_of(
    viewer_client: Client, coordinator_client: Client, show: Show, at: datetime
) -> None:
    fine, bad = read(entry(), at=at), failed(at)
    text = show(viewer_client, "/quellen/runs/", notice="open")
    assert (f"#{bad.pk}<" in text, f"#{fine.pk}<" in text) == (True, False)
    coordinator_client.post(page_of("take_note", bad.pk))
    assert f"#{bad.pk}<" not in show(viewer_client, "/quellen/runs/", notice="open")
    assert f"#{bad.pk}<" in show(viewer_client, "/quellen/runs/", notice="troubled")


def test_run_shows_numbers_that_add_up(world: Imported, viewer_client: Client, show: Show) -> None:
    text = show(viewer_client, page_of("run", world.run.pk))
    shown = text[text.index('<dl class="equation"') : text.index("</dl>", text.index('<dl class="equation"'))]
    numbers = [
        int(part.split("<")[0].split()[-1])
        for part in shown.split("</dd>")[:-1]
        for part in [part.rsplit(">", 1)[1]]
    ]
    assert numbers == [3, 2, 0, 0, 1, 0]
    assert numbers[0] == sum(numbers[1:])


def test_run_shows_its_problems(world: Imported, viewer_client: Client, show: Show) -> None:
    text = show(viewer_client, page_of("run", world.run.pk))
    assert "line 7" in text
    assert "The postal code is missing." in text
    assert "run_problems" not in text


def test_problems_can_be_taken_along(world: Imported, coordinator_client: Client) -> None:
    response = coordinator_client.get(page_of("run_problems", world.run.pk), headers=ENGLISH)
    lines = response.content.decode().lstrip("\ufeff").split("\r\n")
    assert lines[0] == "Kind;Where;Reason;As it came"
    assert lines[1] == 'rejected;line 7;The postal code is missing.;"{""name"": ""Ohneort""}"'


@pytest.mark.parametrize("count", [1, 3])
def test_run_needs_the_same_queries_for_any_number(
    viewer_client: Client, show: Show, at: datetime, django_assert_num_queries: Any, count: int
) -> None:
    run = read(*(entry(external_id=str(number)) for number in range(count)), at=at)
    show(viewer_client, page_of("run", run.pk))
    with django_assert_num_queries(QUERIES_OF_RUN):
        show(viewer_client, page_of("run", run.pk))


def test_progress_asks_again_until_everything_is_compared(viewer_client: Client, at: datetime) -> None:
    run = running(done=3, total=12)
    url = page_of("run_progress", run.pk)
    headers = {**ENGLISH, "HX-Request": "true"}
    waiting = viewer_client.get(url, headers=headers)
    assert "Step 3 of 12" in waiting.content.decode()
    assert 'hx-trigger="every 2s"' in waiting.content.decode()
    assert "HX-Refresh" not in waiting.headers
    runs.finish(run=run, at=at)
    comparing = viewer_client.get(url, headers=headers)
    assert "being compared" in comparing.content.decode()
    assert "HX-Refresh" not in comparing.headers
    ImportRun.objects.filter(pk=run.pk).update(worked_up_at=at)
    assert viewer_client.get(url, headers=headers).headers["HX-Refresh"] == "true"


def test_cancel_ends_a_waiting_run_once(coordinator_client: Client, coordinator: User) -> None:
    run = runs.queue_file(
        source=source(), name="a.json", content=b"{}", fetched_on=timezone.localdate(), is_whole=False,
        actor=coordinator,
    )  # fmt: skip
    assert coordinator_client.post(page_of("cancel_run", run.pk)).status_code == 302
    run.refresh_from_db()
    assert run.status == "cancelled"
    assert coordinator_client.post(page_of("cancel_run", run.pk)).status_code == 409


def test_cancel_of_a_running_run_is_a_wish(coordinator_client: Client, show: Show) -> None:
    run = running(alive_at=timezone.now())
    coordinator_client.post(page_of("cancel_run", run.pk))
    run.refresh_from_db()
    assert (run.status, run.is_cancel_wished) == ("running", True)
    assert "The run is being cancelled" in show(coordinator_client, page_of("run", run.pk))


def test_failed_run_says_why_and_is_taken_note_of_once(
    coordinator_client: Client, coordinator: User, show: Show, at: datetime
) -> None:
    run = failed(at)
    assert "The shape has changed." in show(coordinator_client, page_of("run", run.pk))
    assert coordinator_client.post(page_of("take_note", run.pk)).status_code == 302
    run.refresh_from_db()
    assert run.noticed_by == coordinator
    assert coordinator_client.post(page_of("take_note", run.pk)).status_code == 409
    assert "Coordinator has taken note." in show(coordinator_client, page_of("run", run.pk))


def test_take_all_new_shows_what_is_left_out_and_why(
    coordinator_client: Client, show: Show, at: datetime
) -> None:
    run = read(
        entry(external_id="1", last_name="Eins"),
        entry(external_id="2", last_name="Zwei", doubts=("look",)),
        entry(external_id="3", last_name="Drei", first_name=""),
        at=at,
    )
    text = show(coordinator_client, page_of("take_all", run.pk, "new"))
    assert "1 new therapist is recorded, not verified yet." in text
    assert "2 are left out and wait for a person:" in text
    assert "<li>1: the record has something to look at</li><li>1: the first name is missing</li>" in text


def test_take_all_new_is_done_once(world: Imported, coordinator_client: Client, at: datetime) -> None:
    run = read(entry(external_id="7", last_name="Neumann"), known_entry(), at=at)
    url = page_of("take_all", run.pk, "new")
    for _click in range(2):
        coordinator_client.post(url)
    decision = BulkDecision.objects.get()
    assert (decision.what, decision.total) == ("new", 1)
    bulk.work_off(clock=lambda: at)
    assert Therapist.objects.filter(last_name="Neumann", review_status="unreviewed").count() == 1
    assert coordinator_client.post(url).status_code == 409


def test_take_all_changes_can_be_narrowed(coordinator_client: Client, show: Show, at: datetime) -> None:
    known_therapist()
    run = read(known_entry(title="Dr.", fax="+49341999999"), at=at)
    url = page_of("take_all", run.pk, "changes")
    whole = show(coordinator_client, url)
    assert "2 values are taken over into records." in whole or "3 values are taken over" in whole
    assert "the present value is kept by hand" in whole
    narrow = show(coordinator_client, url, only="title")
    assert "1 value is taken over into a record." in narrow
    assert "fields that are not ticked" in narrow
    coordinator_client.post(url, {"only": ["title", "nonsense"]})
    assert BulkDecision.objects.get().only == ["title"]
    bulk.work_off(clock=lambda: at)
    assert Therapist.objects.get().title == "Dr."
    assert Therapist.objects.get().practices.get().fax == ""


def test_take_all_with_nothing_to_take_says_so(coordinator_client: Client, show: Show, at: datetime) -> None:
    run = read(at=at)
    for what in ("new", "changes"):
        text = show(coordinator_client, page_of("take_all", run.pk, what))
        assert "Nothing can be taken over at once" in text
    assert coordinator_client.get(page_of("take_all", run.pk, "else")).status_code == 404


def test_decision_can_be_cancelled(world: Imported, coordinator_client: Client, coordinator: User) -> None:
    decision = BulkDecision.objects.create(run=world.run, what="new", total=4, decided_by=coordinator)
    text = words(coordinator_client.get(page_of("run", world.run.pk), headers=ENGLISH))
    assert "0 of 4 taken over" in text
    coordinator_client.post(page_of("cancel_decision", decision.pk))
    decision.refresh_from_db()
    assert decision.is_cancel_wished is True


def test_unusual_run_warns(viewer_client: Client, show: Show, at: datetime) -> None:
    for day in range(2):
        read(*(entry(external_id=str(n)) for n in range(4)), at=at + timedelta(days=day))
    run = read(entry(external_id="0"), at=at + timedelta(days=3))
    assert run.is_unusual is True
    assert "much more or much less than usual" in show(viewer_client, page_of("run", run.pk))
