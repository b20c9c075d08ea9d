from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from apps.communication.enums import CallPurpose
from apps.communication.models import PhoneCall
from apps.communication.services import calls
from apps.matching.enums import InquiryStatus
from apps.matching.models import InquiryContact, PlacementRequest
from tests.factories.matching import InquiryFactory, RequestFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def row() -> PlacementRequest:
    """Released by phone, not asked yet."""
    inquiry = InquiryFactory(status="released", channel="phone")
    return RequestFactory(status="released", inquiry=inquiry, search__patient__last_name="Geheimname")


@pytest.fixture
def call(row: PlacementRequest, at: datetime) -> PhoneCall:
    planned = calls.plan(
        therapist=row.therapist,
        purpose=CallPurpose.FIRST_CONTACT,
        not_before=at,
        minutes=5,
        actor=None,
        at=at,
    )
    InquiryContact.objects.create(inquiry=row.inquiry, call=planned, request_ids=[row.pk])
    return planned


def test_sheet_shows_case_facts_and_nobody_by_name(
    viewer_client: Client, call: PhoneCall, row: PlacementRequest
) -> None:
    text = viewer_client.get(reverse("matching:call", args=[call.pk])).content.decode()
    assert row.search.patient.case_code in text
    assert "PLZ-Region 04" in text
    assert "Geheimname" not in text
    assert '<form method="post">' not in text


def test_reached_counts_as_asked_and_leads_to_the_answers(
    coordinator_client: Client, call: PhoneCall, row: PlacementRequest
) -> None:
    url = reverse("matching:call", args=[call.pk])
    response = coordinator_client.post(url, {"outcome": "reached", "note": "wants to think"})
    assert response.headers["Location"] == row.inquiry.get_absolute_url()
    call.refresh_from_db()
    row.inquiry.refresh_from_db()
    assert (call.outcome, call.note, row.inquiry.status) == ("reached", "wants to think", InquiryStatus.SENT)
    assert coordinator_client.post(url, {"outcome": "reached"}).status_code == 409


def test_not_reached_plans_the_next_try(coordinator_client: Client, call: PhoneCall, at: datetime) -> None:
    coordinator_client.post(reverse("matching:call", args=[call.pk]), {"outcome": "not_reached"})
    following = PhoneCall.objects.exclude(pk=call.pk).get()
    assert following.status == "planned"
    assert following.starts_at >= at + timedelta(days=1)


def test_call_without_outcome_asks_again(coordinator_client: Client, call: PhoneCall) -> None:
    response = coordinator_client.post(reverse("matching:call", args=[call.pk]), {})
    assert response.context["form"].errors.keys() == {"outcome"}
