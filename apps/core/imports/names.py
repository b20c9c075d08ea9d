"""Names of people as lists print them, taken apart: titles and degrees, particles, nobility, birth names.

`split_name` takes any text for a person's name; `imports.persons` says how sure that is.
"""

import re
import unicodedata
from dataclasses import dataclass

from apps.core.enums import Salutation
from apps.core.imports.name_words import (
    APART,
    ARTICLES,
    BIRTH_NAME,
    FIELD,
    GLUED,
    NOBILITY,
    PARTICLES,
    PLACE_PARTICLES,
    PRACTICE,
    PROFESSION,
    SALUTATIONS,
    SUFFIXES,
    TITLE,
)

HALF_HYPHEN = re.compile(r"(?<=\w)(?:-\s+(?!und\b|u\.)|\s+-)(?=\w)")  # "Müller- Lang"; not " - "
LOOSE_END = " \t,;|/-–"
TITLE_BRACKET = re.compile(r"\((?:fh|univ|uni)\b[^()]*\)", re.IGNORECASE)
FIXED_BLANK = "\u00a0"


@dataclass(frozen=True)
class PersonName:
    """As it is stored; nothing is guessed: `salutation` only where "Frau" or "Herr" is printed."""

    title: str
    first_name: str
    last_name: str
    salutation: Salutation | None = None
    birth_name: str = ""
    profession: str = ""


@dataclass(frozen=True)
class Pieces:
    """The words of a name in order, what stood around them, and where the titles stood."""

    salutation: Salutation | None
    words: list[str]
    titles: list[str]
    title_positions: tuple[int, ...]
    """How many words had come before each title: (0, 0) is "Dr. Dr. Anna Huber", (1,) "Huber Dr. Anna"."""


def is_practice_name(text: str) -> bool:
    """ "MVZ am Park", "Praxisgemeinschaft Huber": not a person. "…, Fachärztin für Psychotherapie" is one."""
    return bool(PRACTICE.search(PROFESSION.sub("", text)))


def split_name(text: str) -> PersonName:
    """ "Dr. med. Anna von der Heide" → Dr. med. | Anna | von der Heide; also "Heide, Dr. Anna von der".

    One word is a last name.
    """
    plain, birth_name, profession = bare(text)
    before, _comma, after = plain.partition(",")
    family, given = pieces(before), pieces(after.replace(",", " "))
    if given.words:
        words, border = [*given.words, *family.words], first_names(given.words)
    else:
        words, border = family.words, border_of(family.words)
    return PersonName(
        _joined([*family.titles, *given.titles]),
        _joined(words[:border]),
        _joined(words[border:]),
        family.salutation or given.salutation,
        birth_name,
        profession,
    )


def without_titles(text: str) -> tuple[str, str]:
    """ "Dr. Huber" → ("Huber", "Dr."); for lists that give first and last name apart."""
    found = pieces(tidy(text).replace(",", " "))
    return _joined(found.words), _joined(found.titles)


def tidy(text: str) -> str:
    """One form of blanks and hyphens; titles with a blank behind them, brackets of titles in one piece."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    text = HALF_HYPHEN.sub("-", text)
    text = GLUED.sub(lambda match: f"{match[0]} ", APART.sub(r"\1.\2", text))
    return TITLE_BRACKET.sub(lambda match: match[0].replace(" ", FIXED_BLANK), text)


def bare(text: str) -> tuple[str, str, str]:
    """The tidy name without birth name and profession; then those two."""
    plain, birth_name = tidy(text), ""
    if match := BIRTH_NAME.search(plain):
        plain, birth_name = plain[: match.start()] + plain[match.end() :], match[1]
    profession = ""
    if match := PROFESSION.search(plain):
        plain, profession = f"{plain[: match.start()]} {plain[match.end() :]}", match[0].strip()
        plain = re.sub(r"\(\s*\)", "", plain)
    return plain.strip(LOOSE_END) if birth_name or profession else plain, birth_name, profession


def pieces(text: str) -> Pieces:
    """Salutation, words of the name, titles and degrees in their order."""
    parts = [part for part in text.split(" ") if part]
    salutation = SALUTATIONS.get(parts[0].casefold()) if parts else None
    words: list[str] = []
    titles: list[str] = []
    positions: list[int] = []
    is_title = False
    for part in parts[1:] if salutation else parts:
        is_title = bool(TITLE.fullmatch(part) or (is_title and FIELD.fullmatch(part)))
        (titles if is_title else words).append(part)
        positions += [len(words)] if is_title else []
    return Pieces(salutation, words, titles, tuple(positions))


def border_of(words: list[str]) -> int:
    """Where the last name begins: at the first particle behind a first name, else at the last word."""
    if words and ((words[0].casefold() in PARTICLES and words[0].islower()) or _begins_nobility(words, 0)):
        return 0
    for position in range(1, len(words) - 1):
        if _begins_family_name(words, position):
            return position
    is_suffixed = len(words) > 1 and words[-1].casefold() in SUFFIXES
    return max(len(words) - (2 if is_suffixed else 1), 0)


def first_names(given: list[str]) -> int:
    """How many of the words behind the comma are first names: "Anna von der" → 1."""
    count = len(given)
    while count > 1 and given[count - 1].casefold() in PARTICLES | NOBILITY | PLACE_PARTICLES | {"und", "u."}:
        count -= 1
    return count


def _begins_family_name(words: list[str], position: int) -> bool:
    word = words[position]
    if word.casefold() in PLACE_PARTICLES:
        return word.islower() and words[position + 1] in ARTICLES
    return word.casefold() in PARTICLES or word.casefold() in NOBILITY


def _begins_nobility(words: list[str], position: int) -> bool:
    """ "Freiherr von …"; "Graf" alone is a family name like any other."""
    following = words[position + 1 : position + 2]
    return words[position].casefold() in NOBILITY and bool(following) and following[0].casefold() in PARTICLES


def _joined(words: list[str]) -> str:
    return " ".join(words).replace(FIXED_BLANK, " ")
