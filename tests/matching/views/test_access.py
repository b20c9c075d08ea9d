"""Every page for everybody: anonymous people, an account without a role, and the three roles."""

from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import reverse

from apps.communication.enums import CallPurpose
from apps.communication.services import calls
from apps.matching.models import PlacementRequest
from tests.factories.matching import InquiryFactory, RequestFactory, RoundFactory, SessionFactory

pytestmark = pytest.mark.django_db

READ = [
    *("searches", "search", "search_requests", "search_history", "why_not", "rounds", "round", "unplanned"),
    *("inquiries", "inquiry", "letter", "conflicts", "waiting_patients", "call"),
]
WORK_PAGES = [
    *("searches_export", "exclude_therapist", "pause_search", "cancel_search", "release_round"),
    *("discard_round", "inquiries_export", "release_inquiry", "undo_answer", "resolve_conflict"),
    *("release_identity", "confirm", "did_not_fit", "undo_confirm"),
]
WORK_POSTS = [
    *("open_search", "add_request", "resume_search", "undo_cancel_search", "plan_round", "drop_request"),
    *("answer", "plan_session", "record_session", "save_free_place"),
]


@dataclass
class Urls:
    """The URL of each name for one inquiry with one sent request."""

    request: PlacementRequest

    def of(self, name: str) -> str:
        row = self.request
        arguments = {
            "open_search": [row.search.patient_id],
            "add_request": [row.search_id, row.therapist_id],
            "exclude_therapist": [row.search_id, row.therapist_id],
            "record_session": [1],
            "call": [self._call()] if name == "call" else [],
            "waiting_patients": [row.therapist_id],
            "save_free_place": [row.therapist_id],
        }
        plain = {"searches", "searches_export", "rounds", "plan_round", "inquiries", "inquiries_export"}
        if name in plain | {"conflicts"}:
            return reverse(f"matching:{name}")
        return reverse(f"matching:{name}", args=arguments.get(name) or [self._pk(name)])

    def _pk(self, name: str) -> int:
        of_search = {"search", "why_not", "search_requests", "search_history"}
        if name in of_search or name.endswith("_search"):
            return self.request.search_id
        if name in {"round", "unplanned"} or name.endswith("_round"):
            return self.request.inquiry.round_id
        if name in {"inquiry", "letter", "release_inquiry"}:
            return self.request.inquiry_id
        return self.request.pk

    def _call(self) -> int:
        row = self.request
        return calls.plan(
            therapist=row.therapist,
            purpose=CallPurpose.FIRST_CONTACT,
            not_before=row.sent_at,
            minutes=5,
            actor=None,
            at=row.sent_at,
        ).pk


@pytest.fixture
def urls(db: None) -> Urls:
    return Urls(RequestFactory(inquiry=InquiryFactory(round=RoundFactory())))


@pytest.mark.parametrize("name", READ)
def test_reading_pages_open_for_every_role(
    urls: Urls, name: str, viewer_client: Client, coordinator_client: Client, manager_client: Client
) -> None:
    url = urls.of(name)
    found = [client.get(url).status_code for client in (viewer_client, coordinator_client, manager_client)]
    assert found == [200, 200, 200]


@pytest.mark.parametrize("name", [*READ, *WORK_PAGES, *WORK_POSTS])
def test_no_page_opens_without_a_role(urls: Urls, name: str, client: Client, outsider_client: Client) -> None:
    url = urls.of(name)
    assert client.get(url).headers["Location"].startswith("/accounts/login/")
    assert outsider_client.get(url).status_code == 403


@pytest.mark.parametrize("name", WORK_PAGES)
def test_pages_of_acts_open_for_those_who_work(
    urls: Urls, name: str, viewer_client: Client, coordinator_client: Client
) -> None:
    url = urls.of(name)
    assert viewer_client.get(url).status_code == 403
    assert coordinator_client.get(url).status_code in (200, 302)


@pytest.mark.parametrize("name", [*WORK_POSTS, *WORK_PAGES, "call"])
def test_viewer_changes_nothing(urls: Urls, name: str, viewer_client: Client) -> None:
    data = {"outcome": "reached", "note": ""}
    assert viewer_client.post(urls.of(name), data).status_code in (403, 405)
    assert PlacementRequest.objects.get().status == "sent"


@pytest.mark.parametrize("name", WORK_POSTS)
def test_acts_without_a_page_take_only_post(urls: Urls, name: str, coordinator_client: Client) -> None:
    assert coordinator_client.get(urls.of(name)).status_code == 405


def test_session_is_recorded_by_those_who_work(viewer_client: Client, coordinator_client: Client) -> None:
    session = SessionFactory()
    url = reverse("matching:record_session", args=[session.pk])
    assert viewer_client.post(url, {"outcome": "held"}).status_code == 403
    assert coordinator_client.post(url, {"outcome": "held"}).status_code == 302
    session.refresh_from_db()
    assert session.outcome == "held"
