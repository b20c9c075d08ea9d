from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.core.models import AccessEntry
from apps.matching.engine.relaxation import RELAXATIONS
from apps.matching.enums import RequestStatus, SearchStatus
from apps.matching.models import Inquiry, PlacementRequest, PlacementSearch, TherapistExclusion
from apps.matching.phrases import REASONS, blocked_by
from tests.factories.matching import InquiryFactory, RequestFactory, SearchFactory
from tests.factories.therapists import TherapistFactory

pytestmark = pytest.mark.django_db

PAGE_QUERIES = 30
ENGLISH = {"Accept-Language": "en"}
SEAT_FACTS = "therapist: no seat; patient: statutory (GKV)"


@pytest.fixture
def search() -> PlacementSearch:
    return SearchFactory()


def page(client: Client, search: PlacementSearch, name: str = "search", **query: str) -> str:
    return client.get(reverse(f"matching:{name}", args=[search.pk]), query).content.decode()


def test_candidates_are_ranked_with_their_reasons(viewer_client: Client, search: PlacementSearch) -> None:
    far = TherapistFactory(practice__latitude=51.45, working_hours=False)
    near = TherapistFactory(knows_agency=True)
    TherapistFactory(review_status="unreviewed")
    context = viewer_client.get(search.get_absolute_url()).context
    assert [row["therapist"].pk for row in context["rows"]] == [near.pk, far.pk]
    assert [row["judgement"].is_hours_unknown for row in context["rows"]] == [False, True]
    assert context["rejected"] == [(REASONS["not_reviewed"], 1)]
    assert [dot.rank for dot in context["map"].dots] == [2, 1]


def test_page_shows_what_blocks_where_nobody_fits(viewer_client: Client, search: PlacementSearch) -> None:
    TherapistFactory(practice__latitude=51.61)  # 30 km
    context = viewer_client.get(search.get_absolute_url(), headers=ENGLISH).context
    assert context["rows"] == []
    assert context["blocked_by"] == blocked_by("too_far")
    assert [(row.gain, row.change) for row in context["gains"]] == [
        (1, "up to 35 instead of 25 km"),
        (1, "up to 45 instead of 25 km"),
    ]


def test_no_relaxed_wish_is_hidden(viewer_client: Client, search: PlacementSearch) -> None:
    TherapistFactory(practice__latitude=51.61)  # 30 km
    context = viewer_client.get(search.get_absolute_url()).context
    assert len(context["gains"]) + len(context["useless"]) == len(RELAXATIONS)
    assert {row.gain for row in context["useless"]} == {0}


def test_wish_leads_to_its_form_for_those_who_work(
    viewer_client: Client, coordinator_client: Client, search: PlacementSearch
) -> None:
    link = reverse("patients:edit", args=[search.patient_id]) + "#div_id_max_distance_km"
    assert link in page(coordinator_client, search)
    assert link not in page(viewer_client, search)
    field = coordinator_client.get(reverse("patients:edit", args=[search.patient_id])).text
    assert 'id="div_id_max_distance_km"' in field


def test_candidates_come_in_pages_and_all_are_on_the_map(
    viewer_client: Client, search: PlacementSearch
) -> None:
    for _count in range(27):
        TherapistFactory()
    first = viewer_client.get(search.get_absolute_url()).context
    assert ([row["rank"] for row in first["rows"]][-1], first["pages"].next) == (25, "?page=2")
    second = viewer_client.get(search.get_absolute_url(), {"page": "2"}).context
    assert [row["rank"] for row in second["rows"]] == [26, 27]
    named = [dot.rank for dot in second["map"].dots if dot.label]
    assert (named, len(second["map"].dots)) == ([27, 26], 27)
    assert [row["rank"] for row in page_rows(viewer_client, search, "9")] == [26, 27]
    assert page_rows(viewer_client, search, "x")[0]["rank"] == 1


def page_rows(client: Client, search: PlacementSearch, number: str) -> list[dict[str, Any]]:
    return client.get(search.get_absolute_url(), {"page": number}).context["rows"]


def test_score_is_explained_in_words_and_figures(viewer_client: Client, search: PlacementSearch) -> None:
    TherapistFactory(practice__email="")
    (row,) = viewer_client.get(search.get_absolute_url(), headers=ENGLISH).context["rows"]
    parts = {term.code: term for term in row["score_terms"]}
    assert list(parts) == ["acceptance", "distance", "hours", "email"]
    assert (parts["email"].words, parts["email"].sum) == ("only by phone", "0.0 % × 0.10 = 0.0 %")
    assert reverse("matching:acceptance") in page(viewer_client, search)


@pytest.mark.parametrize("count", [1, 3])
def test_page_needs_the_same_queries_for_any_number_of_therapists(
    viewer_client: Client, search: PlacementSearch, django_assert_num_queries: Any, count: int
) -> None:
    for _count in range(count):
        TherapistFactory()
    viewer_client.get(search.get_absolute_url())
    with django_assert_num_queries(PAGE_QUERIES):
        viewer_client.get(search.get_absolute_url())


def test_page_of_an_ended_search_proposes_nobody(viewer_client: Client) -> None:
    TherapistFactory()
    response = viewer_client.get(SearchFactory(ended=True).get_absolute_url())
    assert "found" not in response.context


@pytest.mark.parametrize("name", ["search", "search_requests", "search_history"])
def test_page_logs_who_looked(
    viewer_client: Client, viewer: User, search: PlacementSearch, name: str
) -> None:
    text = page(viewer_client, search, name)
    assert str(search.patient) in text
    entry = AccessEntry.objects.get()
    assert (entry.actor, entry.patient_id, entry.purpose) == (viewer, search.patient_id, f"matching:{name}")


