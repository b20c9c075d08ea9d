"""The catalogue as documents: docs/events.json for programs, docs/events.md for people.

Both are kept in the repository: what the committed file promises to those outside may only grow (`breaks`).
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings

from apps.events.catalogue import EventType, type_registry
from apps.events.envelope import envelope_schema, example
from apps.events.schema import DIALECT

Document = dict[str, Any]
HEAD = """# Domain events

Generated from the declarations in `apps/*/events.py` by `manage.py event_catalogue --write`; do not edit.
docs/events.json says the same for programs: JSON Schema (2020-12) of the envelope and of every payload.

## Envelope

| key | type | what |
|---|---|---|
{envelope}

For example:

```json
{example}
```

## What readers may rely on

* Events tell that something happened to which row. They carry ids, states and names of fields: no names of
  people, no addresses, nothing about health. Who may know more asks for the row.
* An event may come more than once, with the same `event_id`. Whoever passes over what came before gets the
  events of one subject in their order. Between subjects there is no order.
* Types and keys are added, never taken away. A type keeps its producer; a key keeps its type. A key becomes
  required only with a new version of its type. Words may be added where one of several stands: pass over
  what you do not know.
"""


def json_path() -> Path:
    return Path(settings.BASE_DIR) / "docs" / "events.json"


def markdown_path() -> Path:
    return Path(settings.BASE_DIR) / "docs" / "events.md"


def product_types() -> list[EventType]:
    """Types of installed apps, by producer and name: what tools declare for themselves is nobody else's."""
    declared = [row for row in type_registry.values() if apps.is_installed(f"apps.{row.producer}")]
    return sorted(declared, key=lambda row: (row.producer, row.name))


def document() -> Document:
    return {
        "$schema": DIALECT,
        "title": "Domain events",
        "envelope": envelope_schema(),
        "types": {row.name: _entry(row) for row in product_types()},
    }


def _entry(row: EventType) -> Document:
    return {
        "version": row.version,
        "producer": row.producer,
        "description": row.description,
        "subject": row.subject,
        "payload": row.payload_schema,
        "example": example(row),
    }


def as_json() -> str:
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def as_markdown() -> str:
    types = product_types()
    shown = next((row for row in types if row.payload), types[0])
    head = HEAD.format(
        envelope="\n".join(_rows(envelope_schema())), example=json.dumps(example(shown), indent=2)
    )
    return "\n".join([head, *_sections(types)]).rstrip() + "\n"


def _sections(types: list[EventType]) -> Iterator[str]:
    for producer in dict.fromkeys(row.producer for row in types):
        yield f"## Told by {producer}\n"
        for row in types:
            if row.producer == producer:
                yield from _section(row)


def _section(row: EventType) -> Iterator[str]:
    yield f"### {row.name}\n"
    yield f"{row.description}. Version {row.version}; subject: {row.subject}.\n"
    if row.payload:
        yield "\n".join(["| key | type | what |", "|---|---|---|", *_rows(row.payload_schema)]) + "\n"
        yield f"Example of the payload: `{json.dumps(example(row)['payload'])}`\n"
    else:
        yield "The payload is empty.\n"


def _rows(schema: Document) -> Iterator[str]:
    for name, rules in schema["properties"].items():
        kind = rules["type"] if name in schema["required"] else f"{rules['type']}, optional"
        yield f"| `{name}` | {kind} | {rules['description']}{_values(rules)} |"


def _values(rules: Document) -> str:
    if "const" in rules:
        return f": `{rules['const']}`"
    return (
        ": " + ", ".join(f"`{word}`" if word else '`""`' for word in rules["enum"]) if "enum" in rules else ""
    )


def files() -> dict[Path, str]:
    """What belongs into the repository."""
    return {json_path(): as_json(), markdown_path(): as_markdown()}


def breaks(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What readers of the old document could no longer rely on, in words; empty if it only grew."""
    found = [f"{name} has vanished" for name in old["types"] if name not in new["types"]]
    for name in old["types"].keys() & new["types"].keys():
        found += [f"{name}: {what}" for what in _of_type(old["types"][name], new["types"][name])]
    found += [
        f"envelope: {what}" for what in _of_keys(old["envelope"], new["envelope"], is_new_version=False)
    ]
    return sorted(found)


def _of_type(old: Document, new: Document) -> Iterator[str]:
    if new["producer"] != old["producer"]:
        yield f"producer is no longer {old['producer']}"
    if new["version"] < old["version"]:
        yield f"version went back from {old['version']}"
    is_new_version = new["version"] > old["version"]
    yield from _of_keys(old["payload"], new["payload"], is_new_version=is_new_version)


def _of_keys(old: Document, new: Document, *, is_new_version: bool) -> Iterator[str]:
    for name, rules in old["properties"].items():
        now = new["properties"].get(name)
        if now is None:
            yield f"key {name} has vanished"
        elif _shape(now) != _shape(rules):
            yield f"key {name} is no longer {rules['type']}"
        elif name in old["required"] and name not in new["required"]:
            yield f"key {name} is no longer always there"
    if not is_new_version:
        for name in new["required"]:
            if name not in old["required"]:
                yield f"key {name} became required without a new version"


def _shape(rules: Document) -> tuple[str, str]:
    return rules["type"], rules.get("items", {}).get("type", "")
