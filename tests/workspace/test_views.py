from datetime import timedelta

import pytest
from django.utils import timezone
from lxml import html

from apps.matching.models import Round
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory
from tests.workspace import rows

pytestmark = pytest.mark.django_db
PAGES = ["/", "/search/?q=tannert"]
FRAME_QUERIES = 6  # session, user, roles; the session saved within a savepoint
QUERIES_OF_TODAY = FRAME_QUERIES + 24  # parameters 1, sections 20 (two of them prefetched), figures 3
QUERIES_OF_SEARCH = FRAME_QUERIES + 5  # patients, therapists, their approvals and practices, inquiries


def page(response) -> html.HtmlElement:
    return html.fromstring(response.content.decode())


def text_of(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


# Access


@pytest.mark.parametrize("url", PAGES)
def test_page_asks_strangers_to_sign_in(client, url):
    response = client.get(url)

    assert (response.status_code, response.url.split("?")[0]) == (302, "/accounts/login/")


@pytest.mark.parametrize("url", PAGES)
def test_page_refuses_people_without_a_role(outsider_client, url):
    assert outsider_client.get(url).status_code == 403


@pytest.mark.parametrize("url", PAGES)
def test_page_is_for_everybody_with_a_role(viewer_client, coordinator_client, manager_client, url):
    clients = [viewer_client, coordinator_client, manager_client]

    assert [client.get(url).status_code for client in clients] == [200, 200, 200]


@pytest.mark.parametrize("url", PAGES)
def test_page_is_only_for_reading(coordinator_client, url):
    assert coordinator_client.post(url).status_code == 405


# Today


def fill_one_of_everything() -> None:
    at = timezone.now()
    today = timezone.localdate(at)
    rows.request(status="conflict", answered_at=at)
    rows.request(status="accepted", answered_at=at)
    rows.request(status="waitlisted", answered_at=at, waitlist_until=today)
    rows.inquiry(sent_at=at - timedelta(days=8))
    rows.call(starts_at=at - timedelta(minutes=5))
    rows.email(status="unclear", at=at)
    rows.inbound(at=at)
    rows.search(status="paused", paused_from=today, paused_until=today, pause_reason="holiday")
    PatientFactory(payment_received_on=None)
    TherapistFactory(review_status="unreviewed")


@pytest.mark.parametrize("count", [1, 3])
def test_today_needs_the_same_queries_for_one_and_three_rows(
    coordinator_client, django_assert_num_queries, count
):
    Round.objects.create(planned_for=timezone.localdate())
    for _number in range(count):
        fill_one_of_everything()

    with django_assert_num_queries(QUERIES_OF_TODAY):
        response = coordinator_client.get("/")

    sizes = {section.kind.code: len(section.tasks) for section in response.context["sections"]}
    assert sizes["conflicts"] == sizes["emails"] == sizes["incoming"] == sizes["almost_ready"] == count


def test_today_links_every_task_to_where_it_is_done(coordinator_client):
    row = rows.request(status="conflict", answered_at=timezone.now())

    (task,) = page(coordinator_client.get("/")).find_class("work-row")

    assert task.find("a").get("href") == f"/inquiries/{row.inquiry_id}/#request-{row.pk}"
    assert row.search.patient.case_code in text_of(task)


def test_today_shows_no_patient_by_name(coordinator_client):
    PatientFactory(last_name="Tannert", payment_received_on=None)
    rows.request(
        status="accepted",
        answered_at=timezone.now(),
        search=rows.search(patient=PatientFactory(last_name="Tannert", searching=True)),
    )

    source = coordinator_client.get("/").content.decode()

    assert source.count("work-row") == 2
    assert "Tannert" not in source


def test_today_says_when_nothing_waits(coordinator_client):
    assert len(page(coordinator_client.get("/")).find_class("empty")) == 1


def test_today_offers_viewers_nothing_to_change(viewer_client, coordinator_client):
    actions = [
        page(client.get("/")).find_class("page-actions") for client in (viewer_client, coordinator_client)
    ]

    assert [len(found) for found in actions] == [0, 1]


# Search


def test_search_page_shows_names_and_details(coordinator_client):
    patient = PatientFactory(first_name="Ida", last_name="Tannert", case_code="K7M-4QX")

    (hit,) = page(coordinator_client.get("/search/?q=tannert")).find_class("hit")

    assert (hit.get("href"), text_of(hit)) == (
        f"/patients/{patient.pk}/",
        "Tannert, Ida K7M-4QX · 04103 Leipzig",
    )


def test_search_while_typing_answers_with_a_short_list(coordinator_client):
    for _number in range(7):
        PatientFactory(last_name="Tannert")

    response = coordinator_client.get("/search/?q=tannert", headers={"HX-Request": "true"})

    assert b"<html" not in response.content
    assert len(page(response).find_class("hit")) == 5


def test_search_while_typing_shows_nothing_for_one_letter(coordinator_client):
    response = coordinator_client.get("/search/?q=t", headers={"HX-Request": "true"})

    assert response.content.strip() == b""


def test_search_repeats_the_query_harmlessly(coordinator_client):
    source = coordinator_client.get("/search/", {"q": '"><script>x'}).content.decode()

    assert "<script>x" not in source
    assert "&quot;&gt;&lt;script&gt;x" in source


@pytest.mark.parametrize("count", [1, 3])
def test_search_needs_the_same_queries_for_one_and_three_hits(
    coordinator_client, django_assert_num_queries, at, count
):
    for _number in range(count):
        PatientFactory(last_name="Tannert")
        TherapistFactory(last_name="Tannert")

    with django_assert_num_queries(QUERIES_OF_SEARCH):
        response = coordinator_client.get("/search/?q=tannert")

    assert [len(group.hits) for group in response.context["groups"]] == [count, count]
