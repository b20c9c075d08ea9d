"""Which therapist on file an entry of a source means: evidence from name, address, mailbox and number.

Pure: people in, answers out. The source's own id comes before all this (`is_possible`). Then the rules,
strongest first; each asks for one person only, else it is unclear:

1. full name, and mailbox, number or street and PLZ agree
2. full name and PLZ agree; unclear where all else that both tell (two things or more) differs
3. first name shortened or one of several ("M.", "Mira Anna"), or a name with a slip of the pen or another
   part of a double name: only with street and PLZ, mailbox or number, and nobody else there so named. A
   slip in the first name only where both are known to be of one gender: Andrea and Andreas may be married
4. another last name (marriage): first name, personal mailbox and PLZ agree: unclear, a person decides

The same name in another town without a common mailbox or number is another person. Names are compared
folded, without particles; what a whole practice shares (mailbox, number, street) never recognises anybody
without the name.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from apps.core.imports.columns import fold
from apps.core.imports.names import PARTICLES
from apps.core.merging.likeness import is_near
from apps.therapists.normalise import address_key

Keys = Callable[["Face"], list[str]]

SHORTEST_LAST = 4  # letters; a slip alone decides nothing here, street, mailbox or number must agree
IN_BRACKETS = re.compile(r"\(.*?\)")


@dataclass(frozen=True, slots=True)
class Face:
    """A person at one address, as far as it serves to recognise them; keys, "" for what is not known."""

    first: tuple[str, ...]  # each first name folded; initials are one letter
    last: tuple[str, ...]  # parts of the last name folded, without particles
    plz: str = ""
    street: str = ""
    email: str = ""
    phone: str = ""
    gender: str = ""

    @classmethod
    def of(
        cls,
        *,
        first_name: str,
        last_name: str,
        plz: str = "",
        street: str = "",
        email: str = "",
        phone: str = "",
        gender: str = "",
    ) -> "Face":
        known_gender = gender if gender in ("female", "male", "diverse") else ""
        key = address_key(IN_BRACKETS.sub("", street)) if street else ""
        return cls(parts(first_name), parts(last_name), plz, key, email.lower(), phone, known_gender)


@dataclass(frozen=True, slots=True)
class Answer:
    """`person` is the one; several `candidates` without a person: unclear; none: nobody known.

    `by` names the evidence: source_id, name_contact, name_plz, near_name, changed_name.
    """

    person: int | None = None
    candidates: tuple[int, ...] = ()
    by: str = ""


NOBODY = Answer()


def parts(name: str) -> tuple[str, ...]:
    """ "von der Müller-Schmidt" → ("mueller", "schmidt")."""
    words = name.replace("-", " ").replace("\u2013", " ").split()
    kept = [word for word in words if word.casefold() not in PARTICLES] or words
    return tuple(filter(None, map(fold, kept)))


@dataclass
class People:
    """Everybody known, by what may recognise them. `add` a face per address of a person."""

    faces: dict[int, list[Face]] = field(default_factory=lambda: defaultdict(list))
    by_last: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    by_reach: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def add(self, person: int, face: Face) -> None:
        self.faces[person].append(face)
        for part in face.last:
            self.by_last[part].add(person)
        for key in _reach(face):
            self.by_reach[key].add(person)

    def is_possible(self, person: int, face: Face) -> bool:
        """Whether an entry may be of this person, whom the source's own id names: ids are used again."""
        known = self.faces[person][0] if person in self.faces else None
        if known is None or not _agree_gender(face, known):
            return False
        return bool(set(face.last) & set(known.last)) or (bool(face.first) and face.first == known.first)

    def recognise(self, face: Face) -> Answer:
        named = [pk for pk in self._with_last(face) if _is_same_name(face, self.faces[pk][0])]
        for people, by in (
            ([pk for pk in named if self._shares(pk, face, _reach)], "name_contact"),
            ([pk for pk in named if self._shares(pk, face, _plz)], "name_plz"),
        ):
            if people:
                return self._settled(people, face, by)
        around = sorted(set().union(*(self.by_reach.get(key, ()) for key in _reach(face))))
        if near := [pk for pk in around if _is_near_name(face, self.faces[pk][0])]:
            return self._settled(near, face, "near_name")
        return self._renamed(face, around)

    def _with_last(self, face: Face) -> set[int]:
        sets = [self.by_last.get(part, set()) for part in face.last]
        return set.intersection(*sets) if sets else set()

    def _shares(self, person: int, face: Face, keys: Keys) -> bool:
        wanted = set(keys(face))
        return any(not wanted.isdisjoint(keys(known)) for known in self.faces[person])

    def _settled(self, people: Sequence[int], face: Face, by: str) -> Answer:
        """One of several namesakes only where more of the evidence speaks for one than for any other."""
        if by == "name_plz" and all(self._is_contradicted(pk, face) for pk in people):
            return Answer(candidates=tuple(sorted(people)), by=by)
        if len(people) == 1:
            return Answer(people[0], by=by)
        weight = {pk: max(_agreement(face, known) for known in self.faces[pk]) for pk in people}
        best = max(weight.values())
        first = [pk for pk in people if weight[pk] == best]
        return Answer(first[0], by=by) if len(first) == 1 else Answer(candidates=tuple(sorted(first)), by=by)

    def _is_contradicted(self, person: int, face: Face) -> bool:
        return all(_differences(face, known) >= 2 for known in self.faces[person])

    def _renamed(self, face: Face, around: Iterable[int]) -> Answer:
        """Never settled without a person: a colleague at the same practice may share the first name."""
        candidates = [
            pk
            for pk in around
            if any(known.email and known.email == face.email for known in self.faces[pk])
            and len(self.by_reach[f"@{face.email}"]) == 1
            and _agree_first(face.first, self.faces[pk][0].first)
            and _agree_gender(face, self.faces[pk][0])
        ]
        return Answer(candidates=tuple(candidates), by="changed_name") if candidates else NOBODY


