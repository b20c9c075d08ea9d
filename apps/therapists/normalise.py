"""One spelling of what people type: telephone numbers, e-mail addresses, ICD-10 wishes, addresses."""

import re
from collections.abc import Iterable

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

REGION = "DE"
SHORTEST_NUMBER = 100_000  # with its area code a number has six digits at least
LONGEST_WISH = 9  # characters the column holds
CODE = re.compile(r"([A-Z])(\d{0,2})(?:(?<=\d\d)\.?(\d{1,2}))?")
CODE_MARKS = re.compile(r"(?<=.)[GVZA+*!.]+$")  # certainty letters and marks of outpatient coding
DASHES = re.compile(r"\s*[-‐-―−]\s*")
STREET = re.compile(r"(?:strasse|str\.?)(?=\s|\d|$)")


def phone(text: str) -> str:
    """ "0911/540 89 86" → "+499115408986" (E.164). Raises ValidationError for what is no number."""
    if not text.strip():
        return ""
    number = _parsed(text)
    if number is None:
        raise ValidationError(
            _("“%(text)s” is not a telephone number with its area code, like 0341 1234567."),
            params={"text": text},
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _parsed(text: str) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        return None
    is_long_enough = (number.national_number or 0) >= SHORTEST_NUMBER
    return number if is_long_enough and phonenumbers.is_possible_number(number) else None


def email(text: str) -> str:
    return text.strip().lower()


def website(text: str) -> str:
    text = text.strip()
    return f"https://{text}" if text and "://" not in text else text


def diagnoses(texts: Iterable[str]) -> list[str]:
    """["f40.1 g", "F40 – 48"] → ["F40.1", "F40-F48"], without doubles. Raises ValidationError."""
    return list(dict.fromkeys(diagnosis(text) for text in texts if text.strip()))


def diagnosis(text: str) -> str:
    """The canonical code ("F40.1", "F4") or block ("F40-F48") of an ICD-10 wish. Raises ValidationError."""
    if canonical := _code_or_block(DASHES.sub("-", text.strip().upper())):
        return canonical
    raise ValidationError(
        _("“%(text)s” is not an ICD-10 code or block like F32 or F40-F48."), params={"text": text}
    )


def _code_or_block(text: str) -> str | None:
    first, dash, last = text.partition("-")
    low = _code(first)
    if low is None or not (dash and last):
        return low
    high = _code(f"{first[:1]}{last}" if last[:1].isdigit() else last)
    block = f"{low}-{high}"
    return block if high and low <= high and len(block) <= LONGEST_WISH else None


def _code(text: str) -> str | None:
    if not (match := CODE.fullmatch(CODE_MARKS.sub("", text.replace(" ", "")))):
        return None
    letter, category, subcategory = match.groups()
    return f"{letter}{category}.{subcategory}" if subcategory else f"{letter}{category}"


def address_key(text: str) -> str:
    """Street or name of a practice for comparison: "Haupt-Str. 5a" and "Hauptstraße 5 A" are one."""
    text = STREET.sub("str", text.casefold())
    return re.sub(r"[\W_]+", "", text)
