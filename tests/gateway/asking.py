"""Requests of a client and what is compared of their answers."""

from typing import Any

from django.http import HttpResponse
from django.test import Client

from apps.core.models import AccessEntry

HEALTH = "health:read"


ENGLISH = {"Accept-Language": "en"}


def post(client: Client, path: str, data: Any = None, **headers: str) -> HttpResponse:
    return client.post(
        f"/api/v1{path}", data or {}, content_type="application/json", headers=ENGLISH | headers
    )


def patch(client: Client, path: str, data: Any, **headers: str) -> HttpResponse:
    return client.patch(f"/api/v1{path}", data, content_type="application/json", headers=ENGLISH | headers)


def get(client: Client, path: str, **query: Any) -> HttpResponse:
    return client.get(f"/api/v1{path}", query, headers=ENGLISH)


def ids(response: HttpResponse) -> list[int]:
    assert response.status_code == 200, response.content
    return [item["id"] for item in response.json()["items"]]


def paths(response: HttpResponse) -> list[str]:
    assert response.status_code == 422, response.content
    return [error["path"] for error in response.json()["errors"]]


def looks() -> list[tuple[str, int, str]]:
    """Who looked at whom on what, in order."""
    rows = AccessEntry.objects.order_by("id").select_related("actor")
    return [(row.actor.display_name, row.patient_id, row.purpose) for row in rows]
