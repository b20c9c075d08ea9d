"""The pages of an import: upload, columns, trial, import, result; who may do what."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.core.imports import sections
from apps.core.imports.enums import FileStatus
from apps.core.imports.models import ExportEntry, FileImport
from apps.core.imports.sections import ImportSection, shown_with_imports
from apps.core.imports.services import queue, working
from apps.core.models import AccessEntry
from apps.patients.models import Patient
from apps.therapists.models import Therapist
from tests.core.imports.files import workbook

pytestmark = pytest.mark.django_db
OVERVIEW, NEW = reverse("imports:overview"), reverse("imports:create")
PATIENTS = (
    "Vorname;Familienname;Tag;Wohnort;Farbe\n"
    "Mira;Beispiel;22.11.1980;Leipzig;rot\n"
    "Kai;Muster;31.02.1990;Halle;blau\n"
)


@pytest.fixture(autouse=True)
def no_other_sections(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sections, "_tellers", [])
    yield


def upload(client: Client, content: bytes | str, name: str = "liste.csv", kind: str = "patients") -> Any:
    data = content.encode() if isinstance(content, str) else content
    return client.post(NEW, {"kind": kind, "file": SimpleUploadedFile(name, data)})


def url(page: str, row: FileImport) -> str:
    return reverse(f"imports:{page}", args=[row.pk])


def matched(client: Client, row: FileImport, **changed: str) -> Any:
    chosen = {f"column_{at}": key for at, key in enumerate(row.chosen)}
    return client.post(url("columns", row), chosen | changed)


def work() -> None:
    assert working.work(clock=timezone.now)


def tried(client: Client, content: bytes | str = PATIENTS, **options: str) -> FileImport:
    upload(client, content, **options)
    row = FileImport.objects.get()
    changed = {"column_2": "birth_date"} if content == PATIENTS else {}
    assert matched(client, row, **changed).status_code == 302
    work()
    row.refresh_from_db()
    return row


def test_whole_way_of_a_file(coordinator_client: Client, coordinator: User) -> None:
    response = upload(coordinator_client, PATIENTS)
    row = FileImport.objects.get()
    assert response["Location"] == url("columns", row)
    page = coordinator_client.get(url("columns", row)).text
    assert "Familienname" in page and "22.11.1980" in page
    assert row.chosen == ["first_name", "last_name", "", "city", ""]

    matched(coordinator_client, row, column_2="birth_date")
    assert "hx-get" in coordinator_client.get(url("detail", row)).text
    work()
    assert Patient.objects.count() == 0
    page = coordinator_client.get(url("detail", row), headers={"accept-language": "en"}).text
    assert "Import 1 row now" in page
    assert "31.02.1990" in page
    assert "Left out: Farbe" in page

    coordinator_client.post(url("start", row))
    work()
    row.refresh_from_db()
    assert (row.status, row.new, row.rejected) == (FileStatus.DONE, 1, 1)
    patient = Patient.objects.get()
    assert (patient.last_name, str(patient.birth_date), patient.city) == ("Beispiel", "1980-11-22", "Leipzig")
    assert list(AccessEntry.objects.values_list("patient_id", "actor", "purpose")) == [
        (patient.pk, coordinator.pk, "imports:patients")
    ]


def test_rejected_rows_come_back_as_a_file_that_can_be_uploaded_again(coordinator_client: Client) -> None:
    row = tried(coordinator_client)
    coordinator_client.post(url("start", row))
    work()
    response = coordinator_client.get(url("rejected", row))
    lines = list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig")), delimiter=";"))
    assert lines[0] == ["Vorname", "Familienname", "Tag", "Wohnort", "Farbe", "Zeile", "Grund"]
    assert lines[1][:6] == ["Kai", "Muster", "31.02.1990", "Halle", "blau", "3"]
    assert ExportEntry.objects.get().list_name == "rejected-patients"

    content = coordinator_client.get(url("rejected_xlsx", row)).getvalue()
    upload(coordinator_client, content, "verbessert.xlsx")
    again = FileImport.objects.latest("pk")
    assert again.chosen == ["first_name", "last_name", "", "city", "", "", ""]
    assert again.samples == [[*lines[1]]]


def test_workbook_of_therapists_comes_in(coordinator_client: Client) -> None:
    content = workbook(["Nachname", "Vorname", "PLZ", "Ort"], ["Beispielhuber", "Mira", 4103, "Leipzig"])
    row = tried(coordinator_client, content, name="liste.xlsx", kind="therapists")
    assert (row.new, Therapist.objects.count()) == (1, 0)
    coordinator_client.post(url("start", row))
    work()
    therapist = Therapist.objects.get()
    assert (therapist.last_name, therapist.practices.get().plz) == ("Beispielhuber", "04103")
    assert therapist.review_status == "unreviewed"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK\x03\x04rest", "The file arrived incomplete or is damaged."),
        (b"\x00\x01\x02", "This is no text file."),
        (b"Nachname\n", "There are headings in the file, but no rows."),
        (b"   \n", "The file is empty."),
    ],
)
def test_unusable_file_is_told_at_the_field(
    coordinator_client: Client, content: bytes, sentence: str
) -> None:
    coordinator_client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    response = upload(coordinator_client, content)
    assert response.status_code == 200
    assert sentence in response.text
    assert not FileImport.objects.exists()


def test_too_large_file_is_refused(coordinator_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.workspace.import_forms.MOST_BYTES", 10)
    assert upload(coordinator_client, PATIENTS).context["form"].errors.keys() == {"file"}


def test_missing_column_is_told_and_nothing_begins(coordinator_client: Client) -> None:
    upload(coordinator_client, PATIENTS)
    row = FileImport.objects.get()
    response = matched(coordinator_client, row, column_1="")
    assert "Nachname" in str(response.context["form"].non_field_errors())
    row.refresh_from_db()
    assert row.status == FileStatus.UPLOADED


def test_second_click_imports_once(coordinator_client: Client) -> None:
    row = tried(coordinator_client)
    for _click in range(2):
        coordinator_client.post(url("start", row))
    work()
    assert Patient.objects.count() == 1
    assert not working.work(clock=timezone.now)


def test_same_upload_twice_leads_to_the_same_import(coordinator_client: Client) -> None:
    places = {upload(coordinator_client, PATIENTS)["Location"] for _click in range(2)}
    assert places == {url("columns", FileImport.objects.get())}


def test_cancelled_import_shows_that_nothing_came_in(coordinator_client: Client) -> None:
    row = tried(coordinator_client)
    coordinator_client.post(url("cancel", row))
    page = coordinator_client.get(url("detail", row), headers={"accept-language": "en"}).text
    assert "Cancelled before anything was imported." in page
    assert coordinator_client.get(url("columns", row))["Location"] == url("detail", row)


def test_progress_asks_again_until_a_person_is_needed(coordinator_client: Client) -> None:
    upload(coordinator_client, PATIENTS)
    row = FileImport.objects.get()
    matched(coordinator_client, row, column_2="birth_date")
    htmx = {"HX-Request": "true"}
    waiting = coordinator_client.get(url("progress", row), headers=htmx)
    assert "every 2s" in waiting.text and "HX-Refresh" not in waiting.headers
    work()
    over = coordinator_client.get(url("progress", row), headers=htmx)
    assert "every 2s" not in over.text and over.headers["HX-Refresh"] == "true"
    assert coordinator_client.get(url("progress", row)).context["file_import"] == row


def test_viewer_sees_results_but_neither_rows_of_the_file_nor_buttons(
    viewer_client: Client, coordinator_client: Client
) -> None:
    row = tried(coordinator_client)
    page = viewer_client.get(url("detail", row))
    assert (page.status_code, page.context["may_act"]) == (200, False)
    assert url("start", row) not in page.text and url("rejected", row) not in page.text
    assert NEW not in viewer_client.get(OVERVIEW).text
    for name in ("columns", "rejected", "rejected_xlsx"):
        assert viewer_client.get(url(name, row)).status_code == 403
    for name in ("start", "cancel", "columns"):
        assert viewer_client.post(url(name, row)).status_code == 403


def test_kind_asks_for_its_own_right(
    coordinator_client: Client, manager_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may not create patients uploads none."""
    from dataclasses import replace

    from apps.core.imports import kinds

    row = tried(coordinator_client)
    only = replace(kinds.kind_of("patients"), right="can_manage")
    monkeypatch.setitem(kinds._kinds, "patients", only)
    assert coordinator_client.post(url("start", row)).status_code == 403
    assert coordinator_client.get(url("rejected", row)).status_code == 403
    assert "kind" in upload(coordinator_client, PATIENTS).context["form"].errors
    assert manager_client.post(url("start", row)).status_code == 302


def test_overview_without_files_says_what_to_do(coordinator_client: Client, viewer_client: Client) -> None:
    assert NEW in coordinator_client.get(OVERVIEW).text
    assert viewer_client.get(OVERVIEW).status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_overview_needs_the_same_queries_for_any_number(
    coordinator_client: Client, coordinator: User, at: datetime, count: int, django_assert_num_queries: Any
) -> None:
    from apps.core.imports.kinds import kind_of

    for number in range(count):
        queue.upload(
            kind=kind_of("therapists"),
            name="a.csv",
            content=f"Nachname,PLZ,Ort\nA{number},04103,Leipzig\n".encode(),
            as_of=None,
            actor=coordinator,
            at=at,
        )
    with django_assert_num_queries(9):
        assert coordinator_client.get(OVERVIEW).status_code == 200


def test_other_sections_stand_on_the_overview(coordinator_client: Client) -> None:
    @shown_with_imports
    def directories(user: Any, at: datetime) -> ImportSection:
        return ImportSection("components/alert.html", {"message": "never read"})

    @shown_with_imports
    def nothing(user: Any, at: datetime) -> None:
        return None

    context = coordinator_client.get(OVERVIEW).context
    assert [section.template for section in context["sections"]] == ["components/alert.html"]
