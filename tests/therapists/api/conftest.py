from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.gateway.services import clients
from apps.geocoding.models import PostalCode
from tests.gateway.conftest import as_client

THERAPISTS, PRACTICES = "/api/v1/therapists", "/api/v1/practices"
Ask = Callable[..., Any]


@pytest.fixture
def partner(db: None) -> Client:
    """A client of that name who may read and write therapists."""
    scopes = ("therapists:read", "therapists:write")
    return as_client(clients.create(name="Partner", scopes=scopes, requests_per_minute=10_000))


@pytest.fixture
def ask(partner: Client) -> Ask:
    """ask("put", path, body): with the ETag that a read of `seen` (else the path) shows."""

    def run(method: str, path: str, data: Any = None, *, seen: str = "", **headers: str) -> Any:
        if method in ("put", "patch") and "If-Match" not in headers:
            headers["If-Match"] = partner.get(seen or path)["ETag"]
        return getattr(partner, method)(path, data, content_type="application/json", headers=headers)

    return run


@pytest.fixture
def places(db: None) -> None:
    PostalCode.objects.bulk_create(
        PostalCode(plz=plz, place_name=city, state=state, latitude=latitude, longitude=longitude)
        for plz, city, state, latitude, longitude in (
            ("04103", "Leipzig", "SN", 51.33, 12.39),
            ("04109", "Leipzig", "SN", 51.34, 12.37),
            ("80331", "München", "BY", 48.14, 11.57),
        )
    )