def test_why_not_names_every_failed_rule(viewer_client: Client, search: PlacementSearch) -> None:
    TherapistFactory(last_name="Nussbaum", seat="none", review_status="unreviewed")
    TherapistFactory(last_name="Nussbaum")
    why_not = reverse("matching:why_not", args=[search.pk])
    context = viewer_client.get(why_not, {"q": "Nussbaum"}, headers=ENGLISH).context
    found = [[(line.sentence, line.facts) for line in row["contrasts"]] for row in context["rows"]]
    assert found == [
        [(REASONS["not_reviewed"], ""), (REASONS["no_seat"], SEAT_FACTS)],
        [],
    ]


def test_why_not_answers_htmx_without_the_page(viewer_client: Client, search: PlacementSearch) -> None:
    url = reverse("matching:why_not", args=[search.pk])
    text = viewer_client.get(url, {"q": "Nobody"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in text


def test_added_request_waits_in_a_draft(coordinator_client: Client, search: PlacementSearch) -> None:
    therapist = TherapistFactory()
    url = reverse("matching:add_request", args=[search.pk, therapist.pk])
    assert coordinator_client.post(url).status_code == 302
    added = PlacementRequest.objects.get()
    assert (added.status, added.is_manual, added.inquiry.status) == (RequestStatus.PLANNED, True, "draft")
    assert coordinator_client.post(url).status_code == 409
    assert Inquiry.objects.count() == 1


def test_added_request_leads_back_to_the_page_of_the_form(
    coordinator_client: Client, search: PlacementSearch
) -> None:
    url = reverse("matching:add_request", args=[search.pk, TherapistFactory().pk])
    response = coordinator_client.post(url, {"next": "/conflicts/"})
    assert response.headers["Location"] == "/conflicts/"
    other = reverse("matching:add_request", args=[search.pk, TherapistFactory().pk])
    response = coordinator_client.post(other, {"next": "https://elsewhere.example/"})
    assert response.headers["Location"] == search.get_absolute_url()


def test_therapist_with_a_draft_can_still_be_added(
    coordinator_client: Client, search: PlacementSearch
) -> None:
    therapist = TherapistFactory(last_name="Holunder")
    RequestFactory(status="planned", inquiry=InquiryFactory(therapist=therapist, status="draft"))
    assert reverse("matching:add_request", args=[search.pk, therapist.pk]) in page(
        coordinator_client, search, "why_not", q="Holunder"
    )


def test_excluding_a_therapist_takes_the_unsent_request_back(coordinator_client: Client) -> None:
    row = RequestFactory(status="planned")
    url = reverse("matching:exclude_therapist", args=[row.search_id, row.therapist_id])
    coordinator_client.post(url, {"source": "patient", "reason": "knows her"})
    row.refresh_from_db()
    assert row.status == RequestStatus.DROPPED
    exclusion = TherapistExclusion.objects.get()
    assert (exclusion.therapist_id, exclusion.reason) == (row.therapist_id, "knows her")


def test_pause_and_resume(coordinator_client: Client, search: PlacementSearch) -> None:
    pause = reverse("matching:pause_search", args=[search.pk])
    data = {"paused_from": "2026-11-23", "until": "2026-12-20", "reason": "in hospital"}
    assert coordinator_client.post(pause, data).status_code == 302
    search.refresh_from_db()
    assert (search.status, search.pause_reason) == (SearchStatus.PAUSED, "in hospital")
    assert coordinator_client.post(pause, data).status_code == 409
    coordinator_client.post(reverse("matching:resume_search", args=[search.pk]))
    search.refresh_from_db()
    assert search.status == SearchStatus.ACTIVE


def test_pause_without_reason_asks_again(coordinator_client: Client, search: PlacementSearch) -> None:
    url = reverse("matching:pause_search", args=[search.pk])
    response = coordinator_client.post(url, {"paused_from": "2026-11-23", "reason": ""})
    assert response.context["form"].errors.keys() == {"reason"}


def test_cancel_previews_what_is_withdrawn_and_undo_brings_it_back(coordinator_client: Client) -> None:
    asked = RequestFactory()
    RequestFactory(search=asked.search, status="planned")
    url = reverse("matching:cancel_search", args=[asked.search_id])
    assert len(coordinator_client.get(url).context["consequences"]) == 5
    assert PlacementRequest.objects.filter(status="sent").count() == 1
    coordinator_client.post(url, {"reason": "moved away"})
    asked.search.refresh_from_db()
    assert asked.search.status == SearchStatus.CANCELLED
    assert set(PlacementRequest.objects.values_list("status", flat=True)) == {"withdrawn", "dropped"}
    coordinator_client.post(reverse("matching:undo_cancel_search", args=[asked.search_id]))
    asked.search.refresh_from_db()
    assert asked.search.status == SearchStatus.ACTIVE


def test_history_tells_of_the_search_and_its_requests(
    coordinator_client: Client, search: PlacementSearch
) -> None:
    therapist = TherapistFactory()
    coordinator_client.post(reverse("matching:add_request", args=[search.pk, therapist.pk]))
    url = reverse("matching:cancel_search", args=[search.pk])
    coordinator_client.post(url, {"reason": "moved away"})
    entries = coordinator_client.get(reverse("matching:search_history", args=[search.pk])).context["entries"]
    assert {entry["reason"] for entry in entries} >= {"moved away"}
    assert sum(therapist.full_name in entry["text"] for entry in entries) == 2


def test_requests_tab_lists_states_and_answers(viewer_client: Client) -> None:
    row = RequestFactory(status="rejected", answer_note="full until spring")
    RequestFactory(search=row.search, status="sent")
    text = page(viewer_client, row.search, "search_requests")
    assert "full until spring" in text
    assert text.count("/inquiries/") >= 2
