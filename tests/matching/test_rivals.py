"""Twenty therapists accept the same patient at the same moment, each over a connection of its own.

RIVAL_ROUNDS says how often; `make rivals` runs the two hundred of the promise.
"""

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from ipaddress import ip_address
from threading import Barrier

import pytest
from django.db import connections
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client
from django.urls import reverse

from apps.matching.enums import Channel, InquiryStatus, RequestStatus, SearchStatus
from apps.matching.models import Inquiry, PlacementRequest, PlacementSearch
from apps.matching.reply_links import reply_token
from apps.therapists.models import Therapist
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory

ROUNDS = int(os.environ.get("RIVAL_ROUNDS", "20"))
RIVALS = 20

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(1500)]


def _asked(therapist: Therapist, search: PlacementSearch, sent_at: datetime) -> PlacementRequest:
    inquiry = Inquiry.objects.create(
        therapist=therapist,
        contact_group=therapist.contact_group,
        channel=Channel.EMAIL,
        status=InquiryStatus.SENT,
        released_at=sent_at,
        sent_at=sent_at,
        last_contact_at=sent_at,
        contact_window=DateTimeTZRange(sent_at, sent_at + timedelta(days=7)),
    )
    return PlacementRequest.objects.create(
        search=search, inquiry=inquiry, therapist=therapist, status=RequestStatus.SENT, sent_at=sent_at
    )


def _accept(request: PlacementRequest, barrier: Barrier) -> int:
    """Click yes on the reply page; returns the HTTP status."""
    try:
        url = reverse("matching:reply", args=[reply_token(request.inquiry)])
        client = Client(REMOTE_ADDR=str(ip_address(0x0A000000 + request.pk)))  # the page counts per address
        barrier.wait(timeout=60)
        return client.post(url, {f"case-{request.pk}-outcome": "accepted"}).status_code
    finally:
        connections.close_all()


def test_twenty_acceptances_at_once_have_one_winner_each_time(at: datetime, today: date) -> None:
    therapists = [TherapistFactory() for _number in range(RIVALS)]
    with ThreadPoolExecutor(RIVALS) as pool:
        for number in range(ROUNDS):
            search = PlacementSearch.objects.create(
                patient=PatientFactory(searching=True), started_on=today, status=SearchStatus.ACTIVE
            )
            sent_at = at - timedelta(days=8 * (ROUNDS - number))
            requests = [_asked(therapist, search, sent_at) for therapist in therapists]
            barrier = Barrier(RIVALS)
            codes = list(pool.map(lambda request, barrier=barrier: _accept(request, barrier), requests))
            search.refresh_from_db()
            states = Counter(search.requests.values_list("status", flat=True))
            assert codes == [302] * RIVALS
            assert states == {RequestStatus.ACCEPTED: 1, RequestStatus.CONFLICT: RIVALS - 1}
            assert search.status == SearchStatus.TRIAL
    assert PlacementRequest.objects.filter(status=RequestStatus.ACCEPTED).count() == ROUNDS
