"""How likely it is that two records are one therapist, or one practice, and why. Pure: no database.

A score is a sum of evidence for and against; from SUGGESTED on a pair is shown to a person, who decides. The
weights follow two rules: a name alone is no evidence in another town (namesakes), and another surname is no
counter-evidence where first name, number and PLZ agree (a changed name).
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from apps.core.merging import likeness
from apps.core.merging.kinds import Text
from apps.core.merging.likeness import INITIAL, NEAR, OTHER, PART, SAME, UNKNOWN, FirstName, LastName
from apps.geocoding.names import town_key
from apps.therapists.normalise import address_key

SUGGESTED = 0.75
SUREST_RENAMED = 0.8  # two colleagues of one practice may share the first name
HOUSEHOLD = 4  # so many people behind one number or mailbox are a team, not one person
MANY_NAMESAKES = 4

SENTENCES: dict[str, Text] = {
    "last_name_same": _("The last name is the same."),
    "last_name_part": _("One last name is part of the other (double name)."),
    "last_name_near": _("The last names differ in one letter."),
    "last_name_changed": _("The last name differs, the rest agrees: perhaps a changed name."),
    "first_name_same": _("The first name is the same."),
    "first_name_part": _("One of several first names agrees."),
    "first_name_initial": _("The first name is an initial that fits."),
    "first_name_near": _("The first names differ in one letter."),
    "first_name_unknown": _("One record has no first name."),
    "phone": _("The telephone number is the same."),
    "email": _("The e-mail address is the same."),
    "website": _("The website is the same."),
    "address": _("Street and PLZ are the same."),
    "plz": _("The PLZ is the same."),
    "town": _("The town is the same."),
    "title": _("Both have the same title."),
    "gender": _("But the genders differ."),
    "namesakes": _("But the name is frequent."),
    "name": _("The name of the practice is the same."),
    "other_name": _("But the names of the practices differ."),
    "other_contact": _("But telephone and e-mail differ."),
}
LAST = {SAME: ("last_name_same", 0.45), PART: ("last_name_part", 0.36), NEAR: ("last_name_near", 0.3)}
FIRST = {
    SAME: ("first_name_same", 0.22),
    PART: ("first_name_part", 0.18),
    NEAR: ("first_name_near", 0.14),
    INITIAL: ("first_name_initial", 0.12),
    UNKNOWN: ("first_name_unknown", 0.02),
}
Evidence = tuple[str, float]


@dataclass(frozen=True, slots=True)
class Therapist:
    """What a therapist is compared by. Contacts in their one spelling, of all practices."""

    last: LastName
    first: FirstName
    title: str = ""
    gender: str = ""
    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    websites: frozenset[str] = frozenset()
    addresses: frozenset[tuple[str, str]] = frozenset()  # PLZ and key of the street
    towns: frozenset[str] = frozenset()

    @property
    def plz(self) -> frozenset[str]:
        return frozenset(plz for plz, _street in self.addresses)

    def keys(self) -> Iterator[Hashable]:
        """Blocks: contacts, name and region, each part of the last name with the initial."""
        yield from (("phone", one) for one in self.phones)
        yield from (("email", one) for one in self.emails)
        yield from (("name", self.last.whole, plz[:2]) for plz in self.plz)
        yield from (("part", part, self.first.initial) for part in self.last.parts)
        yield from (("first", self.first.names[:1], plz) for plz in self.plz)


@dataclass(frozen=True, slots=True)
class Around:
    """How frequent a pair's evidence is: people of that name, people behind the shared number or mailbox."""

    namesakes: int = 2
    sharers: int = 2


@dataclass(frozen=True, slots=True)
class Verdict:
    score: float
    reasons: tuple[str, ...]

    @property
    def is_suggested(self) -> bool:
        return self.score >= SUGGESTED


