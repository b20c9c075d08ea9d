from typing import Any

import pytest

from apps.events.schema import Key, always, field_names, object_schema, one_of, problems, row_id, row_text

SCHEMA = object_schema(
    {
        "to": one_of(["a", "b"], "state"),
        "changed": field_names("city", of="the row"),
        "row": row_id("row", example=7),
        "text": row_text("row", example="7"),
        "fixed": always("x", "always x"),
        "note": Key({"type": "string", "format": "uuid"}, "", is_required=False),
    }
)
GOOD: dict[str, Any] = {"to": "a", "changed": ["city"], "row": 7, "text": "7", "fixed": "x"}


def test_good_value_has_no_problems() -> None:
    assert problems(SCHEMA, GOOD) == []
    assert problems(SCHEMA, GOOD | {"note": "3f1c9a52-7d0e-4c1b-9b7a-2d6f0e8a4c11"}) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"to": "c"}, "payload.to is none of 'a', 'b'"),
        ({"to": None}, "payload.to is no string"),
        ({"changed": "city"}, "payload.changed is no array"),
        ({"changed": ["city", "Königstraße 7"]}, "payload.changed[1] does not match ^[a-z][a-z0-9_]*$"),
        ({"changed": [1]}, "payload.changed[0] is no string"),
        ({"row": 0}, "payload.row is less than 1"),
        ({"row": True}, "payload.row is no integer"),
        ({"text": "x7"}, "payload.text does not match ^[1-9][0-9]*$"),
        ({"fixed": "y"}, "payload.fixed is not 'x'"),
        ({"note": "7"}, "payload.note is no uuid"),
        ({"diagnosis": "F32"}, "payload.diagnosis is not declared"),
    ],
)
def test_problem_is_named_with_its_place(change: dict[str, Any], words: str) -> None:
    assert problems(SCHEMA, GOOD | change) == [words]


def test_missing_keys_are_named() -> None:
    assert problems(SCHEMA, {"to": "a", "row": 7, "text": "7"}) == [
        "payload.changed is missing",
        "payload.fixed is missing",
    ]
    assert problems(SCHEMA, []) == ["payload is no object"]


@pytest.mark.parametrize(
    ("value", "is_right"),
    [
        ("2026-11-23T09:00:00+01:00", True),
        ("2026-11-23T08:00:00Z", True),
        ("2026-11-23T09:00:00", False),
        ("soon", False),
    ],
)
def test_moments_have_an_offset(value: str, is_right: bool) -> None:
    assert (problems({"type": "string", "format": "date-time"}, value) == []) is is_right
