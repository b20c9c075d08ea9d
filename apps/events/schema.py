"""The part of JSON Schema (2020-12) that events need: keys to build schemas from, and a check of values.

Only what the builders below use is understood: type, const, enum, pattern, format (uuid, date-time), minimum,
items, required, properties and additionalProperties: false.
"""

import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

DIALECT = "https://json-schema.org/draft/2020-12/schema"
FIELD_NAME = "^[a-z][a-z0-9_]*$"
ROW_NUMBER = "^[1-9][0-9]*$"
PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "object": (Mapping,),
    "array": (list, tuple),
    "string": (str,),
    "integer": (int,),
}


@dataclass(frozen=True)
class Key:
    """One key of a payload: the schema of its value (with a description) and a value as an example."""

    schema: Mapping[str, Any]
    example: Any
    is_required: bool = True


def one_of(values: Iterable[str], description: str, *, example: str = "") -> Key:
    """One of these words. Words may be added later: who reads events passes over those it does not know."""
    words = [str(value) for value in values]
    return Key(_schema("string", description, enum=words), str(example) or words[0])


def always(value: str, description: str) -> Key:
    return Key(_schema("string", description, const=str(value)), str(value))


def row_id(description: str, *, example: int, is_required: bool = True) -> Key:
    return Key(_schema("integer", description, minimum=1), example, is_required)


def row_text(description: str, *, example: str) -> Key:
    """The id of a row as text."""
    return Key(_schema("string", description, pattern=ROW_NUMBER), example)


def field_names(*example: str, of: str) -> Key:
    """Names of fields that have a new value; never the values."""
    description = f"Names of the changed fields of {of}; never their values"
    items = {"type": "string", "pattern": FIELD_NAME}
    return Key(_schema("array", description, items=items), list(example))


def object_schema(keys: Mapping[str, Key]) -> dict[str, Any]:
    """The schema of an object with these keys and no others."""
    return {
        "type": "object",
        "properties": {name: dict(key.schema) for name, key in keys.items()},
        "required": [name for name, key in keys.items() if key.is_required],
        "additionalProperties": False,
    }


def _schema(kind: str, description: str, **rules: Any) -> dict[str, Any]:
    return {"type": kind, "description": description, **rules}


def problems(schema: Mapping[str, Any], value: Any, at: str = "payload") -> list[str]:
    """What is wrong with the value, by place; empty if it keeps the schema. Values are not repeated."""
    kind = schema.get("type", "")
    if kind and (not isinstance(value, PYTHON_TYPES[kind]) or isinstance(value, bool)):
        return [f"{at} is no {kind}"]
    return [*_of_value(schema, value, at), *_of_parts(schema, value, at)]


def _of_value(schema: Mapping[str, Any], value: Any, at: str) -> Iterator[str]:
    if "const" in schema and value != schema["const"]:
        yield f"{at} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at} is none of {', '.join(map(repr, schema['enum']))}"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{at} does not match {schema['pattern']}"
    if "minimum" in schema and value < schema["minimum"]:
        yield f"{at} is less than {schema['minimum']}"
    if "format" in schema and not _has_format(schema["format"], value):
        yield f"{at} is no {schema['format']}"


def _of_parts(schema: Mapping[str, Any], value: Any, at: str) -> Iterator[str]:
    if "properties" in schema:
        yield from _of_keys(schema, value, at)
    if "items" in schema:
        yield from _of_items(schema["items"], value, at)


def _of_keys(schema: Mapping[str, Any], value: Mapping[str, Any], at: str) -> Iterator[str]:
    known = schema["properties"]
    for name in schema.get("required", []):
        if name not in value:
            yield f"{at}.{name} is missing"
    for name in value:
        if name in known:
            yield from problems(known[name], value[name], f"{at}.{name}")
        elif schema.get("additionalProperties") is False:
            yield f"{at}.{name} is not declared"


def _of_items(schema: Mapping[str, Any], values: Sequence[Any], at: str) -> Iterator[str]:
    for number, value in enumerate(values):
        yield from problems(schema, value, f"{at}[{number}]")


def _has_format(name: str, value: str) -> bool:
    """`date-time` with its offset, as RFC 3339 wants it."""
    try:
        if name == "uuid":
            return str(uuid.UUID(value)) == value.lower()
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
