"""What geocoding tells when an address is dealt with."""

from datetime import datetime
from typing import Any

import pytest

from apps.events.models import DomainEvent
from apps.geocoding.services import jobs
from tests.factories.therapists import PracticeFactory
from tests.geocoding.nominatimserver import Reply, StandIn, house

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("leipzig")]


def told_of_a_practice(at: datetime) -> list[tuple[Any, ...]]:
    """Place one practice that has only its postal code; the events about it."""
    practice = PracticeFactory(plz="04103", latitude=51.34, longitude=12.38, precision="plz")
    jobs.collect(at=at)
    jobs.work(clock=lambda: at)
    rows = DomainEvent.objects.filter(producer="geocoding", subject_id=str(practice.pk))
    return list(rows.values_list("type", "payload"))


def test_placed_address_is_told(own_server: StandIn, at: datetime) -> None:
    own_server.found = [house(51.3391, 12.3857)]
    payload = {"kind": "practice", "to": "placed", "precision": "house"}
    assert told_of_a_practice(at) == [("geocoding.address_placed", payload)]


def test_refused_hit_is_told_with_its_reason(own_server: StandIn, at: datetime) -> None:
    own_server.found = [house(48.137, 11.575)]
    [(name, payload)] = told_of_a_practice(at)
    assert (name, payload["kind"], payload["to"]) == ("geocoding.address_refused", "practice", "refused")
    assert payload.keys() == {"kind", "to", "reason"}


def test_silent_server_tells_nothing(own_server: StandIn, at: datetime) -> None:
    own_server.replies.extend([Reply(status=500, body=[])] * 3)
    assert told_of_a_practice(at) == []
