"""Short words for requests to the interface."""

from typing import Any

from django.test import Client

from apps.core.models import AccessEntry

URL = "/api/v1/patients"
JSON = "application/json"


def post(client: Client, path: str, body: Any, **headers: str) -> Any:
    return client.post(f"{URL}{path}", body, content_type=JSON, headers=headers)


def put(client: Client, path: str, body: Any, tag: str) -> Any:
    return client.put(f"{URL}{path}", body, content_type=JSON, headers={"If-Match": tag} if tag else {})


def patch(client: Client, path: str, body: Any, tag: str) -> Any:
    return client.patch(f"{URL}{path}", body, content_type=JSON, headers={"If-Match": tag} if tag else {})


def paths(answer: Any) -> list[str]:
    """Where something is wrong."""
    assert answer.status_code == 422, answer.content
    return [one["path"] for one in answer.json()["errors"]]


def accesses() -> list[tuple[int, str, str]]:
    """Patient, purpose and name of everybody in the log, in order."""
    rows = AccessEntry.objects.select_related("actor").order_by("pk")
    return [(row.patient_id, row.purpose, row.actor.display_name) for row in rows]
