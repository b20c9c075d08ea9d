from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.scraping.models import FetchPermission, ImportRun, Source
from apps.scraping.services import permissions
from apps.scraping.views.shared import tabs
from tests.factories.import_world import Imported, read
from tests.factories.scraping import entry, source
from tests.scraping.views.conftest import Show

pytestmark = pytest.mark.django_db

URL = "/quellen/"
QUERIES_OF_SOURCES = 16


def page_of(name: str, key: str = "register") -> str:
    return reverse(f"scraping:{name}", args=[key])


def permit(actor: User, at: datetime, until: date | None = None, *, of: Source | None = None) -> None:
    permissions.record(
        source=of or source(url="https://register.example/"),
        given_by="Register office",
        given_on=at.date(),
        until=until,
        grounds="letter",
        actor=actor,
        at=at,
        today=at.date(),
    )


def file(name: str = "list.json", size: int = 2) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"{}".ljust(size))


def test_empty_page_says_what_to_do(viewer_client: Client, manager_client: Client, show: Show) -> None:
    assert "No source is set up yet." in show(viewer_client, URL)
    assert "New source" not in show(viewer_client, URL)
    assert reverse("scraping:create_source") in show(manager_client, URL)


def test_list_shows_how_a_source_is_doing(world: Imported, viewer_client: Client, show: Show) -> None:
    text = show(viewer_client, URL)
    assert "3 seen, 2 new, 0 changed, 1 rejected, 0 failed" in text
    assert "This source has no address to fetch from; its files can be read." in text
    assert f'href="/quellen/review/?source={world.run.source_id}">1</a>' in text
    assert f'href="/quellen/changes/?source={world.run.source_id}"' in text
    assert "Fetch now" not in text


@pytest.mark.parametrize(("days", "is_old"), [(180, False), (181, True)])
def test_list_marks_old_data(viewer_client: Client, show: Show, days: int, is_old: bool) -> None:
    read(entry(), at=timezone.localtime() - timedelta(days=days))
    assert ('<span class="state state-warning">old</span>' in show(viewer_client, URL)) is is_old


@pytest.mark.parametrize("count", [1, 3])
def test_list_needs_the_same_queries_for_any_number(
    viewer_client: Client, show: Show, django_assert_num_queries: Any, count: int
) -> None:
    for number in range(count):
        source(key=f"s{number}", name=f"Source {number}")
    show(viewer_client, URL)
    with django_assert_num_queries(QUERIES_OF_SOURCES):
        show(viewer_client, URL)


def test_fetch_is_offered_and_done_once_with_a_permission(
    coordinator_client: Client, coordinator: User, show: Show
) -> None:
    permit(coordinator, timezone.now())
    assert page_of("fetch") in show(coordinator_client, URL)
    for _click in range(2):
        coordinator_client.post(page_of("fetch"))
    run = ImportRun.objects.get()
    assert (run.kind, run.status, run.started_by) == ("network", "queued", coordinator)


def test_fetch_without_permission_says_why(coordinator_client: Client, show: Show) -> None:
    source(url="https://register.example/")
    response = coordinator_client.post(page_of("fetch"), headers={"Accept-Language": "en"})
    assert response.status_code == 409
    assert "Nobody has recorded a permission to fetch from this source." in response.content.decode()
    assert not ImportRun.objects.exists()


def test_upload_queues_the_file_once(coordinator_client: Client, coordinator: User) -> None:
    source()
    for _click in range(2):
        data = {"file": file(), "fetched_on": "2026-11-02", "is_whole": "on"}
        coordinator_client.post(page_of("upload"), data)
    run = ImportRun.objects.get()
    assert (run.file_name, run.fetched_on, run.is_whole) == ("list.json", date(2026, 11, 2), True)
    assert bytes(run.file.content) == b"{}"
    assert run.started_by == coordinator


@pytest.mark.parametrize(
    ("upload", "day", "problem"),
    [
        (file("list.pdf"), "2026-11-02", "Files of this kind cannot be read."),
        (file(size=50 * 1024 * 1024 + 1), "2026-11-02", "The file is larger than 50 MB."),
        (file(), "2999-01-01", "This day is still to come."),
        (None, "2026-11-02", "This field is required."),
    ],
)
def test_upload_refuses_what_cannot_be_read(
    coordinator_client: Client, upload: Any, day: str, problem: str
) -> None:
    source()
    data = {"fetched_on": day} | ({"file": upload} if upload else {})
    response = coordinator_client.post(page_of("upload"), data, headers={"Accept-Language": "en"})
    assert problem in response.content.decode()
    assert not ImportRun.objects.exists()


