from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from apps.core.models import AccessEntry
from apps.matching.models import PlacementSearch
from tests.factories.matching import RequestFactory, SearchFactory
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory

pytestmark = pytest.mark.django_db

URL = "/searches/"


def shown(client: Client, query: str = "") -> list[str]:
    """Case codes on the list, in its order."""
    rows = client.get(f"{URL}?{query}").context["table"].rows
    return [row.record.patient.case_code for row in rows]


def test_list_shows_person_with_code_waiting_time_and_open_requests(viewer_client: Client) -> None:
    row = RequestFactory()
    text = viewer_client.get(URL).content.decode()
    assert str(row.search.patient) in text
    assert row.search.patient.case_code in text
    (record,) = viewer_client.get(URL).context["table"].rows
    assert (record.get_cell("waiting"), record.get_cell("open_requests")) == ("21 Tage", 1)


@pytest.mark.parametrize("count", [1, 3])
def test_list_needs_the_same_queries_for_any_number_of_rows(
    viewer_client: Client, django_assert_num_queries: object, count: int
) -> None:
    for _row in range(count):
        RequestFactory()
    viewer_client.get(URL)
    with django_assert_num_queries(24):  # type: ignore[operator]
        viewer_client.get(URL)


def test_list_begins_with_the_longest_waiting(viewer_client: Client) -> None:
    short, long = SearchFactory(), SearchFactory(started_on=date(2026, 8, 3))
    assert shown(viewer_client) == [long.patient.case_code, short.patient.case_code]
    assert shown(viewer_client, "sort=waiting") == [long.patient.case_code, short.patient.case_code][::-1]


def test_list_shows_open_searches_unless_another_status_is_chosen(viewer_client: Client) -> None:
    over, trial = SearchFactory(ended=True), SearchFactory(status="trial")
    assert shown(viewer_client) == [trial.patient.case_code]
    assert shown(viewer_client, "status=cancelled") == [over.patient.case_code]
    assert shown(viewer_client, "status=") == [over.patient.case_code, trial.patient.case_code]
    assert viewer_client.get(URL).context["filter"].form.changed_data == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=paused", ["paused"]),
        ("waiting=56", ["long"]),
        ("waiting=14", ["long", "paused"]),
        ("q=Kastanie", ["long"]),
        ("q=99084", ["fresh"]),
        ("q=nobody", []),
    ],
)
def test_filter_narrows_the_list(viewer_client: Client, query: str, found: list[str]) -> None:
    rows = {
        "long": SearchFactory(started_on=date(2026, 8, 3), patient__last_name="Kastanie"),
        "paused": SearchFactory(paused=True),
        "fresh": SearchFactory(started_on=date(2026, 11, 20), patient__plz="99084"),
    }
    assert shown(viewer_client, query) == [rows[name].patient.case_code for name in found]


def test_filter_finds_searches_without_candidates(viewer_client: Client) -> None:
    TherapistFactory()
    SearchFactory()
    lonely = SearchFactory(patient__latitude=53.55, patient__longitude=9.99)
    assert shown(viewer_client, "candidates=none") == [lonely.patient.case_code]


def test_list_counts_candidates_and_names_the_wish_that_blocks(viewer_client: Client) -> None:
    TherapistFactory()
    found = SearchFactory()
    far = SearchFactory(patient__latitude=53.55, patient__longitude=9.99)
    paused = SearchFactory(paused=True)
    rows = viewer_client.get(URL).context["table"].rows
    translation.activate("en")
    cells = {row.record.pk: row.get_cell("candidates") for row in rows}
    assert (cells[found.pk], cells[paused.pk]) == ("1", "—")
    assert cells[far.pk] == '0<div class="muted small text-wrap">distance</div>'


def test_list_sorts_by_candidates_and_puts_those_nobody_plans_for_last(viewer_client: Client) -> None:
    TherapistFactory()
    codes = [
        search.patient.case_code
        for search in (
            SearchFactory(patient__latitude=53.55, patient__longitude=9.99),
            SearchFactory(),
            SearchFactory(paused=True),
        )
    ]
    assert shown(viewer_client, "sort=candidates") == codes
    assert shown(viewer_client, "sort=-candidates") == [codes[1], codes[0], codes[2]]


def test_pages_do_not_overlap(viewer_client: Client) -> None:
    for _count in range(52):
        SearchFactory()
    pages = [[row.record.pk for row in rows_of_page(viewer_client, number)] for number in (1, 2)]
    assert (len(pages[0]), len(set(pages[0] + pages[1]))) == (50, 52)


def rows_of_page(client: Client, number: int) -> Any:
    return client.get(URL, {"page": number}).context["table"].page.object_list


def test_export_tells_candidates_and_what_blocks(coordinator_client: Client) -> None:
    SearchFactory()
    response = coordinator_client.get("/searches/export.csv", headers={"Accept-Language": "en"})
    _head, line = response.getvalue().decode("utf-8-sig").splitlines()
    assert line.split(";")[7:9] == ["0", "distance"]


def test_export_holds_what_the_list_shows_and_logs_everybody_in_it(coordinator_client: Client) -> None:
    paused = SearchFactory(paused=True, patient__last_name="=Eiche")
    SearchFactory()
    response = coordinator_client.get("/searches/export.csv?status=paused")
    _head, line = response.getvalue().decode("utf-8-sig").splitlines()
    assert line.split(";")[:3] == [paused.patient.case_code, "'=Eiche", paused.patient.first_name]
    entries = AccessEntry.objects.values_list("patient_id", "purpose")
    assert list(entries) == [(paused.patient_id, "matching:searches_export")]


def test_open_search_begins_one_however_often_it_is_clicked(coordinator_client: Client) -> None:
    patient = PatientFactory()
    url = reverse("matching:open_search", args=[patient.pk])
    response = coordinator_client.post(url)
    assert response.headers["Location"] == PlacementSearch.objects.get().get_absolute_url()
    assert coordinator_client.post(url).status_code == 409
    assert PlacementSearch.objects.count() == 1


def test_open_search_names_what_is_missing(coordinator_client: Client) -> None:
    patient = PatientFactory(ptv11_on=None)
    response = coordinator_client.post(reverse("matching:open_search", args=[patient.pk]))
    assert "PTV 11" in response.content.decode()
    assert not PlacementSearch.objects.exists()


def test_open_search_may_be_for_kostenerstattung(coordinator_client: Client) -> None:
    url = reverse("matching:open_search", args=[PatientFactory().pk])
    coordinator_client.post(url, {"is_kostenerstattung": "on"})
    assert PlacementSearch.objects.get().is_kostenerstattung is True


def test_list_warns_of_second_acceptances(viewer_client: Client) -> None:
    assert reverse("matching:conflicts") not in viewer_client.get(URL).content.decode()
    RequestFactory(status="conflict")
    assert reverse("matching:conflicts") in viewer_client.get(URL).content.decode()


def test_search_for_kostenerstattung_is_opened_from_the_record(coordinator_client: Client) -> None:
    patient = PatientFactory()
    page = coordinator_client.get(patient.get_absolute_url())
    assert 'name="is_kostenerstattung"' in page.text
    coordinator_client.post(reverse("matching:open_search", args=[patient.pk]), {"is_kostenerstattung": "on"})
    assert patient.searches.get().is_kostenerstattung


def test_private_patients_are_not_asked_about_kostenerstattung(coordinator_client: Client) -> None:
    patient = PatientFactory(insurance_kind="pkv")
    page = coordinator_client.get(patient.get_absolute_url())
    assert 'name="is_kostenerstattung"' not in page.text
