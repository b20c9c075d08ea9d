"""What several resources tell or take."""

from typing import Annotated

from ninja import Schema
from pydantic import Field

from apps.gateway.fields import In, Text

FREE_TEXT = "Free text about a patient; empty without the scope health:read"

Why = Annotated[Text, Field(min_length=1)]
Figure = Annotated[float, Field(allow_inf_nan=False)]


class ReasonIn(In):
    """Why something is done; kept in the history."""

    reason: Why


class CodedSentence(Schema):
    """A code that does not change, and the sentence staff read for it."""

    code: str
    sentence: str = Field(description="Empty without health:read where the rule speaks of health")


class ScorePart(Schema):
    """One part of a score: it contributes `value` times `weight`."""

    code: str
    label: str
    words: str = Field(description="The fact behind the value")
    value: Figure = Field(description="From 0 to 1")
    weight: Figure
