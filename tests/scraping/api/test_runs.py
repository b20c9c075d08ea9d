"""Sources and runs: reading them, starting one by network or file, cancelling one."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from apps.scraping.enums import RunStatus
from apps.scraping.models import ImportRun, RunFile, Source
from apps.scraping.services import permissions
from tests.factories.import_world import Imported, imported
from tests.factories.scraping import end, running, source
from tests.gateway.asking import get, ids, paths, post

pytestmark = pytest.mark.django_db

READ, WRITE = "imports:read", "imports:write"
COUNTS = ("seen", "new", "changed", "unchanged", "rejected", "failed")


@pytest.fixture
def world(at: datetime) -> Imported:
    return imported(at=at)


def permitted(actor: Any) -> Source:
    row, now = source(url="https://register.example/"), timezone.now()
    permissions.record(
        source=row,
        given_by="Register office",
        given_on=now.date(),
        until=None,
        grounds="letter",
        actor=actor,
        at=now,
        today=timezone.localdate(now),
    )
    return row


def upload(
    client: Client, row: Source, name: str = "list.json", content: bytes = b"[]", **data: Any
) -> HttpResponse:
    fields = {"fetched_on": "2020-01-31", **data}
    headers = {"Idempotency-Key": fields.pop("key")} if "key" in fields else {}
    file = SimpleUploadedFile(name, content)
    return client.post(f"/api/v1/sources/{row.pk}/files", {**fields, "file": file}, headers=headers)


def test_list_shows_sources_by_name(calling):
    later, first = source(key="b", name="Berlin"), source(key="a", name="Aachen")
    client = calling(READ)
    assert ids(get(client, "/sources", sort="name")) == [first.pk, later.pk]
    assert ids(get(client, "/sources")) == [later.pk, first.pk]


def test_source_tells_how_it_is_doing(calling, world):
    told = get(calling(READ), f"/sources/{world.run.source_id}").json()
    assert (told["key"], told["last_run_id"]) == ("register", world.run.pk)
    assert (told["records"], told["waiting"]) == (2, 1)
    assert told["why_not_fetch"] == "This source has no address to fetch from; its files can be read."


def test_run_shows_counts_that_add_up(calling, world):
    told = get(calling(READ), f"/runs/{world.run.pk}").json()
    assert [told[name] for name in COUNTS] == [3, 2, 0, 0, 1, 0]
    assert (told["status"], told["kind"], told["file_name"]) == ("done", "file", "liste.csv")


def test_runs_are_narrowed_down_by_each_filter(calling, at):
    first, other = running(), running(source=source(key="other", name="Other"))
    end(first)
    client = calling(READ)
    assert ids(get(client, "/runs", source_id=other.source_id)) == [other.pk]
    assert ids(get(client, "/runs", status="done")) == [first.pk]
    assert ids(get(client, "/runs", kind="file")) == []
    ImportRun.objects.filter(pk=first.pk).update(created_at=at - timedelta(days=1))
    ImportRun.objects.filter(pk=other.pk).update(created_at=at)
    assert ids(get(client, "/runs", since=at.isoformat())) == [other.pk]
    assert ids(get(client, "/runs", sort="-id")) == [other.pk, first.pk]


def test_list_of_runs_costs_the_same_for_3_and_for_30(
    calling, django_assert_num_queries, django_assert_max_num_queries
):
    client = calling(READ)
    for _number in range(3):
        end(running())
    get(client, "/runs")  # the first look notes that the token is used
    with django_assert_max_num_queries(8) as few:
        get(client, "/runs")
    for _number in range(27):
        end(running())
    with django_assert_num_queries(len(few)):
        assert len(ids(get(client, "/runs"))) == 30


def test_problems_of_a_run_are_listed(calling, world):
    (problem,) = get(calling(READ), f"/runs/{world.run.pk}/problems").json()["items"]
    assert (problem["kind"], problem["where"]) == ("rejected", "line 7")
    assert (problem["reason"], problem["payload"]) == ("The postal code is missing.", {"name": "Ohneort"})
    assert get(calling(READ, name="Other"), "/runs/999999/problems").status_code == 404


def test_source_without_a_permission_is_not_fetched(calling, settings):
    settings.SCRAPER_CONTACT = "it@example.org"
    row = source(url="https://register.example/")
    response = post(calling(WRITE), f"/sources/{row.pk}/runs")
    assert (response.status_code, ImportRun.objects.count()) == (409, 0)
    assert response.json()["detail"] == "Nobody has recorded a permission to fetch from this source."


def test_permitted_source_is_fetched_once(calling, coordinator, settings):
    settings.SCRAPER_CONTACT = "it@example.org"
    row, client = permitted(coordinator), calling(WRITE, name="Website")
    first = post(client, f"/sources/{row.pk}/runs", **{"Idempotency-Key": "r1"})
    again = post(client, f"/sources/{row.pk}/runs", **{"Idempotency-Key": "r1"})
    run = ImportRun.objects.get()
    assert (first.status_code, again.status_code, again.json()["id"]) == (201, 201, run.pk)
    assert (first["Location"], again["Location"]) == (f"/api/v1/runs/{run.pk}",) * 2
    assert (run.started_by.display_name, run.kind) == ("Website", "network")
    assert post(client, f"/sources/{row.pk}/runs").status_code == 409


def test_file_waits_to_be_read(calling):
    row = source()
    response = upload(calling(WRITE), row, content=b'[{"id": 1}]', is_whole="true")
    run = ImportRun.objects.get()
    assert (response.status_code, response.json()["status"]) == (201, "queued")
    assert (run.file_name, str(run.fetched_on), run.is_whole) == ("list.json", "2020-01-31", True)
    assert bytes(RunFile.objects.get().content) == b'[{"id": 1}]'


def test_file_sent_again_with_its_key_is_one_run(calling):
    row, client = source(), calling(WRITE)
    boundary = "x" * 20
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="fetched_on"\r\n\r\n2020-01-31\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="list.json"\r\n\r\n[]\r\n'
        f"--{boundary}--\r\n"
    )
    sent = {
        "data": body,
        "content_type": f"multipart/form-data; boundary={boundary}",
        "headers": {"Idempotency-Key": "f1"},
    }
    answers = [client.post(f"/api/v1/sources/{row.pk}/files", **sent) for _time in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert ImportRun.objects.count() == 1


def test_file_that_cannot_be_read_is_refused_by_field(calling):
    row, client = source(), calling(WRITE)
    assert paths(upload(client, row, name="list.exe")) == ["file"]
    assert paths(upload(client, row, content=b"")) == ["file"]
    assert paths(upload(client, row, fetched_on="2199-01-01")) == ["fetched_on"]
    assert ImportRun.objects.count() == 0


def test_waiting_run_is_cancelled_at_once(calling):
    run = running(status=RunStatus.QUEUED)
    client = calling(WRITE)
    assert post(client, f"/runs/{run.pk}/cancel").json()["status"] == "cancelled"
    assert post(client, f"/runs/{run.pk}/cancel").status_code == 409


def test_running_run_is_told_to_end(calling):
    run = running(alive_at=timezone.now())
    told = post(calling(WRITE), f"/runs/{run.pk}/cancel").json()
    assert (told["status"], told["is_cancel_wished"]) == ("running", True)


def test_failed_run_is_noticed_once(calling, world):
    client = calling(WRITE, name="Website")
    assert post(client, f"/runs/{world.run.pk}/take-note").status_code == 200
    assert post(client, f"/runs/{world.run.pk}/take-note").status_code == 409
    world.run.refresh_from_db()
    assert world.run.noticed_by.display_name == "Website"
