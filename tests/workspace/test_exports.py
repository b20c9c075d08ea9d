"""Every list can be taken out as CSV and XLSX: the rows of the page, a note of who took them, by roles."""

import csv
import io
from datetime import datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from apps.accounts.models import User
from apps.communication.models import EmailMessage
from apps.core.imports.models import ExportEntry
from apps.core.models import AccessEntry
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory

pytestmark = pytest.mark.django_db
LISTS = {
    "patients:export": "patients",
    "therapists:export": "therapists",
    "matching:searches_export": "searches",
    "matching:inquiries_export": "inquiries",
    "communication:calls_export": "planned-calls",
    "communication:emails_export": "emails",
    "imports:export": "imports",
}


def csv_lines(response: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig")), delimiter=";"))


def xlsx_lines(response: Any) -> list[list[Any]]:
    sheet = load_workbook(io.BytesIO(response.getvalue())).active
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


@pytest.mark.parametrize("name", LISTS)
def test_empty_list_is_a_heading_in_both_kinds_of_file(coordinator_client: Client, name: str) -> None:
    lines = csv_lines(coordinator_client.get(reverse(name)))
    sheet = xlsx_lines(coordinator_client.get(reverse(f"{name}_xlsx")))
    assert lines == sheet
    assert len(lines) == 1
    entries = ExportEntry.objects.order_by("pk").values_list("list_name", "file_format", "row_count")
    assert list(entries) == [(LISTS[name], "csv", 0), (LISTS[name], "xlsx", 0)]


@pytest.mark.parametrize("name", [variant for name in LISTS for variant in (name, f"{name}_xlsx")])
def test_viewers_take_nothing_out(viewer_client: Client, outsider_client: Client, name: str) -> None:
    for client in (viewer_client, outsider_client):
        assert client.get(reverse(name)).status_code == 403
    assert not ExportEntry.objects.exists()


def test_export_follows_filter_and_order_and_is_noted_with_them(
    coordinator_client: Client, coordinator: User
) -> None:
    ash, birch = (PatientFactory(last_name=name, plz="80331") for name in ("Ahorn", "Birke"))
    PatientFactory(last_name="Cypresse", plz="01101")
    query = {"q": "8033", "sort": "-name"}
    sheet = xlsx_lines(coordinator_client.get(reverse("patients:export_xlsx"), query))
    assert [line[1] for line in sheet[1:]] == ["Birke", "Ahorn"]
    entry = ExportEntry.objects.get()
    assert (entry.actor, entry.list_name, entry.row_count) == (coordinator, "patients", 2)
    assert entry.query == {"q": ["8033"], "sort": ["-name"]}
    accesses = AccessEntry.objects.order_by("patient_id").values_list("patient_id", "purpose")
    assert list(accesses) == [(ash.pk, "patients:export"), (birch.pk, "patients:export")]


def test_days_are_days_in_a_workbook_and_german_in_csv(coordinator_client: Client) -> None:
    PatientFactory(searching=True, started_on="2026-10-01")
    assert xlsx_lines(coordinator_client.get(reverse("patients:export_xlsx")))[1][10] == datetime(2026, 10, 1)
    assert csv_lines(coordinator_client.get(reverse("patients:export")))[1][10] == "01.10.2026"


def test_both_kinds_of_file_hold_all_pages(coordinator_client: Client) -> None:
    for _count in range(51):
        TherapistFactory()
    lines = csv_lines(coordinator_client.get(reverse("therapists:export")))
    sheet = xlsx_lines(coordinator_client.get(reverse("therapists:export_xlsx")))
    assert len(lines) == 52
    assert lines == [[cell or "" for cell in line] for line in sheet]


def test_letters_to_patients_are_noted_as_accesses(coordinator_client: Client, at: datetime) -> None:
    patient = PatientFactory()
    EmailMessage.objects.create(to_email="a@example.org", subject="=Hallo", patient=patient)
    (line,) = csv_lines(coordinator_client.get(reverse("communication:emails_export")))[1:]
    assert line[0] == "'=Hallo"
    entries = AccessEntry.objects.values_list("patient_id", "purpose")
    assert list(entries) == [(patient.pk, "communication:emails_export")]


def test_note_of_an_export_is_encrypted_and_stays(coordinator_client: Client) -> None:
    coordinator_client.get(reverse("patients:export"), {"q": "Kanarienvogel"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT e::text FROM imports_exportentry e")
        assert "Kanarienvogel" not in cursor.fetchone()[0]
    with pytest.raises(DatabaseError), transaction.atomic():
        ExportEntry.objects.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        ExportEntry.objects.update(row_count=5)
    assert ExportEntry.objects.update(query={}) == 1


@pytest.mark.parametrize("name", ["patients:list", "therapists:list", "communication:emails"])
def test_links_carry_filter_and_order_but_no_page(coordinator_client: Client, name: str) -> None:
    text = coordinator_client.get(reverse(name), {"q": "x", "sort": "-pk", "page": "1"}).text
    assert "export.csv?q=x&amp;sort=-pk" in text
    assert "export.xlsx?q=x&amp;sort=-pk" in text
