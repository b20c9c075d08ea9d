import pytest
from django.test import Client
from django.urls import reverse

from apps.communication.models import EmailMessage, PhoneCall
from apps.matching.enums import InquiryStatus, RequestStatus, RoundStatus
from apps.matching.models import Inquiry, PlacementRequest, Round
from apps.therapists.models import Therapist
from tests.factories.matching import RequestFactory, SearchFactory
from tests.factories.therapists import TherapistFactory

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def draft(coordinator_client: Client) -> Round:
    """Two searches, two therapists (one without e-mail), planned as a draft."""
    TherapistFactory()
    TherapistFactory(practice__email="")
    SearchFactory()
    SearchFactory()
    coordinator_client.post(reverse("matching:plan_round"))
    return Round.objects.get()


def test_second_plan_is_refused_while_a_draft_waits(coordinator_client: Client, draft: Round) -> None:
    assert coordinator_client.post(reverse("matching:plan_round")).status_code == 409
    assert Round.objects.count() == 1


def test_round_shows_every_line_with_its_reason(viewer_client: Client, draft: Round) -> None:
    context = viewer_client.get(draft.get_absolute_url()).context
    lines = [line for row in context["rows"] for line in row["lines"]]
    assert len(lines) == PlacementRequest.objects.count() == 4
    assert all(line["reasons"] and line["facts"]["option_count"] == 2 for line in lines)
    assert all(0 <= line["chance"]["before"] < line["chance"]["after"] <= 100 for line in lines)
    assert (context["search_count"], context["request_count"]) == (2, 4)


@pytest.mark.parametrize("therapists", [1, 3])
def test_round_needs_the_same_queries_for_any_number_of_inquiries(
    coordinator_client: Client, viewer_client: Client, django_assert_num_queries: object, therapists: int
) -> None:
    for _row in range(therapists):
        TherapistFactory()
    SearchFactory()
    coordinator_client.post(reverse("matching:plan_round"))
    url = Round.objects.get().get_absolute_url()
    viewer_client.get(url)
    with django_assert_num_queries(12):  # type: ignore[operator]
        viewer_client.get(url)


def test_release_previews_then_releases_what_was_ticked(coordinator_client: Client, draft: Round) -> None:
    by_email = Inquiry.objects.get(channel="email")
    url = reverse("matching:release_round", args=[draft.pk])
    preview = coordinator_client.get(url, {"inquiry": by_email.pk})
    assert preview.context["inquiries"] == [by_email]
    assert not EmailMessage.objects.exists()
    coordinator_client.post(url, {"inquiry": by_email.pk})
    assert EmailMessage.objects.count() == 1
    assert not PhoneCall.objects.exists()
    draft.refresh_from_db()
    assert draft.status == RoundStatus.DRAFT


def test_release_of_all_sends_each_inquiry_once(coordinator_client: Client, draft: Round) -> None:
    url = reverse("matching:release_round", args=[draft.pk])
    everything = coordinator_client.get(url, {"all": "1"}).context["inquiries"]
    data = {"inquiry": [inquiry.pk for inquiry in everything]}
    coordinator_client.post(url, data)
    coordinator_client.post(url, data)
    draft.refresh_from_db()
    assert (EmailMessage.objects.count(), PhoneCall.objects.count()) == (1, 1)
    assert draft.status == RoundStatus.RELEASED


def test_release_tells_what_was_refused(coordinator_client: Client, draft: Round) -> None:
    inquiry = Inquiry.objects.get(channel="email")
    Therapist.objects.filter(pk=inquiry.therapist_id).update(seat="none")
    url = reverse("matching:release_round", args=[draft.pk])
    response = coordinator_client.post(url, {"inquiry": inquiry.pk}, follow=True)
    told = [str(message) for message in response.context["messages"]]
    assert inquiry.reference in told[-1]
    assert not EmailMessage.objects.exists()


def test_release_without_a_tick_goes_back(coordinator_client: Client, draft: Round) -> None:
    response = coordinator_client.get(reverse("matching:release_round", args=[draft.pk]))
    assert response.headers["Location"] == draft.get_absolute_url()


def test_dropped_line_vanishes_once(coordinator_client: Client, draft: Round) -> None:
    line = PlacementRequest.objects.earliest("pk")
    url = reverse("matching:drop_request", args=[line.pk])
    text = coordinator_client.post(url, headers=HTMX).content.decode()
    assert text.strip().startswith("<tr>")
    line.refresh_from_db()
    assert line.status == RequestStatus.DROPPED
    assert coordinator_client.post(url).status_code == 409


def test_round_whose_last_line_is_dropped_is_discarded(coordinator_client: Client, draft: Round) -> None:
    for line in PlacementRequest.objects.order_by("pk"):
        coordinator_client.post(reverse("matching:drop_request", args=[line.pk]))
    draft.refresh_from_db()
    assert draft.status == RoundStatus.DISCARDED
    assert set(Inquiry.objects.values_list("status", flat=True)) == {InquiryStatus.CANCELLED}


def test_discard_throws_the_draft_away_once(coordinator_client: Client, draft: Round) -> None:
    url = reverse("matching:discard_round", args=[draft.pk])
    assert coordinator_client.get(url).status_code == 200
    assert Round.objects.get().status == RoundStatus.DRAFT
    coordinator_client.post(url)
    assert coordinator_client.post(url).status_code == 409
    assert Round.objects.get().status == RoundStatus.DISCARDED


def test_unplanned_searches_come_with_what_blocks_them(viewer_client: Client, draft: Round) -> None:
    lonely = SearchFactory(patient__latitude=51.6)
    rows = viewer_client.get(reverse("matching:unplanned", args=[draft.pk]), headers=HTMX).context["rows"]
    assert [row["search"].pk for row in rows] == [lonely.pk]
    assert rows[0]["blocking"]


def test_list_shows_drafts_filled_by_hand(viewer_client: Client) -> None:
    row = RequestFactory(status="planned")
    assert row.inquiry.reference in viewer_client.get(reverse("matching:rounds")).content.decode()


def test_letter_is_shown_without_its_key(viewer_client: Client, draft: Round) -> None:
    inquiry = Inquiry.objects.get(channel="email")
    text = viewer_client.get(reverse("matching:letter", args=[inquiry.pk])).content.decode()
    assert "/reply/…" in text
    assert inquiry.requests.first().search.patient.case_code in text
    assert not EmailMessage.objects.exists()
