"""Names of people compared as a coordinator would: spelling, particles, double names, initials. Pure.

Names come as `LastName.of` and `FirstName.of`, made once per person: a search for duplicates compares many.
"""

import re
from dataclasses import dataclass

from apps.core.imports.columns import fold
from apps.core.imports.names import PARTICLES

SAME, PART, NEAR, OTHER, UNKNOWN = "same", "part", "near", "other", "unknown"
INITIAL = "initial"
SHORTEST_TO_MISSPELL = 5  # "Maier" and "Mayer" may be one name, "Abel" and "Adel" are two
BETWEEN = re.compile(r"[\s\-–/.]+")
BIRTH_NAME = re.compile(r"\b(?:geb|geborene?r?)\b\.?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LastName:
    """ "von der Heide-Maier" → whole "heidemaier", parts {"heide", "maier"}."""

    whole: str
    parts: frozenset[str]

    @classmethod
    def of(cls, text: str) -> "LastName":
        words = [word for word in BETWEEN.split(BIRTH_NAME.sub(" ", text)) if word]
        kept = [word for word in words if word.casefold() not in PARTICLES] or words
        folded = [fold(word) for word in kept if fold(word)]
        return cls("".join(folded), frozenset(folded))


@dataclass(frozen=True, slots=True)
class FirstName:
    """ "Anna-Maria" → ("anna", "maria")."""

    names: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> "FirstName":
        return cls(tuple(folded for word in BETWEEN.split(text) if (folded := fold(word))))

    @property
    def initial(self) -> str:
        return self.names[0][:1] if self.names else ""


def last_names(one: LastName, other: LastName) -> str:
    """SAME, PART (a double name and one of its halves), NEAR (one letter), OTHER or UNKNOWN."""
    if not one.whole or not other.whole:
        return UNKNOWN
    if one.whole == other.whole or one.parts == other.parts:
        return SAME
    if one.parts & other.parts and (one.parts <= other.parts or other.parts <= one.parts):
        return PART
    return NEAR if is_near(one.whole, other.whole) else OTHER


def first_names(one: FirstName, other: FirstName) -> str:
    """SAME, PART (one of several), INITIAL, NEAR, OTHER or UNKNOWN."""
    if not one.names or not other.names:
        return UNKNOWN
    if one.names == other.names or "".join(one.names) == "".join(other.names):
        return SAME
    if len(one.names[0]) == 1 or len(other.names[0]) == 1:
        return INITIAL if one.initial == other.initial else OTHER
    if set(one.names) <= set(other.names) or set(other.names) <= set(one.names):
        return PART
    return NEAR if is_near(one.names[0], other.names[0]) else OTHER


def street_key(text: str) -> str:
    """ "Haupt-Str. 5a" and "Hauptstraße 5 A" are one."""
    return fold(text).replace("strasse", "str")


def is_near(one: str, other: str, *, shortest: int = SHORTEST_TO_MISSPELL) -> bool:
    """One letter typed wrong, left out, added, or two swapped; not in short names, nor the first letter.

    Four slips in five are of these kinds (Damerau 1964).
    """
    if max(len(one), len(other)) < shortest or one[:1] != other[:1] or one == other:
        return False
    if len(one) == len(other):
        wrong = [place for place in range(len(one)) if one[place] != other[place]]
        if len(wrong) == 2 and wrong[1] == wrong[0] + 1:
            return one[wrong[0]] == other[wrong[1]] and one[wrong[1]] == other[wrong[0]]
        return len(wrong) == 1
    short, long = sorted((one, other), key=len)
    return len(long) - len(short) == 1 and any(
        long[:place] + long[place + 1 :] == short for place in range(len(long))
    )
