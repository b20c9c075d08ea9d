"""The public page of an identity, and the buttons of staff."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from apps.communication.models import EmailMessage
from apps.communication.selectors import readable_text
from apps.matching.models import IdentityLink, PlacementRequest
from apps.matching.services import identity
from tests.matching.acts import fresh
from tests.matching.test_identity import accepted, hand_over, token_of

pytestmark = pytest.mark.django_db

PRIVATE = ("Ahorn", "Kim", "0341 1234567", "@example.org", "Ahornkasse")


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Any:
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def request_() -> PlacementRequest:
    return accepted()


def address(token: str) -> str:
    return reverse("matching:identity", args=[token])


def text(response: Any, status: int = 200) -> str:
    assert response.status_code == status
    return " ".join(response.content.decode().split())


def test_scanner_opens_nothing(client: Client, request_: PlacementRequest) -> None:
    link, token = hand_over(request_)
    for method in ("get", "head", "get"):
        page = text(getattr(client, method)(address(token)))
        assert not any(word in page for word in ("Ahorn", "1234567"))
    assert fresh(link).opened_at is None
    assert fresh(link).revoked_at is None


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options"])
def test_other_methods_open_nothing(client: Client, request_: PlacementRequest, method: str) -> None:
    link, token = hand_over(request_)
    assert getattr(client, method)(address(token)).status_code == 405
    assert fresh(link).opened_at is None


def test_button_shows_the_identity_once(request_: PlacementRequest) -> None:
    client = Client(enforce_csrf_checks=True)
    _link, token = hand_over(request_)
    page = text(client.post(address(token)))
    assert all(word in page for word in PRIVATE)
    again = text(client.post(address(token)), 410)
    assert not any(word in again for word in PRIVATE if word != "@example.org")
    assert "23.11.2026" in again
    assert text(client.get(address(token)), 410) == again


def test_page_shows_nothing_that_is_not_needed(client: Client, request_: PlacementRequest) -> None:
    patient = request_.search.patient
    _link, token = hand_over(request_)
    page = text(client.post(address(token)))
    for word in (patient.street, patient.kvnr, "17.05.1990", patient.plz, "F32", patient.payment_reference):
        assert word not in page


def test_page_is_not_kept_indexed_or_traced(client: Client, request_: PlacementRequest) -> None:
    _link, token = hand_over(request_)
    for response in (client.get(address(token)), client.post(address(token)), client.get(address("x"))):
        assert "no-store" in response["Cache-Control"]
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["X-Robots-Tag"] == "noindex, nofollow, noarchive"
        assert response["X-Frame-Options"] == "DENY"
        assert not response.cookies


def test_page_is_german_whatever_the_browser_asks_for(client: Client, request_: PlacementRequest) -> None:
    _link, token = hand_over(request_)
    page = client.get(address(token), headers={"Accept-Language": "en"})
    assert '<html lang="de"' in text(page)


@pytest.mark.parametrize("method", ["get", "post"])
def test_forged_link_is_not_found(client: Client, request_: PlacementRequest, method: str) -> None:
    hand_over(request_)
    text(getattr(client, method)(address("A" * 43)), 404)


def test_expired_link_says_so(client: Client, request_: PlacementRequest, clock: Any) -> None:
    link, token = hand_over(request_)
    clock.shift(timedelta(days=8))
    for method in ("get", "post"):
        assert "Ahorn" not in text(getattr(client, method)(address(token)), 410)
    assert fresh(link).opened_at is None


def test_revoked_link_says_so(client: Client, request_: PlacementRequest, at: datetime) -> None:
    link, token = hand_over(request_)
    identity.revoke(link=link, actor=None, at=at)
    assert "Ahorn" not in text(client.post(address(token)), 410)


# staff


def test_coordinator_sends_and_revokes(coordinator_client: Client, request_: PlacementRequest) -> None:
    inquiry = reverse("matching:inquiry", args=[request_.inquiry_id])
    send = reverse("matching:hand_over_identity", args=[request_.pk])
    assert send in text(coordinator_client.get(inquiry))
    text(coordinator_client.get(send))
    assert not IdentityLink.objects.exists()
    for _click in range(2):
        coordinator_client.post(send)
    link = IdentityLink.objects.get()
    page = text(coordinator_client.get(inquiry))
    revoke = reverse("matching:revoke_identity", args=[link.pk])
    assert revoke in page
    assert send not in page
    text(coordinator_client.get(revoke))
    assert fresh(link).revoked_at is None
    coordinator_client.post(revoke)
    assert fresh(link).revoked_at is not None
    assert send in text(coordinator_client.get(inquiry))


def test_inquiry_page_tells_when_it_was_opened(
    coordinator_client: Client, viewer_client: Client, request_: PlacementRequest
) -> None:
    _link, token = hand_over(request_)
    Client().post(address(token))
    page = text(viewer_client.get(reverse("matching:inquiry", args=[request_.inquiry_id])))
    assert "23.11.2026 09:00" in page.replace(",", "")
    assert "/identity/link/" not in page
    again = text(coordinator_client.get(reverse("matching:inquiry", args=[request_.inquiry_id])))
    assert "/identity/link/" in again


def test_staff_do_not_read_the_link_in_the_mail(request_: PlacementRequest) -> None:
    hand_over(request_)
    email = EmailMessage.objects.get()
    assert token_of(email) not in readable_text(email)
    assert "/identity/…" in readable_text(email)


def test_link_is_sent_by_who_may_work(viewer_client: Client, request_: PlacementRequest) -> None:
    send = reverse("matching:hand_over_identity", args=[request_.pk])
    assert viewer_client.post(send).status_code == 403
    assert not IdentityLink.objects.exists()