def _reach(face: Face) -> list[str]:
    keys = []
    if face.email:
        keys.append(f"@{face.email}")
    if face.phone:
        keys.append(f"#{face.phone}")
    if face.street and face.plz:
        keys.append(f"{face.plz} {face.street}")
    return keys


def _plz(face: Face) -> list[str]:
    return [face.plz] if face.plz else []


def _differences(face: Face, known: Face) -> int:
    """How many of street, mailbox and number both tell; only asked where none of them agrees."""
    pairs = ((face.street, known.street), (face.email, known.email), (face.phone, known.phone))
    return sum(bool(one and other) for one, other in pairs)


def _agreement(face: Face, known: Face) -> int:
    """How much of the evidence speaks for a namesake; a first name in full before anything else."""
    return (
        8 * (face.first == known.first)
        + 4 * bool(face.email and face.email == known.email)
        + 4 * bool(face.street and (face.plz, face.street) == (known.plz, known.street))
        + 2 * bool(face.phone and face.phone == known.phone)
        + (face.plz == known.plz)
    )


def _is_same_name(face: Face, known: Face) -> bool:
    return face.last == known.last and face.first == known.first and _agree_gender(face, known)


def _is_near_name(face: Face, known: Face) -> bool:
    if not _agree_gender(face, known):
        return False
    if _agree_last(face.last, known.last):
        return _agree_first(face.first, known.first) or _is_first_with_slip(face, known)
    is_slip = is_near("".join(face.last), "".join(known.last), shortest=SHORTEST_LAST)
    return is_slip and _agree_first(face.first, known.first) and len(face.first[0]) > 1


def _is_first_with_slip(face: Face, known: Face) -> bool:
    is_one_gender = bool(face.gender) and face.gender == known.gender
    return is_one_gender and is_near("".join(face.first), "".join(known.first))


def _agree_last(one: Sequence[str], other: Sequence[str]) -> bool:
    """The same parts, or one is a part of the other's double name."""
    return bool(one and other) and (set(one) <= set(other) or set(other) <= set(one))


def _agree_first(one: Sequence[str], other: Sequence[str]) -> bool:
    """The first ones agree in full or as an initial, or one of them is unknown."""
    if not one or not other:
        return not one and not other
    shorter, longer = sorted((one[0], other[0]), key=len)
    return shorter == longer or (len(shorter) == 1 and longer.startswith(shorter))


def _agree_gender(face: Face, known: Face) -> bool:
    return not face.gender or not known.gender or face.gender == known.gender
