"""Readers of one cell: text in, value out, ValidationError with a sentence where it cannot be read."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core import contacts
from apps.core.imports.columns import fold

T = TypeVar("T")

ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[T ][0-9:.]+Z?)?")
DAY = re.compile(r"([0-9]{1,2})[./-]\s*([0-9]{1,2})[./-]\s*([0-9]{4}|[0-9]{2})")
WHOLE_NUMBER = re.compile(r"([0-9]{1,6})\s*(?:km|min\.?|minuten|minutes|jahre|years)?", re.IGNORECASE)
DECIMAL = re.compile(r"[+-]?[0-9]{1,4}(?:[.,][0-9]{1,15})?")
LIST_SEPARATOR = re.compile(r"[;,|/\n]")
OLDEST_YEARS = 110
CENTURY = 2000


def text(longest: int | None) -> Callable[[str], str]:
    """One line or several, blanks around it dropped; `longest` in characters."""

    def read(cell: str) -> str:
        if longest is not None and len(cell.strip()) > longest:
            message = _("This is longer than %(longest)s characters.")
            raise ValidationError(message, params={"longest": longest})
        return cell.strip()

    return read


def day(cell: str) -> date:
    """22.11.2025, 22/11/25 (day first) or 2025-11-22; two digits mean this century."""
    year, month, day_of_month = _parts(cell)
    return _date(year if year > 99 else CENTURY + year, month, day_of_month, cell)


def birth_date(today: date) -> Callable[[str], date]:
    """Like `day`, but two digits are taken only where one century alone gives a possible age."""

    def read(cell: str) -> date:
        year, month, day_of_month = _parts(cell)
        if year > 99:
            return _date(year, month, day_of_month, cell)
        days = [_date(century + year, month, day_of_month, cell) for century in (CENTURY - 100, CENTURY)]
        possible = [one for one in days if one <= today and today.year - one.year <= OLDEST_YEARS]
        if len(possible) != 1:
            raise ValidationError(_("Please write the year with four digits."))
        return possible[0]

    return read


def _parts(cell: str) -> tuple[int, int, int]:
    if match := ISO_DAY.fullmatch(cell):
        year, month, day_of_month = match.groups()
    elif match := DAY.fullmatch(cell):
        day_of_month, month, year = match.groups()
    else:
        raise ValidationError(_("“%(cell)s” is not a date such as 22.11.1980."), params={"cell": short(cell)})
    return int(year), int(month), int(day_of_month)


def _date(year: int, month: int, day_of_month: int, cell: str) -> date:
    try:
        return date(year, month, day_of_month)
    except ValueError:
        raise ValidationError(_("There is no such day: “%(cell)s”."), params={"cell": short(cell)}) from None


def whole_number(cell: str) -> int:
    if not (match := WHOLE_NUMBER.fullmatch(cell)):
        raise ValidationError(_("“%(cell)s” is not a whole number."), params={"cell": short(cell)})
    return int(match.group(1))


def decimal(cell: str) -> float:
    """51.34 or 51,34."""
    if not DECIMAL.fullmatch(cell):
        raise ValidationError(_("“%(cell)s” is not a number."), params={"cell": short(cell)})
    return float(Decimal(cell.replace(",", ".")))


def email(cell: str) -> str:
    address = contacts.email(cell)
    validate_email(address)
    return address


def one_of(words: Mapping[T, str]) -> Callable[[str], T]:
    """Reader of a word; `words` gives each value its spellings, separated by |, the first as the example."""
    known = {
        fold(word): value
        for value, spellings in words.items()
        for word in (*spellings.split("|"), str(value))
    }
    examples = ", ".join(spellings.split("|")[0] for spellings in words.values())

    def read(cell: str) -> T:
        if (value := known.get(fold(cell))) is None:
            message = _("“%(cell)s” is not known here. Possible: %(examples)s.")
            raise ValidationError(message, params={"cell": short(cell), "examples": examples})
        return value

    return read


def one_of_names(names: Mapping[str, T], unknown: str | Promise) -> Callable[[str], T]:
    """Reader of a name from a table of the database. `unknown` is the sentence with %(cell)s and %(near)s."""
    known = {fold(name): value for name, value in names.items()}

    def read(cell: str) -> T:
        if (value := known.get(fold(cell))) is None:
            near = ", ".join(near_names(cell, names)) or "–"
            raise ValidationError(str(unknown), params={"cell": short(cell), "near": near})
        return value

    return read


def near_names(cell: str, names: Iterable[str]) -> list[str]:
    """Up to three names that were probably meant: alike, with the same initials, or one within the other."""
    wanted = fold(cell)
    by_key = {fold(name): name for name in names}
    alike = difflib.get_close_matches(wanted, by_key, n=3, cutoff=0.6)
    inside = [key for key in by_key if len(wanted) > 1 and (wanted in key or key in wanted)]
    initials = [key for key, name in by_key.items() if wanted == fold("".join(re.findall(r"\b\w", name)))]
    return [by_key[key] for key in list(dict.fromkeys([*initials, *alike, *inside]))[:3]]


def several(read_one: Callable[[str], T]) -> Callable[[str], list[T]]:
    """Reader of a list, separated by comma, semicolon, slash or bar; doubles dropped, order kept."""

    def read(cell: str) -> list[T]:
        parts = (part.strip() for part in LIST_SEPARATOR.split(cell))
        return list(dict.fromkeys(read_one(part) for part in parts if part))

    return read


def short(cell: str) -> str:
    """For quoting in a message."""
    return cell if len(cell) <= 40 else f"{cell[:39]}…"
