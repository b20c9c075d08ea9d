"""Types of what comes in and goes out: what PostgreSQL cannot keep is refused before it gets there."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any

from ninja import Path, Schema
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, ConfigDict, Field

LARGEST_ID = 2**63 - 1
NUMBER = re.compile(r"\s*[+-]?[\d.]+\s*")
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)


class In(Schema):
    """What a client sends: a name we do not know is an error, not something passed over."""

    model_config = ConfigDict(extra="forbid")


def _storable(text: str) -> str:
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("holds a character that no text may have")
    return text


def _in_calendar(day: date) -> date:
    if not FIRST_DAY <= (day.date() if isinstance(day, datetime) else day) <= LAST_DAY:
        raise ValueError("lies outside of 1900 to 2199")
    return day


def _only_text(value: Any) -> Any:
    """A number is no day: pydantic would take it for seconds since 1970, and digits in a text as well."""
    if isinstance(value, int | float) or (isinstance(value, str) and NUMBER.fullmatch(value)):
        raise ValueError("must be text as in 2026-11-23")
    return value


Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
RowId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Text = Annotated[str, Field(max_length=200), AfterValidator(_storable)]
LongText = Annotated[str, Field(max_length=10_000), AfterValidator(_storable)]
Day = Annotated[date, BeforeValidator(_only_text), AfterValidator(_in_calendar)]
Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_only_text),
    AfterValidator(_in_calendar),
    Field(description="ISO 8601 with offset"),
]


def choice(values: Sequence[tuple[Any, Any]] | Any, *, description: str = "") -> Any:
    """A string out of a TextChoices' values, shown in the document as its `enum`."""
    words = [str(value) for value in getattr(values, "values", values)]

    def known(word: str) -> str:
        if word not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return word

    schema: dict[str, Any] = {"enum": words} | ({"description": description} if description else {})
    return Annotated[str, AfterValidator(known), Field(json_schema_extra=schema)]
