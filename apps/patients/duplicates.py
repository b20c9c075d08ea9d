"""How likely it is that two records are one patient, and why. Pure: no database, nothing decrypted.

KVNRs are compared by their blind index. Two different KVNRs are two people; a family shares mailbox and
number, so that another first name or another date of birth weighs against both.
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext_lazy as _

from apps.core.merging import likeness
from apps.core.merging.kinds import Text
from apps.core.merging.likeness import INITIAL, NEAR, OTHER, PART, SAME, UNKNOWN, FirstName, LastName

SUGGESTED = 0.75

SENTENCES: dict[str, Text] = {
    "kvnr": _("The KVNR is the same."),
    "birth_date": _("The date of birth is the same."),
    "birth_date_near": _("The dates of birth differ by one slip (day and month, or one figure)."),
    "birth_date_other": _("But the dates of birth differ."),
    "last_name_same": _("The last name is the same."),
    "last_name_part": _("One last name is part of the other (double name)."),
    "last_name_near": _("The last names differ in one letter."),
    "last_name_other": _("The last name differs: perhaps a changed name."),
    "first_name_same": _("The first name is the same."),
    "first_name_part": _("One of several first names agrees."),
    "first_name_initial": _("The first name is an initial that fits."),
    "first_name_near": _("The first names differ in one letter."),
    "first_name_other": _("But the first names differ."),
    "email": _("The e-mail address is the same."),
    "phone": _("The telephone number is the same."),
    "address": _("Street and PLZ are the same."),
    "plz": _("The PLZ is the same."),
}
LAST = {
    SAME: ("last_name_same", 0.3),
    PART: ("last_name_part", 0.24),
    NEAR: ("last_name_near", 0.22),
    OTHER: ("last_name_other", 0.0),
}
FIRST = {
    SAME: ("first_name_same", 0.2),
    PART: ("first_name_part", 0.16),
    NEAR: ("first_name_near", 0.14),
    INITIAL: ("first_name_initial", 0.1),
    OTHER: ("first_name_other", -0.5),
}
Evidence = tuple[str, float]


@dataclass(frozen=True, slots=True)
class Patient:
    last: LastName
    first: FirstName
    birth_date: date | None = None
    kvnr_index: str = ""
    email: str = ""
    phone: str = ""
    plz: str = ""
    street: str = ""

    def keys(self) -> Iterator[Hashable]:
        for name in ("kvnr_index", "email", "phone"):
            if value := getattr(self, name):
                yield name, value
        if self.birth_date:
            yield "born", self.birth_date, self.first.initial
        yield from (("part", part, self.first.initial) for part in self.last.parts)


@dataclass(frozen=True, slots=True)
class Verdict:
    score: float
    reasons: tuple[str, ...]

    @property
    def is_suggested(self) -> bool:
        return self.score >= SUGGESTED


def compare(one: Patient, other: Patient) -> Verdict:
    if one.kvnr_index and other.kvnr_index:
        if one.kvnr_index != other.kvnr_index:
            return Verdict(0.0, ())
        return Verdict(1.0, ("kvnr", *(code for code, weight in _evidence(one, other) if weight > 0)))
    found = list(_evidence(one, other))
    score = round(min(max(sum(weight for _code, weight in found), 0.0), 1.0), 2)
    return Verdict(score, tuple(code for code, _weight in found))


def _evidence(one: Patient, other: Patient) -> Iterator[Evidence]:
    last, first = likeness.last_names(one.last, other.last), likeness.first_names(one.first, other.first)
    if last != UNKNOWN:
        yield LAST[last]
    if first != UNKNOWN:
        yield FIRST[first]
    yield from _births(one.birth_date, other.birth_date)
    for code, weight in (("email", 0.25), ("phone", 0.2)):
        if getattr(one, code) and getattr(one, code) == getattr(other, code):
            yield code, weight
    if one.plz and one.plz == other.plz:
        is_door = bool(one.street) and one.street == other.street
        yield ("address", 0.15) if is_door else ("plz", 0.08)


def _births(one: date | None, other: date | None) -> Iterator[Evidence]:
    if one is None or other is None:
        return
    if one == other:
        yield "birth_date", 0.3
    elif _is_slip(one, other):
        yield "birth_date_near", 0.1
    else:
        yield "birth_date_other", -0.4


def _is_slip(one: date, other: date) -> bool:
    if one.year == other.year and (one.day, one.month) == (other.month, other.day):
        return True
    return sum(a != b for a, b in zip(one.isoformat(), other.isoformat(), strict=True)) == 1
