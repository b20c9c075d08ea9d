from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from apps.core.doctor import Level
from apps.geocoding import doctor
from apps.geocoding.models import GeocodingJob, OutsideServer, PostalCode
from apps.geocoding.services import servers

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english() -> Any:
    with translation.override("en"):
        yield


def test_empty_table_of_postal_codes_is_an_error(at: datetime) -> None:
    PostalCode.objects.all().delete()
    assert [finding.level for finding in doctor.look_at_postal_codes(at)] == [Level.ERROR]
    PostalCode.objects.create(plz="04103", place_name="Leipzig", state="SN", latitude=51.3, longitude=12.4)
    assert [(f.level, f.text) for f in doctor.look_at_postal_codes(at)] == [(Level.OK, "1 are known.")]


def test_resting_server_is_a_warning_until_it_answers(at: datetime) -> None:
    servers.note_failure(name="nominatim", reply="timeout", at=at)
    text = "nominatim failed 1 times in a row and rests until 23.11.2026 09:01: timeout"
    assert [(f.level, f.text) for f in doctor.look_at_servers(at)] == [(Level.WARNING, text)]
    servers.note_success(name="nominatim")
    assert OutsideServer.objects.get().failures == 0
    assert [f.level for f in doctor.look_at_servers(at)] == [Level.OK]


def test_address_waits_once_a_worker_could_have_given_it_back(at: datetime) -> None:
    GeocodingJob.objects.create(kind="practice", object_id=1, waiting_since=at, due_at=at)
    assert doctor.due_since(at + timedelta(minutes=4)) is None
    assert doctor.due_since(at + timedelta(minutes=5)) == at
    GeocodingJob.objects.update(waiting_since=None, due_at=None)
    assert doctor.due_since(at + timedelta(minutes=5)) is None