def compare(one: Therapist, other: Therapist, around: Around = Around()) -> Verdict:
    first = likeness.first_names(one.first, other.first)
    last = likeness.last_names(one.last, other.last)
    if first == OTHER or (last == OTHER and first not in (SAME, PART)):
        return Verdict(0.0, ())
    found = [*_contacts(one, other), *_places(one, other)]
    if last == OTHER:
        found = [*_changed_name(one, other, around), *found]
    elif last in LAST:
        found = [LAST[last], *found]
    found.insert(1, FIRST[first])
    verdict = _verdict([*found, *_doubts(one, other, around, last, found)])
    return verdict if last != OTHER else Verdict(min(verdict.score, SUREST_RENAMED), verdict.reasons)


def _changed_name(one: Therapist, other: Therapist, around: Around) -> Iterator[Evidence]:
    """Same first name, PLZ and number or mailbox, which is not that of a whole team."""
    is_reached_alike = bool(one.phones & other.phones or one.emails & other.emails)
    if is_reached_alike and one.plz & other.plz and around.sharers < HOUSEHOLD:
        yield "last_name_changed", 0.28


def _contacts(one: Therapist, other: Therapist) -> Iterator[Evidence]:
    if one.phones & other.phones:
        yield "phone", 0.2
    if one.emails & other.emails:
        yield "email", 0.22
    if one.websites & other.websites:
        yield "website", 0.1


def _places(one: Therapist, other: Therapist) -> Iterator[Evidence]:
    """The closest agreement only."""
    if {address for address in one.addresses & other.addresses if address[1]}:
        yield "address", 0.2
    elif one.plz & other.plz:
        yield "plz", 0.12
    elif one.towns & other.towns:
        yield "town", 0.09


def _doubts(
    one: Therapist, other: Therapist, around: Around, last: str, found: list[Evidence]
) -> Iterator[Evidence]:
    if {one.gender, other.gender} == {"male", "female"}:
        yield "gender", -0.4
    if one.title and one.title == other.title:
        yield "title", 0.03
    is_reached_alike = any(code in ("phone", "email", "website", "address") for code, _weight in found)
    if last == SAME and around.namesakes >= MANY_NAMESAKES and not is_reached_alike:
        yield "namesakes", -0.1


@dataclass(frozen=True, slots=True)
class Practice:
    """What a practice is compared by; the name without what every practice is called."""

    name: str
    plz: str
    street: str
    phone: str
    email: str
    website: str = ""
    owners: frozenset[str] = field(default_factory=frozenset)  # last names of those who work there

    def keys(self) -> Iterator[Hashable]:
        yield ("address", self.plz, self.street) if self.street else ("name", self.plz, self.name)
        if self.phone:
            yield "phone", self.phone
        if self.email:
            yield "email", self.email


def compare_practices(one: Practice, other: Practice) -> Verdict:
    """Only in the same PLZ: a practice that moved is another place."""
    if one.plz != other.plz:
        return Verdict(0.0, ())
    found: list[Evidence] = []
    if one.street and one.street == other.street:
        found.append(("address", 0.5))
    elif one.street and other.street:
        return Verdict(0.0, ())
    pairs = [("phone", 0.4), ("email", 0.4), ("website", 0.15), ("name", 0.28)]
    found += [(code, weight) for code, weight in pairs if _agrees(one, other, code)]
    if one.owners & other.owners:
        found.append(("last_name_same", 0.2))
    if _contradicts(one, other, "name"):
        found.append(("other_name", -0.15))
    if _contradicts(one, other, "phone") and not _agrees(one, other, "email"):
        found.append(("other_contact", -0.1))
    return _verdict(found)


def practice_name(text: str) -> str:
    return address_key(text)


def town(text: str) -> str:
    return town_key(text)


def _agrees(one: Practice, other: Practice, name: str) -> bool:
    return bool(getattr(one, name)) and getattr(one, name) == getattr(other, name)


def _contradicts(one: Practice, other: Practice, name: str) -> bool:
    values = {getattr(one, name), getattr(other, name)}
    return len(values) == 2 and "" not in values


def _verdict(found: list[Evidence]) -> Verdict:
    score = round(min(max(sum(weight for _code, weight in found), 0.0), 1.0), 2)
    return Verdict(score, tuple(code for code, _weight in found))
