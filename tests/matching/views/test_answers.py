from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from apps.matching.enums import RequestStatus, SearchStatus
from apps.matching.models import PlacementRequest, RequestHistory, TherapistExclusion
from apps.therapists.models import ContactPause
from tests.factories.matching import RequestFactory

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def answer(client: Client, row: PlacementRequest, *, htmx: bool = False, **values: str) -> object:
    data = {f"request-{row.pk}-{name}": value for name, value in {"source": "phone", **values}.items()}
    url = reverse("matching:answer", args=[row.pk])
    return client.post(url, data, headers=HTMX if htmx else None)


def states(*rows: PlacementRequest) -> list[str]:
    for row in rows:
        row.refresh_from_db()
    return [row.status for row in rows]


def test_acceptance_withdraws_the_others(coordinator_client: Client) -> None:
    row = RequestFactory()
    other = RequestFactory(search=row.search)
    response = answer(coordinator_client, row, outcome="accepted", source="email", note="from January")
    assert response.headers["Location"] == f"{row.inquiry.get_absolute_url()}#request-{row.pk}"
    assert states(row, other) == ["accepted", "withdrawn"]
    assert (row.answer_source, row.answer_note) == ("email", "from January")
    row.search.refresh_from_db()
    assert row.search.status == SearchStatus.TRIAL


def test_answer_sent_twice_is_booked_once(coordinator_client: Client) -> None:
    row = RequestFactory()
    for _click in range(2):
        answer(coordinator_client, row, outcome="accepted")
    assert states(row) == ["accepted"]
    assert RequestHistory.objects.filter(subject=row).count() == 1
    assert ContactPause.objects.count() == 1


def test_waiting_list_and_refusal_need_their_part(coordinator_client: Client) -> None:
    row = RequestFactory()
    name = f"request-{row.pk}"
    for outcome, field in (("waitlisted", "waitlist_until"), ("rejected", "reason")):
        response = answer(coordinator_client, row, outcome=outcome)
        assert list(response.context["card"]["form"].errors) == [field]
        assert name in response.content.decode()
    past = answer(coordinator_client, row, outcome="waitlisted", waitlist_until="2026-11-01")
    assert list(past.context["card"]["form"].errors) == ["waitlist_until"]
    assert states(row) == ["sent"]


def test_waiting_list_keeps_its_day(coordinator_client: Client) -> None:
    row = RequestFactory()
    answer(coordinator_client, row, outcome="waitlisted", waitlist_until="2027-02-01", reason="capacity")
    assert states(row) == ["waitlisted"]
    assert (row.waitlist_until, row.rejection_reason) == (date(2027, 2, 1), "")


def test_not_suitable_excludes_the_therapist(coordinator_client: Client) -> None:
    row = RequestFactory()
    answer(coordinator_client, row, outcome="rejected", reason="not_suitable")
    assert states(row) == ["rejected"]
    assert TherapistExclusion.objects.get().therapist_id == row.therapist_id


def test_htmx_gets_the_form_again_or_goes_to_the_inquiry(coordinator_client: Client) -> None:
    row = RequestFactory()
    wrong = answer(coordinator_client, row, htmx=True, outcome="rejected")
    assert "<html" not in wrong.content.decode()
    right = answer(coordinator_client, row, htmx=True, outcome="rejected", reason="capacity")
    assert right.headers["HX-Redirect"].startswith(row.inquiry.get_absolute_url())


def test_htmx_on_the_page_of_the_inquiry_reloads_it(coordinator_client: Client) -> None:
    """Going to another part of the same page would load nothing."""
    row = RequestFactory()
    here = f"http://testserver{row.inquiry.get_absolute_url()}#request-{row.pk}"
    response = coordinator_client.post(
        reverse("matching:answer", args=[row.pk]),
        {f"request-{row.pk}-outcome": "accepted", f"request-{row.pk}-source": "phone"},
        headers={**HTMX, "HX-Current-URL": here},
    )
    assert response.headers["HX-Refresh"] == "true"
    assert "HX-Redirect" not in response.headers


def test_late_acceptance_becomes_a_conflict(coordinator_client: Client) -> None:
    row = RequestFactory(status="withdrawn", search__status="trial")
    answer(coordinator_client, row, outcome="accepted")
    assert states(row) == ["conflict"]


def test_stale_answer_is_refused_kindly(coordinator_client: Client) -> None:
    row = RequestFactory(status="withdrawn", search__status="trial")
    assert answer(coordinator_client, row, outcome="rejected", reason="capacity").status_code == 409
    assert states(row) == ["withdrawn"]


def test_undo_needs_a_reason_and_brings_the_request_back(coordinator_client: Client) -> None:
    row = RequestFactory()
    answer(coordinator_client, row, outcome="rejected", reason="capacity")
    url = reverse("matching:undo_answer", args=[row.pk])
    assert coordinator_client.post(url, {"reason": ""}).context["form"].errors.keys() == {"reason"}
    coordinator_client.post(url, {"reason": "wrong line"})
    assert states(row) == ["sent"]
    assert RequestHistory.objects.latest("pk").reason == "wrong line"
    assert coordinator_client.post(url, {"reason": "again"}).status_code == 409


def test_conflict_is_thanked(coordinator_client: Client) -> None:
    row = RequestFactory(status="conflict", search__status="trial")
    url = reverse("matching:resolve_conflict", args=[row.pk])
    assert coordinator_client.get(url).context["consequences"]
    coordinator_client.post(url)
    assert states(row) == ["withdrawn"]
    assert row.conflict_resolved_at is not None
    assert coordinator_client.post(url).status_code == 409


def test_conflict_is_taken_only_while_the_search_has_no_place(coordinator_client: Client) -> None:
    row = RequestFactory(status="conflict", search__status="trial")
    url = reverse("matching:resolve_conflict", args=[row.pk]) + "?take=1"
    assert coordinator_client.post(url).status_code == 409
    assert states(row) == [RequestStatus.CONFLICT]
    type(row.search).objects.update(status=SearchStatus.ACTIVE)
    assert coordinator_client.post(url).status_code == 302
    assert states(row) == [RequestStatus.ACCEPTED]
