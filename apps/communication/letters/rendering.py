"""A letter from its text and values. Calls nothing that could send."""

import re
from datetime import date, datetime
from typing import Any

from django.utils import translation

from apps.communication.letters.language import fill
from apps.communication.letters.texts import Wording, in_use
from apps.communication.letters.types import LetterType, Values
from apps.communication.letters.typeset import typeset
from apps.communication.services.queue import Letter

EMPTY_LINES = re.compile(r"\n{3,}")
TRAILING = re.compile(r"[ \t]+$", re.MULTILINE)
PLAIN = (str, int, bool, float, date, datetime)


def render(letter_type: type[LetterType], values: Values) -> Letter:
    """The letter as it goes out, with the text in use."""
    return compose(letter_type, in_use(letter_type), values)


def compose(letter_type: type[LetterType], wording: Wording, values: Values) -> Letter:
    """The letter with this text. In German, whatever the person at the screen reads."""
    _require_declared(letter_type, values)
    with translation.override("de"):
        subject = " ".join(fill(wording.subject, values).split())
        text = tidy(fill(wording.body, values))
    return Letter(
        kind=letter_type.kind,
        subject=subject,
        text=text,
        html=typeset(text, title=subject, button=letter_type.button),
    )


def tidy(text: str) -> str:
    """At most one empty line in a row, none at the ends, no blanks at the ends of lines."""
    return EMPTY_LINES.sub("\n\n", TRAILING.sub("", text)).strip() + "\n"


def _require_declared(letter_type: type[LetterType], values: Values) -> None:
    """What a text may use is exactly what was declared, and nothing that could do or tell more."""
    declared = {variable.name for variable in letter_type.variables}
    if declared != set(values):
        raise ValueError(f"{letter_type.kind}: {sorted(declared ^ set(values))}")
    for name, value in values.items():
        if not _is_plain(value):
            raise TypeError(f"{letter_type.kind}: {name} is no plain value")


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_plain(part) for part in value)
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(part) for key, part in value.items())
    return type(value) in PLAIN
