from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.matching.phrases import REASONS
from apps.therapists.models import Therapist
from tests.factories.matching import SearchFactory
from tests.factories.therapists import ContactPauseFactory, TherapistFactory

pytestmark = pytest.mark.django_db
PAGE_QUERIES = 27


def url(therapist: Therapist) -> str:
    return reverse("matching:waiting_patients", args=[therapist.pk])


def context(client: Client, therapist: Therapist, **query: str) -> Any:
    return client.get(url(therapist), query).context


def codes(rows: list[dict[str, Any]]) -> list[int]:
    return [row["line"].search.pk for row in rows]


def test_fitting_patients_come_longest_waiting_first(viewer_client: Client) -> None:
    therapist = TherapistFactory()
    short, long = SearchFactory(), SearchFactory(started_on=date(2026, 8, 3))
    young = SearchFactory(patient__birth_date=date(2012, 1, 1))
    SearchFactory(paused=True)
    found = context(viewer_client, therapist)
    assert codes(found["fits"]) == [long.pk, short.pk]
    assert found["rejected"] == [("age_not_treated", REASONS["age_not_treated"], 1)]
    assert codes(found["others"]) == [young.pk]


def test_others_come_with_the_facts_of_either_side(viewer_client: Client) -> None:
    SearchFactory(patient__birth_date=date(2012, 1, 1))
    response = viewer_client.get(url(TherapistFactory()), headers={"Accept-Language": "en"})
    (row,) = response.context["others"]
    assert [line.facts for line in row["contrasts"]] == ["treats adults; the patient is 14"]


def test_pause_of_a_colleague_is_a_note_and_hides_nobody(coordinator_client: Client) -> None:
    colleague = TherapistFactory()
    therapist = TherapistFactory(contact_group=colleague.contact_group)
    ContactPauseFactory(therapist=colleague)
    search = SearchFactory()
    found = context(coordinator_client, therapist)
    assert codes(found["fits"]) == [search.pk]
    (limit,) = found["limits"]
    assert (limit["sentence"], limit["until"]) == (REASONS["contact_pause"], date(2026, 12, 21))
    add = reverse("matching:add_request", args=[search.pk, therapist.pk])
    assert add not in coordinator_client.get(url(therapist)).text


def test_adding_fills_one_draft_and_comes_back(coordinator_client: Client) -> None:
    therapist, first, second = TherapistFactory(), SearchFactory(), SearchFactory()
    for search in (first, second):
        add = reverse("matching:add_request", args=[search.pk, therapist.pk])
        assert add in coordinator_client.get(url(therapist)).content.decode()
        response = coordinator_client.post(add, {"next": url(therapist)})
        assert response.headers["Location"] == url(therapist)
    assert therapist.inquiries.get().requests.count() == 2


def test_place_is_that_of_the_record_unless_another_is_tried(viewer_client: Client) -> None:
    therapist = TherapistFactory(free_group_from=date(2027, 2, 1))
    place = context(viewer_client, therapist)["place"]
    assert (place.from_on, place.setting) == (date(2027, 2, 1), "group")
    place = context(viewer_client, therapist, free_from="2027-01-15", setting="individual")["place"]
    assert (place.from_on, place.setting) == (date(2027, 1, 15), "individual")
    assert (context(viewer_client, TherapistFactory())["place"].from_on) == date(2026, 11, 23)
    both = TherapistFactory(free_group_from=date(2027, 2, 1), free_individual_from=date(2027, 3, 1))
    assert context(viewer_client, both)["place"].setting == "either"


def test_trying_a_place_changes_nothing(coordinator_client: Client) -> None:
    therapist = TherapistFactory()
    response = coordinator_client.get(url(therapist), {"free_from": "2027-01-15", "setting": "individual"})
    assert reverse("matching:save_free_place", args=[therapist.pk]) in response.text
    therapist.refresh_from_db()
    assert (therapist.free_individual_from, therapist.free_group_from) == (None, None)


def test_day_that_is_none_is_said_and_the_record_counts(viewer_client: Client) -> None:
    found = context(viewer_client, TherapistFactory(), free_from="soon", setting="group")
    assert found["form"].errors.keys() == {"free_from"}
    assert found["place"].setting == "either"


