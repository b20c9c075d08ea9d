"""Every operation of the interface, derived from its document: who is let in and who is not."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.test import Client
from ninja import Schema

from apps.accounts.models import User
from apps.gateway.enums import VIEWER_SCOPES, WORKER_SCOPES, Scope
from config.api import api

pytestmark = pytest.mark.django_db

PREFIX = "/api/v1/"
DOCUMENT: dict[str, Any] = api.get_openapi_schema(path_prefix=PREFIX)
REFUSED = 403


class Operation(NamedTuple):
    method: str
    path: str
    scope: str
    responses: tuple[str, ...]

    @property
    def url(self) -> str:
        """With ids nobody has: the guards come before the rows."""
        return re.sub(r"\{[^}]+\}", "999999", self.path)

    @property
    def is_writing(self) -> bool:
        return self.method != "get"

    def ask(self, client: Client) -> int:
        return int(
            getattr(client, self.method)(self.url, data={}, content_type="application/json").status_code
        )


OPERATIONS = [
    Operation(method, path, found.get("x-scope", ""), tuple(map(str, found["responses"])))
    for path, methods in DOCUMENT["paths"].items()
    for method, found in methods.items()
]
each = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: f"{one.method} {one.path}")


@each
def test_operation_names_a_known_scope_and_its_errors(operation: Operation) -> None:
    assert operation.scope in Scope.values
    assert {"400", "401", "403", "422", "429"} <= set(operation.responses)


@each
def test_operation_refuses_strangers(operation: Operation) -> None:
    assert operation.ask(Client()) == 401
    assert operation.ask(Client(headers={"Authorization": "Bearer ptv_nobody"})) == 401


@each
def test_operation_refuses_every_other_scope(operation: Operation, calling) -> None:
    others = [scope for scope in Scope.values if scope != operation.scope]
    assert operation.ask(calling(*others)) == REFUSED


@each
def test_operation_lets_its_scope_in(operation: Operation, calling) -> None:
    assert operation.ask(calling(operation.scope)) not in (401, REFUSED, 500)


@each
def test_operation_follows_the_roles(
    operation: Operation, viewer: User, coordinator: User, manager: User
) -> None:
    allowed = {viewer: VIEWER_SCOPES, coordinator: WORKER_SCOPES, manager: WORKER_SCOPES}
    for user, scopes in allowed.items():
        client = Client()
        client.force_login(user)
        assert (operation.ask(client) != REFUSED) == (operation.scope in scopes), user


@each
def test_operation_with_a_session_needs_the_csrf_token(operation: Operation, coordinator: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(coordinator)
    is_refused = operation.is_writing or operation.scope not in WORKER_SCOPES
    assert (operation.ask(client) == REFUSED) == is_refused


def test_there_are_operations() -> None:
    assert len(OPERATIONS) >= 3


def test_no_two_schemas_share_a_name() -> None:
    """The document keeps schemas by their names: a second one would take the place of the first."""
    homes: dict[str, set[str]] = {}
    for schema in _below(Schema):
        if schema.__name__ in DOCUMENT["components"]["schemas"]:
            homes.setdefault(schema.__name__, set()).add(schema.__module__)
    assert {name: modules for name, modules in homes.items() if len(modules) > 1} == {}


def test_operations_have_names_of_their_own() -> None:
    found = [one["operationId"] for methods in DOCUMENT["paths"].values() for one in methods.values()]
    assert len(found) == len(set(found))
    assert [name for name in found if name.startswith("apps_")] == []


def _below(schema: type[Schema]) -> Iterator[type[Schema]]:
    for one in schema.__subclasses__():
        yield one
        yield from _below(one)
