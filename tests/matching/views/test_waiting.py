from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from apps.matching.phrases import REASONS
from apps.therapists.models import Therapist
from tests.factories.matching import SearchFactory
from tests.factories.therapists import ContactPauseFactory, TherapistFactory

pytestmark = pytest.mark.django_db


def url(therapist: Therapist) -> str:
    return reverse("matching:waiting_patients", args=[therapist.pk])


def test_fitting_patients_come_longest_waiting_first(viewer_client: Client) -> None:
    therapist = TherapistFactory()
    short, long = SearchFactory(), SearchFactory(started_on=date(2026, 8, 3))
    SearchFactory(patient__birth_date=date(2012, 1, 1))
    SearchFactory(paused=True)
    context = viewer_client.get(url(therapist)).context
    assert [fit.search.pk for fit in context["found"].fits] == [long.pk, short.pk]
    assert context["found"].search_count == 3
    assert context["rejected"] == [(REASONS["age_not_treated"], 1)]


def test_pause_of_a_colleague_behind_the_same_mailbox_counts(viewer_client: Client) -> None:
    colleague = TherapistFactory()
    therapist = TherapistFactory(contact_group=colleague.contact_group)
    ContactPauseFactory(therapist=colleague)
    SearchFactory()
    context = viewer_client.get(url(therapist)).context
    assert context["found"].fits == []
    assert context["rejected"] == [(REASONS["contact_pause"], 1)]


def test_adding_fills_one_draft_and_comes_back(coordinator_client: Client) -> None:
    therapist, first, second = TherapistFactory(), SearchFactory(), SearchFactory()
    for search in (first, second):
        add = reverse("matching:add_request", args=[search.pk, therapist.pk])
        assert add in coordinator_client.get(url(therapist)).content.decode()
        response = coordinator_client.post(add, {"next": url(therapist)})
        assert response.headers["Location"] == url(therapist)
    assert therapist.inquiries.get().requests.count() == 2


@pytest.mark.parametrize("count", [1, 3])
def test_page_needs_the_same_queries_for_any_number_of_searches(
    viewer_client: Client, django_assert_num_queries: object, count: int
) -> None:
    therapist = TherapistFactory()
    for _row in range(count):
        SearchFactory()
    viewer_client.get(url(therapist))
    with django_assert_num_queries(23):  # type: ignore[operator]
        viewer_client.get(url(therapist))
