"""Phones, e-mail addresses, websites and postal codes as lists print them: (value, doubts).

What is surely meant becomes the stored form; else the value is empty, or the first of several, and a doubt
says what was printed.
"""

import re
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from apps.core import contacts
from apps.core.imports.cells import short
from apps.core.imports.columns import fold

Reading = tuple[str, list[str]]

NOTHING = frozenset({"", "keine", "kein", "ka", "keineangabe", "0", "none", "na", "unbekannt", "entfaellt"})
PHONE_LABEL = re.compile(
    r"^(?:telefon|telefax|tel|fax|fon|mobil|mobile|handy|t|f|m)\b[.:]*\s*", re.IGNORECASE
)
ONE_NUMBER = re.compile(r"[+(]?[0-9][0-9\s/().–-]*")
NEXT_NUMBER = re.compile(r"\s*(?:[/;,|\n]|\boder\b|\bund\b|(?<=\d)\s+(?=0\d|\+|[a-zäöü(]))\s*", re.IGNORECASE)
BEGINS_WITH_AREA = re.compile(r"\(?(?:0|\+)")
EMAIL_LABEL = re.compile(r"^(?:mailto:|e-?mail\s*:)\s*", re.IGNORECASE)
AT = re.compile(r"\s*[(\[{]\s*(?:at|ät)\s*[)\]}]\s*", re.IGNORECASE)
DOT = re.compile(r"\s*[(\[{]\s*(?:dot|punkt)\s*[)\]}]\s*", re.IGNORECASE)
SPELLED_AT = re.compile(r"(\S+) at (\S+\.[a-z]{2,})", re.IGNORECASE)
BLANKS_AROUND = re.compile(r"\s*@\s*|(?<=\w)\s+(?=\.)|(?<=\.)\s+(?=[a-z]{2,}$)")
IN_ANGLES = re.compile(r"[^<>]*<([^<>]+)>")
SEVERAL = re.compile(r"[,;/|\s]+")
WEB_LABEL = re.compile(r"^(?:homepage|website|internet|web|url)\s*:\s*(?!//)", re.IGNORECASE)
HOST = re.compile(r"(?!www\.[^.]*$)(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,}")
LONGEST_WEBSITE = 200


def read_phone(text: str) -> Reading:
    """ "(0911) 540 89 86" → +499115408986; of several numbers the first. No number without its area code."""
    plain = " ".join(text.split()).removeprefix("tel:")
    if fold(plain) in NOTHING:
        return "", []
    plain = PHONE_LABEL.sub("", plain)
    if ONE_NUMBER.fullmatch(plain) and (number := _whole(plain)) and not _further(plain):
        return number, []
    return _further(plain) or "", [_unclear_phone(text)]


def join_phone(prefix: str, number: str) -> str:
    """Area code and number from cells of their own, "211" and "12345", as one text for `read_phone`."""
    prefix, number = re.sub(r"[^0-9+]", "", prefix), number.strip()
    if not prefix or not number or BEGINS_WITH_AREA.match(number):
        return number
    return f"{prefix if prefix.startswith(('0', '+')) else f'0{prefix}'} {number}"


def read_email(text: str) -> Reading:
    """ "praxis (at) huber.de" → praxis@huber.de; of several the first."""
    plain = EMAIL_LABEL.sub("", text.strip()).split("?")[0]
    if fold(plain) in NOTHING:
        return "", []
    if match := IN_ANGLES.fullmatch(plain):
        plain = match[1]
    plain = DOT.sub(".", AT.sub("@", plain))
    if match := SPELLED_AT.fullmatch(plain):
        plain = f"{match[1]}@{match[2]}"
    plain = BLANKS_AROUND.sub(lambda match: match[0].strip(), plain).strip(" .,;")
    if _is_email(plain):
        return contacts.email(plain), []
    parts = SEVERAL.split(plain)
    first = parts[0] if all(_is_email(part) for part in parts) else ""
    return contacts.email(first), [_unclear(text)]


def read_website(text: str) -> Reading:
    """ "www.huber.de" → https://www.huber.de; only http and https; of several the first."""
    plain = WEB_LABEL.sub("", text.strip())
    if fold(plain) in NOTHING:
        return "", []
    if address := _web_address(plain):
        return address, []
    parts = [_web_address(part) for part in SEVERAL.split(plain.replace("://", ":\0\0")) if part]
    return parts[0] if len(parts) > 1 and all(parts) else "", [_unclear(text)]


def read_plz(text: str) -> Reading:
    """Five digits, also out of "04103 Leipzig"."""
    match = re.match(r"\s*((?:D\s*-?\s*)?[0-9]{5})\s+[^\W\d]", text)
    try:
        return contacts.plz(match[1] if match else text), []
    except ValidationError as error:
        return "", [f"{' '.join(error.messages)} (“{short(text.strip())}”)"]


def _whole(text: str) -> str:
    return contacts.phone_or_empty(text) if BEGINS_WITH_AREA.match(text) else ""


def _further(text: str) -> str:
    """The first number, where the text goes on behind a whole one: "0911 5408986/87"; else ""."""
    for gap in NEXT_NUMBER.finditer(text):
        first = text[: gap.start()]
        is_blank = not gap[0].strip()
        if is_blank and _whole(text) and ONE_NUMBER.fullmatch(text):
            continue  # "0911 540 08 98" is one number written in pairs
        if ONE_NUMBER.fullmatch(first) and (number := _whole(first)):
            return number
    return ""


def _is_email(text: str) -> bool:
    if text.lower().startswith("www."):
        return False
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def _web_address(text: str) -> str:
    text = text.replace("\0\0", "//")
    whole = f"https:{text}" if text.startswith("//") else contacts.website(text)
    try:
        parts = urlsplit(whole)
        host = parts.netloc.lower()
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not HOST.fullmatch(host) or re.search(r"[\s<>\"]", whole):
        return ""
    return "" if len(whole) > LONGEST_WEBSITE else parts._replace(netloc=host).geturl()


def _unclear_phone(text: str) -> str:
    return _("The telephone number needs a look: “%(text)s”.") % {"text": short(text.strip())}


def _unclear(text: str) -> str:
    return _("This needs a look: “%(text)s”.") % {"text": short(text.strip())}
