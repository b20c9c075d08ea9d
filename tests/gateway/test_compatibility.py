"""What may change in the OpenAPI document without anybody outside noticing, and what may not."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from apps.gateway.compatibility import breaks

Document = dict[str, Any]
Change = Callable[[Document], None]

PLAIN: Document = {
    "paths": {
        "/people": {
            "get": {
                "operationId": "list_people",
                "x-scope": "people:read",
                "parameters": [
                    {"in": "query", "name": "limit", "schema": {"type": "integer", "maximum": 200}}
                ],
                "responses": {
                    "200": {
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Out"}}}
                    },
                    "404": {"description": "none"},
                },
            },
            "post": {
                "operationId": "create_person",
                "x-scope": "people:write",
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/In"}}},
                },
                "responses": {"201": {"description": "made"}},
            },
        }
    },
    "components": {
        "schemas": {
            "In": {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "maxLength": 80},
                    "kind": {"type": "string", "enum": ["a", "b"]},
                    "born_on": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
                },
                "required": ["name"],
            },
            "Out": {
                "type": "object",
                "properties": {
                    "id": {"type": "integer"},
                    "kind": {"type": "string", "enum": ["a", "b"]},
                    "boss": {"anyOf": [{"$ref": "#/components/schemas/Out"}, {"type": "null"}]},
                    "tags": {"type": "array", "items": {"type": "string"}},
                },
                "required": ["id", "tags"],
            },
        }
    },
}


def changed(*changes: Change) -> list[str]:
    new = deepcopy(PLAIN)
    for change in changes:
        change(new)
    return breaks(PLAIN, new)


def at(document: Document, *path: str) -> Any:
    for part in path:
        document = document[part]
    return document


def sent(document: Document) -> Document:
    return at(document, "components", "schemas", "In")


def shown(document: Document) -> Document:
    return at(document, "components", "schemas", "Out")


def listing(document: Document) -> Document:
    return at(document, "paths", "/people", "get")


def creation(document: Document) -> Document:
    return at(document, "paths", "/people", "post")


def test_nothing_changed_breaks_nothing() -> None:
    assert changed() == []


@pytest.mark.parametrize(
    "grow",
    [
        lambda document: document["paths"].update({"/more": {"get": {"responses": {}}}}),
        lambda document: sent(document)["properties"].update(note={"type": "string"}),
        lambda document: sent(document)["properties"]["name"].update(maxLength=90),
        lambda document: sent(document)["properties"]["name"].pop("maxLength"),
        lambda document: sent(document)["properties"]["kind"]["enum"].append("c"),
        lambda document: sent(document).update(required=[]),
        lambda document: shown(document)["properties"].update(note={"type": "string"}),
        lambda document: shown(document)["properties"]["kind"]["enum"].append("c"),
        lambda document: shown(document)["required"].append("kind"),
        lambda document: listing(document)["parameters"].append(
            {"in": "query", "name": "sort", "schema": {"type": "string"}}
        ),
        lambda document: creation(document)["requestBody"].update(required=False),
        lambda document: listing(document)["responses"].pop("404"),
    ],
)
def test_what_only_grows_breaks_nothing(grow: Change) -> None:
    assert changed(grow) == []


@pytest.mark.parametrize(
    ("take", "broken"),
    [
        (lambda document: document["paths"].pop("/people"), "GET /people has vanished"),
        (lambda document: listing(document).update(operationId="x"), "operationId is no longer list_people"),
        (lambda document: listing(document).update({"x-scope": "x"}), "x-scope is no longer people:read"),
        (lambda document: listing(document)["parameters"].clear(), "parameter limit has vanished"),
        (
            lambda document: listing(document)["parameters"][0]["schema"].update(maximum=100),
            "limit has a tighter maximum",
        ),
        (
            lambda document: listing(document)["parameters"].append(
                {"in": "query", "name": "q", "required": True, "schema": {"type": "string"}}
            ),
            "parameter q became required",
        ),
        (lambda document: listing(document)["responses"].pop("200"), "answer 200 has vanished"),
        (
            lambda document: listing(document)["responses"]["200"].update(content={"text/csv": {}}),
            "answer 200 is no longer application/json",
        ),
        (lambda document: sent(document)["properties"].pop("kind"), "body.kind has vanished"),
        (lambda document: sent(document)["required"].append("kind"), "body.kind became required"),
        (
            lambda document: sent(document)["properties"]["kind"]["enum"].remove("b"),
            "body.kind no longer takes b",
        ),
        (
            lambda document: sent(document)["properties"]["name"].update(maxLength=40),
            "body.name has a tighter maxLength",
        ),
        (
            lambda document: sent(document)["properties"]["name"].update(pattern="^x"),
            "body.name has another pattern",
        ),
        (
            lambda document: sent(document)["properties"].update(
                born_on={"type": "string", "format": "date"}
            ),
            "body.born_on is no longer null",
        ),
        (lambda document: shown(document)["properties"].pop("kind"), "answer 200.kind has vanished"),
        (
            lambda document: shown(document)["properties"]["id"].update(type="string"),
            "answer 200.id is no longer integer",
        ),
        (
            lambda document: shown(document)["required"].remove("id"),
            "answer 200.id is no longer always there",
        ),
        (
            lambda document: shown(document)["properties"]["tags"]["items"].update(type="integer"),
            "answer 200.tags[] is no longer string",
        ),
    ],
)
def test_what_is_taken_away_is_named(take: Change, broken: str) -> None:
    assert [one.split(": ", 1)[-1] for one in changed(take) if one.endswith(broken)] == [broken]


def test_a_field_that_may_be_empty_from_now_on_breaks_who_reads_it() -> None:
    def loosen(document: Document) -> None:
        shown(document)["properties"]["id"] = {"anyOf": [{"type": "integer"}, {"type": "null"}]}

    assert any("answer 200.id is no longer integer" in one for one in changed(loosen))
