from collections.abc import Iterator
from typing import Any

import pytest

from apps.geocoding.models import PostalCode
from apps.geocoding.services import asking
from tests.geocoding.nominatimserver import StandIn


@pytest.fixture
def own_server(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """An address server of our own, asked as fast as the tests like."""
    monkeypatch.setattr(asking, "BACK_OFF_SECONDS", 0.01)
    with StandIn() as server:
        settings.NOMINATIM_URL, settings.NOMINATIM_IS_OWN = server.url, True
        settings.NOMINATIM_INTERVAL_SECONDS = 0.001
        settings.GEOCODER_CONTACT = "it@vermittlung.example.org"
        yield server


@pytest.fixture
def public_server(own_server: StandIn, settings: Any) -> StandIn:
    settings.NOMINATIM_IS_OWN = False
    return own_server


@pytest.fixture
def leipzig(db: None) -> PostalCode:
    return PostalCode.objects.create(
        plz="04103", place_name="Leipzig", state="SN", latitude=51.34, longitude=12.38
    )