@pytest.mark.parametrize(
    ("setting", "individual", "group"),
    [
        ("individual", date(2027, 1, 15), date(2027, 3, 1)),
        ("group", None, date(2027, 1, 15)),
        ("either", date(2027, 1, 15), date(2027, 1, 15)),
    ],
)
def test_saving_puts_the_place_into_the_record(
    coordinator_client: Client, setting: str, individual: date | None, group: date
) -> None:
    therapist = TherapistFactory(free_group_from=date(2027, 3, 1))
    save = reverse("matching:save_free_place", args=[therapist.pk])
    data = {"free_from": "2027-01-15", "setting": setting}
    response = coordinator_client.post(save, data)
    therapist.refresh_from_db()
    assert (therapist.free_individual_from, therapist.free_group_from) == (individual, group)
    assert response.headers["Location"] == f"{url(therapist)}?free_from=2027-01-15&setting={setting}"
    assert save not in coordinator_client.get(response.headers["Location"]).text


def test_saving_without_a_day_saves_nothing(coordinator_client: Client) -> None:
    therapist = TherapistFactory()
    save = reverse("matching:save_free_place", args=[therapist.pk])
    response = coordinator_client.post(save, {"free_from": "", "setting": "group"})
    assert response.headers["Location"] == url(therapist)
    therapist.refresh_from_db()
    assert therapist.free_group_from is None


def test_viewer_tries_but_does_not_save(viewer_client: Client) -> None:
    therapist = TherapistFactory()
    save = reverse("matching:save_free_place", args=[therapist.pk])
    query = {"free_from": "2027-01-15", "setting": "group"}
    assert save not in viewer_client.get(url(therapist), query).text
    assert viewer_client.post(save, query).status_code == 403


def test_both_lists_come_in_pages(viewer_client: Client) -> None:
    therapist = TherapistFactory()
    for _count in range(26):
        SearchFactory()
        SearchFactory(patient__birth_date=date(2012, 1, 1))
    first = context(viewer_client, therapist)
    assert (len(first["fits"]), first["fit_count"], first["fit_pages"].next) == (25, 26, "?page=2")
    assert (len(first["others"]), first["other_count"]) == (25, 26)
    assert first["other_pages"].next == "?others=2#others"
    second = context(viewer_client, therapist, page="2", others="2")
    assert (len(second["fits"]), len(second["others"])) == (1, 1)
    assert second["other_pages"].previous == "?page=2&others=1#others"


def test_others_are_narrowed_down_by_reason_and_case(viewer_client: Client) -> None:
    therapist = TherapistFactory(wished_gender="female")
    young = SearchFactory(patient__birth_date=date(2012, 1, 1))
    man = SearchFactory(patient__gender="male")
    fitting = SearchFactory()
    assert codes(context(viewer_client, therapist, reason="patient_gender")["others"]) == [man.pk]
    assert codes(context(viewer_client, therapist, reason="nonsense")["others"]) == [young.pk, man.pk]
    found = context(viewer_client, therapist, q=fitting.patient.case_code)["others"]
    assert (codes(found), found[0]["contrasts"]) == ([fitting.pk], [])
    assert context(viewer_client, therapist, q="nobody")["others"] == []


def test_patient_back_from_a_pause_is_shown_and_cannot_be_added_yet(coordinator_client: Client) -> None:
    therapist = TherapistFactory()
    search = SearchFactory(paused=True, paused_until=date(2026, 12, 31))
    response = coordinator_client.get(url(therapist), {"free_from": "2027-01-15", "setting": "either"})
    assert codes(response.context["fits"]) == [search.pk]
    assert reverse("matching:add_request", args=[search.pk, therapist.pk]) not in response.text


def test_page_shows_neither_names_nor_diagnoses(viewer_client: Client) -> None:
    therapist = TherapistFactory(wished_diagnoses=["F40-F48"])
    search = SearchFactory(patient__last_name="Kastanie")
    text = viewer_client.get(url(therapist)).text
    assert search.patient.case_code in text
    assert "Kastanie" not in text
    assert "F32.1" not in text


@pytest.mark.parametrize("count", [1, 3])
def test_page_needs_the_same_queries_for_any_number_of_searches(
    viewer_client: Client, django_assert_num_queries: object, count: int
) -> None:
    therapist = TherapistFactory()
    for _row in range(count):
        SearchFactory()
        SearchFactory(patient__birth_date=date(2012, 1, 1))
    viewer_client.get(url(therapist))
    with django_assert_num_queries(PAGE_QUERIES):  # type: ignore[operator]
        viewer_client.get(url(therapist))
