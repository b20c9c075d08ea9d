"""One spelling of what only therapists have: ICD-10 wishes, addresses for comparison."""

import re
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.core import icd

LONGEST_WISH = 9  # characters the column holds
STREET = re.compile(r"(?:strasse|str\.?)(?=\s|\d|$)")


def diagnoses(texts: Iterable[str]) -> list[str]:
    """["f40.1 g", "F40 – 48"] → ["F40.1", "F40-F48"], without doubles. Raises ValidationError."""
    return list(dict.fromkeys(diagnosis(text) for text in texts if text.strip()))


def diagnosis(text: str) -> str:
    """The canonical code ("F40.1", "F4") or block ("F40-F48") of an ICD-10 wish. Raises ValidationError."""
    canonical = icd.normalise(text)
    if canonical is None or len(canonical) > LONGEST_WISH:
        raise ValidationError(
            _("“%(text)s” is not an ICD-10 code or block like F32 or F40-F48."), params={"text": text}
        )
    return canonical


def address_key(text: str) -> str:
    """Street or name of a practice for comparison: "Haupt-Str. 5a" and "Hauptstraße 5 A" are one."""
    text = STREET.sub("str", text.casefold())
    return re.sub(r"[\W_]+", "", text)
