import pytest
from django.test import Client
from django.urls import reverse

from apps.communication.models import EmailMessage
from apps.core.models import AccessEntry
from apps.matching.enums import InquiryStatus
from apps.matching.models import Inquiry
from tests.factories.matching import InquiryFactory, RequestFactory, SearchFactory
from tests.factories.therapists import TherapistFactory

pytestmark = pytest.mark.django_db

URL = "/inquiries/"


def shown(client: Client, query: str = "") -> list[str]:
    rows = client.get(f"{URL}?{query}").context["table"].rows
    return [row.record.reference for row in rows]


@pytest.mark.parametrize("count", [1, 3])
def test_list_needs_the_same_queries_for_any_number_of_rows(
    viewer_client: Client, django_assert_num_queries: object, count: int
) -> None:
    for _row in range(count):
        RequestFactory()
    viewer_client.get(URL)
    with django_assert_num_queries(10):  # type: ignore[operator]
        viewer_client.get(URL)


def test_list_tells_how_many_requests_are_answered(viewer_client: Client) -> None:
    answered = RequestFactory(status="rejected")
    RequestFactory(inquiry=answered.inquiry)
    (row,) = viewer_client.get(URL).context["table"].rows
    assert (row.get_cell("answered_count"), row.get_cell("accepted_count")) == ("1 von 2", 0)


def test_filter_finds_by_reference_therapist_and_case_code(viewer_client: Client) -> None:
    first = RequestFactory(inquiry=InquiryFactory(therapist__last_name="Rotbuche"))
    second = RequestFactory(status="rejected", inquiry__channel="phone")
    assert shown(viewer_client) == [second.inquiry.reference, first.inquiry.reference]
    assert shown(viewer_client, "q=rotbuche") == [first.inquiry.reference]
    assert shown(viewer_client, f"q={second.inquiry.reference}") == [second.inquiry.reference]
    assert shown(viewer_client, f"q={first.search.patient.case_code}") == [first.inquiry.reference]
    assert shown(viewer_client, "status=answered") == [second.inquiry.reference]
    assert shown(viewer_client, "channel=email&status=sent") == [first.inquiry.reference]


def test_list_hides_drafts_that_were_emptied(viewer_client: Client) -> None:
    gone = InquiryFactory(status="cancelled")
    assert shown(viewer_client) == []
    assert shown(viewer_client, "status=cancelled") == [gone.reference]


def test_export_holds_the_filtered_rows(coordinator_client: Client) -> None:
    row = RequestFactory()
    RequestFactory(status="rejected")
    text = coordinator_client.get("/inquiries/export.csv?status=sent").getvalue().decode("utf-8-sig")
    assert [line.split(";")[0] for line in text.splitlines()][1:] == [row.inquiry.reference]


def test_page_names_the_patients_and_logs_it(viewer_client: Client) -> None:
    first = RequestFactory()
    second = RequestFactory(inquiry=first.inquiry)
    text = viewer_client.get(first.inquiry.get_absolute_url()).content.decode()
    for row in (first, second):
        assert str(row.search.patient) in text
        assert row.search.patient.case_code in text
    logged = AccessEntry.objects.filter(purpose="matching:inquiry").values_list("patient_id", flat=True)
    assert sorted(logged) == sorted([first.search.patient_id, second.search.patient_id])


def test_page_offers_only_what_can_be_done(viewer_client: Client, coordinator_client: Client) -> None:
    row = RequestFactory()
    url = reverse("matching:answer", args=[row.pk])
    assert url not in viewer_client.get(row.inquiry.get_absolute_url()).content.decode()
    assert url in coordinator_client.get(row.inquiry.get_absolute_url()).content.decode()


@pytest.mark.parametrize(
    "status",
    [
        *("planned", "released", "sent", "accepted", "waitlisted", "rejected", "expired"),
        *("withdrawn", "conflict", "confirmed", "not_fitting"),
    ],
)
def test_page_shows_every_state(coordinator_client: Client, status: str) -> None:
    row = RequestFactory(status=status)
    response = coordinator_client.get(row.inquiry.get_absolute_url())
    assert [card["request"].status for card in response.context["cards"]] == [status]


def test_draft_by_hand_is_previewed_and_released_once(coordinator_client: Client) -> None:
    search, therapist = SearchFactory(), TherapistFactory()
    coordinator_client.post(reverse("matching:add_request", args=[search.pk, therapist.pk]))
    inquiry = Inquiry.objects.get()
    url = reverse("matching:release_inquiry", args=[inquiry.pk])
    assert len(coordinator_client.get(url).context["consequences"]) == 2
    assert not EmailMessage.objects.exists()
    coordinator_client.post(url)
    assert coordinator_client.post(url).status_code == 409
    inquiry.refresh_from_db()
    assert inquiry.status == InquiryStatus.RELEASED
    assert EmailMessage.objects.count() == 1


def test_conflicts_are_listed_until_settled(viewer_client: Client) -> None:
    url = reverse("matching:conflicts")
    row = RequestFactory(status="conflict", search__status="trial")
    settled = RequestFactory(status="conflict", conflict_resolved_at=row.answered_at)
    text = viewer_client.get(url).content.decode()
    assert row.inquiry.reference in text
    assert settled.inquiry.reference not in text


@pytest.mark.parametrize("count", [1, 3])
def test_conflicts_need_the_same_queries_for_any_number_of_rows(
    viewer_client: Client, django_assert_num_queries: object, count: int
) -> None:
    for _row in range(count):
        RequestFactory(status="conflict")
    url = reverse("matching:conflicts")
    viewer_client.get(url)
    with django_assert_num_queries(7):  # type: ignore[operator]
        viewer_client.get(url)
