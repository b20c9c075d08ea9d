import csv
import io

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from apps.core.models import AccessEntry
from tests.factories.patients import PatientFactory

pytestmark = pytest.mark.django_db

LIST = reverse("patients:list")
EXPORT = reverse("patients:export")
QUERIES = (
    11  # session, user, roles, parameters, count, rows, hours, consents, and three that keep the session
)


def exported(client: Client, query: str = "") -> list[dict[str, str]]:
    response = client.get(f"{EXPORT}?{query}")
    text = response.getvalue().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


def shown(client: Client, query: str) -> list[str]:
    table = client.get(f"{LIST}?{query}").context["table"]
    return [row.record.last_name for row in table.paginated_rows]


@pytest.mark.parametrize("count", [1, 3])
def test_list_needs_the_same_queries_for_any_number(
    viewer_client: Client, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    PatientFactory.create_batch(count)
    with django_assert_num_queries(QUERIES):
        response = viewer_client.get(LIST)
    assert len(response.context["table"].rows) == count


def test_list_shows_what_is_missing(viewer_client: Client) -> None:
    PatientFactory(sprechstunde_on=None)
    PatientFactory(empty=True)
    text = viewer_client.get(LIST, headers={"accept-language": "en"}).text
    assert "missing: Sprechstunde held" in text
    assert "12 missing" in text


def test_list_pages_of_fifty(viewer_client: Client) -> None:
    PatientFactory.create_batch(51, consents=(), availability=())
    table = viewer_client.get(LIST).context["table"]
    assert (len(table.page.object_list), table.paginator.num_pages) == (50, 2)
    assert len(viewer_client.get(f"{LIST}?page=2").context["table"].page.object_list) == 1


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Ahorn", "Birke", "Cypresse"]),
        ("sort=-name", ["Cypresse", "Birke", "Ahorn"]),
        ("sort=place", ["Birke", "Cypresse", "Ahorn"]),
        ("status=searching&sort=-waiting", ["Cypresse", "Birke"]),
        ("q=birk", ["Birke"]),
        ("q=K7M-4QX", ["Ahorn"]),
        ("q=0110&sort=-name", ["Cypresse", "Birke"]),
        ("status=searching", ["Birke", "Cypresse"]),
        ("insurance_kind=pkv", ["Cypresse"]),
        ("prerequisites=missing", ["Ahorn"]),
        ("prerequisites=complete&q=birke", ["Birke"]),
        ("status=searching&insurance_kind=beihilfe", []),
    ],
)
def test_list_filters_and_sorts_and_the_export_follows(
    coordinator_client: Client, query: str, names: list[str]
) -> None:
    PatientFactory(last_name="Ahorn", case_code="K7M-4QX", plz="80331", symptoms=[])
    PatientFactory(last_name="Birke", searching=True, plz="01101", started_on="2026-10-01")
    PatientFactory(last_name="Cypresse", searching=True, plz="01102", insurance_kind="pkv")
    assert shown(coordinator_client, query) == names
    assert [list(row.values())[1] for row in exported(coordinator_client, query)] == names


def test_export_has_no_pages(coordinator_client: Client) -> None:
    PatientFactory.create_batch(51, consents=(), availability=())
    assert len(exported(coordinator_client)) == 51


def test_export_disarms_formulas(coordinator_client: Client) -> None:
    PatientFactory(last_name="=1+1", first_name="@x", city="-2", phone="+493411234567")
    (row,) = exported(coordinator_client)
    values = list(row.values())
    assert (values[1], values[2], values[5], values[7]) == ("'=1+1", "'@x", "'-2", "0341 1234567")


def test_export_holds_no_clinical_facts(coordinator_client: Client) -> None:
    PatientFactory(diagnosis="F42.2", complaints="Kanarienvogel", kvnr="A123456780")
    text = coordinator_client.get(EXPORT).getvalue().decode("utf-8-sig")
    for secret in ("F42.2", "Kanarienvogel", "A123456780"):
        assert secret not in text


def test_export_is_a_download_and_logged(coordinator_client: Client) -> None:
    patients = PatientFactory.create_batch(2)
    response = coordinator_client.get(EXPORT)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="patients-')
    entries = AccessEntry.objects.filter(purpose="patients:export", actor__username="coordinator")
    assert set(entries.values_list("patient_id", flat=True)) == {patient.pk for patient in patients}


def test_export_link_carries_the_filter(coordinator_client: Client) -> None:
    PatientFactory()
    assert f"{EXPORT}?q=x&amp;sort=-name" in coordinator_client.get(f"{LIST}?q=x&sort=-name").text
