"""One pace for all workers: measured at the server, with a connection of its own for each worker."""

import threading
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection

from apps.geocoding.addresses import Address
from apps.geocoding.enums import Precision
from apps.geocoding.models import CachedLookup, OutsideServer
from apps.geocoding.services import servers
from apps.geocoding.services.lookup import geocode
from tests.geocoding.nominatimserver import Reply, StandIn, house

INTERVAL = 0.2
WORKERS, QUESTIONS = 4, 3
TOLERANCE = 0.06  # a worker wakes late, the next one on time


def at_once(at: datetime, failures: list[Exception]) -> None:
    """Four workers, each with three addresses of its own."""

    def worker(number: int) -> None:
        try:
            for question in range(QUESTIONS):
                found = geocode(address=Address(f"Ring {number}{question}", "04103", "Leipzig"), at=at)
                assert found.precision == Precision.HOUSE
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=worker, args=(number,)) for number in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_pace_is_kept_across_workers(own_server: StandIn, settings: Any, at: datetime) -> None:
    settings.NOMINATIM_INTERVAL_SECONDS = INTERVAL
    own_server.found = [house(51.3391, 12.3857)]
    failures: list[Exception] = []
    at_once(at, failures)
    assert failures == []
    moments = [asked.at for asked in own_server.asked]
    assert len(moments) == WORKERS * QUESTIONS == CachedLookup.objects.count()
    gaps = [after - before for before, after in pairwise(moments)]
    assert min(gaps) > INTERVAL - TOLERANCE
    assert moments[-1] - moments[0] > (len(moments) - 1) * INTERVAL - TOLERANCE


@pytest.mark.django_db(transaction=True)
def test_wish_of_the_server_holds_for_all_workers(own_server: StandIn, settings: Any, at: datetime) -> None:
    """Three others have a slot already when the first is told to wait a second."""
    settings.NOMINATIM_INTERVAL_SECONDS = INTERVAL
    own_server.replies.append(Reply(status=429, body=[], headers={"Retry-After": "1"}))
    own_server.found = [house(51.3391, 12.3857)]
    failures: list[Exception] = []
    at_once(at, failures)
    assert failures == []
    first, second, *_others = [asked.at for asked in own_server.asked]
    assert second - first > 0.99
    assert len(own_server.asked) == WORKERS * QUESTIONS + 1


@pytest.mark.django_db
def test_slot_too_far_away_is_not_taken() -> None:
    servers.wait_for_slot(name="x", interval_seconds=60, patience_seconds=0)
    before = OutsideServer.objects.get().next_free_at
    with pytest.raises(servers.Busy):
        servers.wait_for_slot(name="x", interval_seconds=60, patience_seconds=5)
    assert OutsideServer.objects.get().next_free_at == before


@pytest.mark.django_db
def test_rest_grows_to_a_quarter_of_an_hour(at: datetime) -> None:
    rests = [servers.note_failure(name="x", reply="HTTP 500", at=at).open_until for _count in range(6)]
    assert [(rest - at).total_seconds() / 60 for rest in rests if rest] == [1, 2, 4, 8, 15, 15]
    servers.note_success(name="x")
    assert servers.resting(name="x", at=at) is None
