"""Ways to reach somebody, each in its one spelling: what people type comes in, what is stored comes out."""

import re

import phonenumbers
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

REGION = "DE"
SHORTEST_NUMBER = 100_000  # with its area code a number has six digits at least
COUNTRY_MARK = re.compile(r"^D\s*-?\s*")


def phone(text: str) -> str:
    """ "0911/540 89 86" → "+499115408986" (E.164). Raises ValidationError for what is no number."""
    if not text.strip():
        return ""
    number = _parsed(text)
    if number is None or not _is_whole(number):
        raise ValidationError(
            _("“%(text)s” is not a telephone number with its area code, like 0341 1234567."),
            params={"text": text},
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def phone_or_empty(text: str) -> str:
    """For look-ups: what is no phone number finds nobody."""
    try:
        return phone(text)
    except ValidationError:
        return ""


def readable_phone(text: str) -> str:
    """German numbers as offices write them, "030 1234567"; what cannot be read stays as it is."""
    number = _parsed(text)
    if number is None:
        return text
    is_german = number.country_code == phonenumbers.country_code_for_region(REGION)
    form = (
        phonenumbers.PhoneNumberFormat.NATIONAL if is_german else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    return phonenumbers.format_number(number, form)


def email(text: str) -> str:
    return text.strip().lower()


def website(text: str) -> str:
    text = text.strip()
    return f"https://{text}" if text and "://" not in text else text


def plz(text: str) -> str:
    """ "D-04103" → "04103". Four digits most likely lost their leading zero in a spreadsheet: refused."""
    digits = COUNTRY_MARK.sub("", text.strip().upper()).replace(" ", "")
    if re.fullmatch(r"[0-9]{4}", digits):
        message = _("A PLZ has five digits. Is a zero missing: 0%(digits)s?")
        raise ValidationError(message, params={"digits": digits})
    if digits and not re.fullmatch(r"[0-9]{5}", digits):
        raise ValidationError(_("A PLZ has five digits, e.g. 04103."))
    return digits


def _parsed(text: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        return None


def _is_whole(number: phonenumbers.PhoneNumber) -> bool:
    return (number.national_number or 0) >= SHORTEST_NUMBER and phonenumbers.is_possible_number(number)