def test_source_page_shows_settings_runs_and_history(
    manager_client: Client, manager: User, world: Imported, show: Show
) -> None:
    permit(manager, timezone.now(), of=world.run.source)
    text = show(manager_client, page_of("source"))
    assert "Given by Register office on" in text
    assert "in force" in text
    assert f"#{world.run.pk}" in text
    assert page_of("settings") in text


def test_viewer_sees_no_buttons(viewer_client: Client, world: Imported, show: Show) -> None:
    text = show(viewer_client, page_of("source"))
    for name in ("fetch", "upload", "settings", "record_permission", "withdraw_permission"):
        assert f'"{page_of(name)}"' not in text


def test_permission_is_recorded_once_and_withdrawn_with_a_reason(
    manager_client: Client, manager: User
) -> None:
    source(url="https://register.example/")
    data = {
        "given_by": "Register office",
        "given_on": "2026-11-02",
        "until": "",
        "grounds": "contract of 2026",
    }
    for _click in range(2):
        manager_client.post(page_of("record_permission"), data)
    permission = FetchPermission.objects.get()
    assert (permission.given_by, permission.recorded_by) == ("Register office", manager)
    manager_client.post(page_of("withdraw_permission"), {"reason": ""})
    permission.refresh_from_db()
    assert permission.withdrawn_at is None
    manager_client.post(page_of("withdraw_permission"), {"reason": "contract ended"})
    permission.refresh_from_db()
    assert permission.withdrawn_reason == "contract ended"
    assert manager_client.get(page_of("withdraw_permission")).status_code == 404


def test_settings_are_saved_with_columns(manager_client: Client) -> None:
    row = source(adapter="chamber_csv")
    data = {
        "name": "Chamber", "adapter": "chamber_csv", "url": "", "delay_seconds": "2", "every_days": "7",
        "stale_after_days": "90", "options": '{"states": ["SN"]}', "column_last_name": "Name",
        "seen_at": row.updated_at.isoformat(),
    }  # fmt: skip
    assert manager_client.post(page_of("settings"), data).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.delay_seconds, row.every_days, row.stale_after_days) == ("Chamber", 2.0, 7, 90)
    assert (row.column_mapping, row.options) == ({"last_name": "Name"}, {"states": ["SN"]})
    stale = manager_client.post(page_of("settings"), data | {"name": "Other"})
    assert stale.status_code == 200
    row.refresh_from_db()
    assert row.name == "Chamber"


def test_settings_without_options_show_no_null(manager_client: Client, show: Show) -> None:
    source()
    text = show(manager_client, page_of("settings"))
    assert "null" not in text[text.index('name="options"') : text.index("</textarea>")]


def test_settings_refuse_to_hurry(manager_client: Client) -> None:
    row = source()
    data = {
        "name": "R", "adapter": "arztsuche", "delay_seconds": "0.5", "every_days": "0",
        "stale_after_days": "90", "seen_at": row.updated_at.isoformat(),
    }  # fmt: skip
    assert manager_client.post(page_of("settings"), data).status_code == 200
    row.refresh_from_db()
    assert row.delay_seconds == 5.0


def test_new_source_is_set_up(manager_client: Client) -> None:
    data = {
        "key": "kammer", "name": "Kammer", "adapter": "chamber_csv", "delay_seconds": "5", "every_days": "0",
        "stale_after_days": "180",
    }  # fmt: skip
    response = manager_client.post(reverse("scraping:create_source"), data)
    assert response.headers["Location"] == "/quellen/source/kammer/"
    again = manager_client.post(reverse("scraping:create_source"), data)
    assert again.status_code == 200
    assert Source.objects.count() == 1


def test_rest_is_ended_once(manager_client: Client) -> None:
    until = timezone.now() + timedelta(hours=5)
    row = source(url="https://register.example/", resting_until=until, resting_reason="refused")
    assert manager_client.post(page_of("end_rest")).status_code == 302
    row.refresh_from_db()
    assert row.resting_until is None
    assert manager_client.post(page_of("end_rest")).status_code == 409


def test_tabs_count_what_waits(world: Imported) -> None:
    assert [(tab["url"], tab["count"]) for tab in tabs("review")][2:] == [
        ("/quellen/review/", 1),
        ("/quellen/changes/", world.run.proposals),
        ("/quellen/vanished/", 0),
    ]


def test_page_of_imports_shows_the_sources(world: Imported, viewer_client: Client, show: Show) -> None:
    text = show(viewer_client, reverse("imports:overview"))
    assert f'href="{page_of("source")}">Register</a>' in text
    assert "3 seen, 2 new, 0 changed, 1 rejected, 0 failed" in text
