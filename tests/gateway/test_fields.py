"""What is refused before the database must."""

from typing import Any

import pytest
from pydantic import ValidationError

from apps.gateway.enums import Scope
from apps.gateway.fields import Day, Id, In, Moment, Text, choice


class Told(In):
    id: Id = 1
    text: Text = ""
    day: Day | None = None
    moment: Moment | None = None
    scope: choice(Scope) = Scope.PATIENTS_READ  # type: ignore[valid-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("id", value) for value in (0, -1, 2**63, "x")],
        *[("text", value) for value in ("\x00", "a\x00b", "x" * 201)],
        *[("day", value) for value in (0, "0", "20261123", "1899-12-31", "2200-01-01", "2026-02-30")],
        *[("moment", value) for value in ("9999", 5.5, "2026-11-23T09:00:00", "0001-01-01T00:00:00Z")],
        *[("scope", value) for value in ("", "everything", "PATIENTS_READ")],
        ("unknown", 1),
    ],
)
def test_value_that_cannot_be_kept_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        Told(**{name: value})
    assert {error["loc"][0] for error in caught.value.errors()} == {name}


def test_usable_values_are_taken() -> None:
    told = Told(
        id=2**63 - 1, text="Ä", day="2026-11-23", moment="2026-11-23T09:00:00+01:00", scope="health:read"
    )
    assert (told.day.isoformat(), told.scope) == ("2026-11-23", "health:read")  # type: ignore[union-attr]


def test_document_shows_the_words_of_a_choice() -> None:
    assert Told.model_json_schema()["properties"]["scope"]["enum"] == Scope.values
