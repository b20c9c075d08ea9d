"""A printed name read with care: the person, and what a human should look at. Nothing is silently wrong.

Where the text is no single person (a practice, two colleagues, a telephone number in between), the last name
stays empty and the first doubt says why.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from apps.core.imports import names
from apps.core.imports.cells import short
from apps.core.imports.name_words import (
    FAMILY_FIRST,
    GIVEN,
    GIVEN_OR_FAMILY,
    NEVER_FAMILY,
    NO_LICENCE,
    NOBILITY,
    OF_AND_AT,
    OPEN_COMPOUND,
    PARTICLES,
    PRACTICE,
    SALUTATIONS,
    SEVERAL,
    SUFFIXES,
    TITLE,
    UNSURE_PARTICLES,
    WORK,
)
from apps.core.imports.names import PersonName

NOBODY = PersonName("", "", "")
BRACKET = re.compile(r"\s*[(\[]([^()\[\]]*)[)\]]")
NOT_OF_A_NAME = re.compile(r"[0-9@<>\"“”„_=?!*#%]")
INITIALS = re.compile(r"(?:\w\.-?)+|\w")
DASH = re.compile(r"\s[-–]\s.*")
SHORTEST_CAPITALS = 3  # "LI" may be a name; "HUBER" is shouting


@dataclass(frozen=True)
class NameReading:
    """`name.last_name` is empty where this is no single person; then the first doubt says why."""

    name: PersonName
    doubts: tuple[str, ...] = ()

    @property
    def is_person(self) -> bool:
        return bool(self.name.last_name)


def read_name(text: str, *, is_addressed: bool = False) -> NameReading:
    """A whole name in one text. `is_addressed`: salutation or title stand elsewhere, one word will do."""
    doubts: list[str] = []
    plain, birth_name, profession = names.bare(_without_asides(text, doubts))
    if reason := _no_person(plain, text):
        return NameReading(NOBODY, (reason,))
    plain = _without_place(plain, doubts)
    if WORK.search(plain) or _has_abbreviation(plain) or "\n" in text.strip():
        return NameReading(NOBODY, (_more_than_a_name(text),))
    name = replace(names.split_name(plain), birth_name=birth_name, profession=profession)
    before, _comma, after = plain.partition(",")
    if not names.pieces(after.replace(",", " ")).words:
        name = _in_order(name, f"{before} {after}".replace(",", " "), doubts, is_addressed)
    return _finished(name, text, doubts)


def read_parts(
    *, first_name: str, last_name: str, title: str = "", is_addressed: bool = False
) -> NameReading:
    """First and last name from cells of their own. Without a first name the other cell is a whole name."""
    if not first_name.strip():
        reading = read_name(last_name, is_addressed=is_addressed or bool(title.strip()))
        return _with_title(reading, title)
    doubts: list[str] = []
    first, last = (names.bare(_without_asides(text, doubts)) for text in (first_name, last_name))
    for plain, printed in ((first[0], first_name), (last[0], last_name)):
        if reason := _no_person(plain, printed):
            return NameReading(NOBODY, (reason,))
    name = _put_together(names.pieces(first[0].replace(",", " ")), names.pieces(last[0].replace(",", " ")))
    if "," in last[0] and name.first_name and len(name.last_name.split()) > 1:
        doubts.append(_("There is a comma in the last name “%(name)s”.") % {"name": short(last_name)})
    name = replace(name, birth_name=last[1] or first[1], profession=last[2] or first[2])
    return _with_title(_finished(name, f"{first_name} {last_name}", doubts), title)


def _put_together(first: names.Pieces, last: names.Pieces) -> PersonName:
    """Particles at the end of the first name belong to the last; a first name printed twice counts once."""
    count = names.first_names(first.words)
    given, family = first.words[:count], [*first.words[count:], *last.words]
    if len(family) > len(given) and family[: len(given)] == given:
        family = family[len(given) :]
    return PersonName(
        " ".join([*first.titles, *last.titles]),
        " ".join(given),
        " ".join(family),
        first.salutation or last.salutation,
    )


def _with_title(reading: NameReading, title: str) -> NameReading:
    """The title of its own column in front, unless the name says it already."""
    title = names.tidy(title).replace(names.FIXED_BLANK, " ")
    if not title or not reading.is_person or title in reading.name.title:
        return reading
    whole = title if reading.name.title in title else f"{title} {reading.name.title}".strip()
    return replace(reading, name=replace(reading.name, title=whole))


def _without_asides(text: str, doubts: list[str]) -> str:
    """Brackets that hold no title and no birth name, and what follows a dash, are left out and told."""
    text = BRACKET.sub(lambda match: _aside(match, doubts), names.tidy(text))
    if (match := DASH.search(text)) and not names.PROFESSION.search(match[0]):
        doubts.append(_left_out(match[0]))
        text = text[: match.start()]
    return text


def _aside(match: re.Match[str], doubts: list[str]) -> str:
    content = match[1].replace(names.FIXED_BLANK, " ").strip()
    if TITLE.fullmatch(match[0].strip()) or names.BIRTH_NAME.match(content) or PRACTICE.search(content):
        return match[0]
    if content and all(TITLE.fullmatch(word) for word in content.split()):
        return f" {content}"
    if not names.PROFESSION.fullmatch(content):
        doubts.append(_left_out(content))
        return ""
    return f" {content}"


def _left_out(text: str) -> str:
    return _("Left out of the name: “%(text)s”.") % {"text": short(text.strip(" -–"))}


def _no_person(plain: str, printed: str) -> str:
    """Why this is not the name of one person; "" where it is."""
    text = {"name": short(" ".join(printed.split()))}
    if not (words := names.pieces(plain.replace(",", " ")).words) or not any(
        letter.isalpha() for word in words for letter in word
    ):
        return _("There is no name: “%(name)s”.") % text
    if any(word.casefold() in SALUTATIONS for word in words):
        return _more_than_a_name(printed)
    if PRACTICE.search(plain):
        return _("“%(name)s” is the name of a practice, not of a person.") % text
    if NOT_OF_A_NAME.search(plain):
        return _more_than_a_name(printed)
    if SEVERAL.search(OF_AND_AT.sub(r"\1 \2", plain)) or _is_two_people(plain):
        return _("“%(name)s” names several people; each needs an entry.") % text
    return ""


def _more_than_a_name(printed: str) -> str:
    return _("“%(name)s” holds more than a name.") % {"name": short(" ".join(printed.split()))}


def _has_abbreviation(plain: str) -> bool:
    """ "Staatl. anerk. Jan Probe": neither a title we know nor an initial."""
    words = names.pieces(plain.replace(",", " ")).words
    return any(
        word.endswith(".") and not INITIALS.fullmatch(word) and word.casefold() not in SUFFIXES | PARTICLES
        for word in words
    )


def _is_two_people(plain: str) -> bool:
    """ "Dr. Huber Dr. Schmidt"; "Anna Huber, Peter Schmidt"; "Huber, Schmidt, Klein"."""
    parts = [words for part in plain.split(",") if (words := names.pieces(part).words)]
    if len(parts) > 2 and not any(_is_given(words[0]) for words in parts):
        return True
    before, _comma, after = plain.partition(",")
    left, right = names.pieces(before), names.pieces(after)
    between = [position for position in left.title_positions if 0 < position < len(left.words)]
    if between and 0 in left.title_positions:
        return True
    return len(left.words) > 1 and _is_given(left.words[0]) and len(right.words) > 1


def _without_place(plain: str, doubts: list[str]) -> str:
    """ "Anna Huber, Leipzig": a whole name before the comma leaves nothing for what stands behind it."""
    before, _comma, after = plain.partition(",")
    left, right = names.pieces(before).words, names.pieces(after.replace(",", " ")).words
    if not right:
        return plain
    if len(left) > 1 and names.border_of(left) > 0 and _is_given(left[0]):
        doubts.append(_left_out(" ".join(right)))
        return before
    if not _is_given(right[0]):
        doubts.append(_unknown_given(right[0]))
    return plain


def _in_order(name: PersonName, plain: str, doubts: list[str], is_addressed: bool) -> PersonName:
    """The parts changed round where the text says that the last name comes first; every question told."""
    found = names.pieces(plain)
    if not name.first_name:
        is_addressed = is_addressed or bool(found.titles or found.salutation) or len(found.words) > 1
        if not is_addressed or (len(found.words) == 1 and _is_only_given(found.words[0])):
            doubts.append(_("A single word stands in place of a name."))
        return name
    unsure = next(_questions(found, name), "")
    if unsure:
        doubts.append(unsure)
    if _is_family_first(found, name):
        count = next((at for at in found.title_positions if 0 < at < len(found.words)), 1)
        given, family = found.words[count:], found.words[:count]
        return replace(name, first_name=" ".join(given), last_name=" ".join(family))
    return name


def _unknown_given(word: str) -> str:
    """Rare first names are looked at once: the word may as well be a family name, a place or a company."""
    return _("“%(word)s” is no first name we know; please check the name.") % {"word": short(word)}


def _is_family_first(found: names.Pieces, name: PersonName) -> bool:
    first, *_others, last = found.words
    if any(0 < at < len(found.words) for at in found.title_positions):
        return not _is_only_given(first)
    if _is_shouted(first) and not _is_shouted(last):
        return True
    if len(found.words) != 2:
        return False
    if not _is_given(first):
        return _is_given(last)
    return first.casefold() in GIVEN_OR_FAMILY and _is_only_given(last)


def _questions(found: names.Pieces, name: PersonName) -> Iterator[str]:
    first, *middle = found.words[: len(name.first_name.split())]
    order = _("Please check which is the first and which the last name.")
    if not _is_given(first):
        yield _unknown_given(first)
    if any(0 < at < len(found.words) for at in found.title_positions):
        yield order
    if name.last_name.casefold() in GIVEN | GIVEN_OR_FAMILY and not _is_only_given(first):
        yield order
    if first.casefold() in FAMILY_FIRST:
        yield order
    if _is_shouted(first) != _is_shouted(found.words[-1]) and len(found.words[-1]) >= SHORTEST_CAPITALS:
        yield order
    if not all(_is_middle_name(first, word) for word in middle):
        yield _("Please check where the last name begins.")
    words = name.last_name.split()
    is_lone_rank = words[0].casefold() in NOBILITY and len(words) > 1 and words[1].casefold() not in PARTICLES
    if is_lone_rank or (words[0] in UNSURE_PARTICLES and len(words) > 1):
        yield _("Please check where the last name begins.")


def _is_middle_name(first: str, word: str) -> bool:
    """Sure to be a given name: Maria, M., or the second half of a pair such as Hans Peter."""
    key = word.casefold()
    if INITIALS.fullmatch(word):
        return True
    pairs = first.casefold() in OPEN_COMPOUND and key in GIVEN | GIVEN_OR_FAMILY
    return pairs or _is_only_given(word)


def _is_only_given(word: str) -> bool:
    """A given name that is hardly ever a family name; of the others many are both: Frank, Lutz, Konrad."""
    key = word.casefold().split("-")[0]
    is_clear = key in GIVEN and key.endswith(("a", "e")) and key not in GIVEN_OR_FAMILY
    return is_clear or key in NEVER_FAMILY


def _is_given(word: str) -> bool:
    return word.casefold().split("-")[0] in GIVEN | GIVEN_OR_FAMILY or bool(INITIALS.fullmatch(word))


def _finished(name: PersonName, printed: str, doubts: list[str]) -> NameReading:
    """Capitals brought to the usual; a last name of initials is none."""
    if INITIALS.fullmatch(name.last_name) or not name.last_name:
        reason = _("There is no whole last name: “%(name)s”.") % {"name": short(printed.strip())}
        return NameReading(NOBODY, (reason,))
    if NO_LICENCE.search(name.profession):
        doubts.append(_("A Heilpraktiker has no licence as a psychotherapist."))
    first, last = _usual_case(name.first_name), _usual_case(name.last_name)
    if (first, last) != (name.first_name, name.last_name):
        doubts.append(_("The name was printed in capitals or small letters only."))
    return NameReading(replace(name, first_name=first, last_name=last), tuple(dict.fromkeys(doubts)))


def _usual_case(text: str) -> str:
    """ "VON DER HEIDE" → "von der Heide", "anna" → "Anna"; particles stay small, mixed case stays."""
    words = text.split()
    if all(word.casefold() in PARTICLES for word in words):
        return text
    if _is_shouted(text) or (text.islower() and not INITIALS.fullmatch(text)):
        return " ".join(word.lower() if word.casefold() in PARTICLES else word.title() for word in words)
    return text


def _is_shouted(word: str) -> bool:
    return word.isupper() and sum(letter.isalpha() for letter in word) >= SHORTEST_CAPITALS
