"""Which text a letter has: the one staff have written last, else the one that comes with the program."""

import logging
from dataclasses import dataclass
from functools import lru_cache

from django.template.loader import get_template

from apps.communication.letters.checks import is_sound
from apps.communication.letters.types import LetterType
from apps.communication.models import LetterText

logger = logging.getLogger(__name__)
SUBJECT = "Betreff: "


@dataclass(frozen=True)
class Wording:
    """Subject and body before they are filled in."""

    subject: str
    body: str


@lru_cache
def own_text(kind: str) -> Wording:
    """The text that comes with the program."""
    source = get_template(f"letters/{kind}.txt").template.source  # type: ignore[attr-defined]
    subject, _newline, body = source.replace("\r\n", "\n").partition("\n")
    return Wording(subject=subject.removeprefix(SUBJECT).strip(), body=body.strip("\n"))


def in_use(letter_type: type[LetterType]) -> Wording:
    """The current text of a letter. One that no longer fits the program (a variable has gone) is not sent
    with holes in it: the program's own text steps in until somebody has mended it."""
    current = LetterText.objects.filter(kind=letter_type.kind, is_current=True)
    row = current.order_by().values_list("subject", "body").first()
    if row is None:
        return own_text(letter_type.kind)
    wording = Wording(*row)
    if not is_sound(letter_type, wording.subject, wording.body):
        logger.error("letter_text_unsound", extra={"kind": letter_type.kind})
        return own_text(letter_type.kind)
    return wording
