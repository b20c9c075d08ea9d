from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.communication.services import calls, notes
from apps.matching import timeline
from apps.matching.models import InquiryHistory, RequestHistory
from tests.communication.rows import call_at
from tests.factories.matching import RequestFactory, SearchFactory
from tests.matching.acts import ask

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
OPERATION = "6f1f3f0e-1111-4000-8000-000000000001"


def test_last_of_several_steps_at_one_moment_is_on_top(at: datetime) -> None:
    """An acceptance withdraws the others within one moment; the story still reads from the bottom up."""
    request = RequestFactory()
    steps = [("sent", "withdrawn"), ("withdrawn", "conflict")]
    for old, new in steps:
        RequestHistory.objects.create(subject=request, old=old, new=new, at=at, operation=OPERATION)
    InquiryHistory.objects.create(
        subject=request.inquiry, old="sent", new="withdrawn", at=at, operation=OPERATION
    )
    found = [entry["text"].split(" → ")[1] for entry in timeline.of_inquiry(request.inquiry)]
    assert found == ["weitere Zusage", "zurückgezogen", "zurückgezogen"]


def test_inquiry_tells_contacts_and_notes_of_its_therapist(coordinator: User, at: datetime) -> None:
    inquiry = ask(at=at)
    InquiryHistory.objects.all().delete()
    RequestHistory.objects.all().delete()
    therapist = inquiry.therapist
    call_at(at + DAY, therapist=therapist)
    notes.add(text="lieber schriftlich", therapist=therapist, actor=coordinator, at=at + 2 * DAY)
    notes.add(text="lange her", therapist=therapist, actor=coordinator, at=at - DAY)
    entries = timeline.of_inquiry(inquiry)
    assert [entry["kind"] for entry in entries] == ["note", "call", "email"]
    assert entries[0]["reason"] == "lieber schriftlich"


@pytest.mark.parametrize("count", [1, 3])
def test_inquiry_costs_eight_queries_however_much_has_happened(
    coordinator: User, at: datetime, django_assert_num_queries: Any, count: int
) -> None:
    """Own steps, steps of the requests; e-mails and their starts, calls and their ends, messages, notes."""
    inquiry = ask(*(SearchFactory() for _number in range(count)), at=at)
    for number in range(count):
        call = call_at(at + number * DAY, therapist=inquiry.therapist)
        calls.cancel(call=call, actor=coordinator, at=at, reason="test")
        notes.add(text=f"{number}", therapist=inquiry.therapist, actor=coordinator, at=at)
    with django_assert_num_queries(8):
        assert len(timeline.of_inquiry(inquiry)) > 3 * count


def test_page_of_an_inquiry_offers_to_strike_own_notes(
    coordinator_client: Client, coordinator: User, at: datetime
) -> None:
    inquiry = ask(at=at)
    note = notes.add(text="ruft an", therapist=inquiry.therapist, actor=coordinator, at=at)
    text = coordinator_client.get(inquiry.get_absolute_url()).text
    assert "ruft an" in text
    assert reverse("communication:strike_note", args=[note.pk]) in text
