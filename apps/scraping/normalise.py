"""Readers of cells that only therapists have; words of German and English lists.

`approvals`, `gender`, `seat` refuse what they do not know: a coordinator corrects the file. The `read_…` take
what is sure from a source that nobody can correct, and tell the rest as doubts.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.enums import Method
from apps.core.imports import words
from apps.core.imports.cells import one_of, short
from apps.therapists.enums import AgeGroup, EmailPermission, Gender, Seat, Setting
from apps.therapists.normalise import diagnoses as normalised_diagnoses

T = TypeVar("T")
ApprovalKey = tuple[str, str, str]
"""(method, age group, setting)"""

METHODS = (
    (Method.VT, r"verhaltensth|(?<!dialektisch-)(?<!dialectical )behaviou?r|\bk?vt\b|\bcbt\b"),
    (Method.TP, r"tiefenpsych|depth|psychodynam|\btf?p\b"),
    (Method.AP, r"analyti|psychoanaly|\bap\b"),
    (Method.ST, r"systemi|\bst\b(?!\.)"),
)
AGE_GROUPS = (
    (AgeGroup.MINORS, r"kinder|jugend|\bkind\b|child|youth|minor|adolesc"),
    (AgeGroup.ADULTS, r"erwachsen|adult"),
)
LIMITS = re.compile(r"\b(?:kein|keine|keinen|nicht|ohne|außer|ausser|no|not|except)\b", re.IGNORECASE)
LEVEL = re.compile(
    r"\((?:fließend|sehr gut|gut|verhandlungssicher|muttersprachlich|muttersprache|DGS)\)|^muttersprache:?\s",
    re.IGNORECASE,
)
SETTINGS = ((Setting.INDIVIDUAL, r"einzel|individual"), (Setting.GROUP, r"grupp|group"))

gender = one_of(
    {
        Gender.FEMALE: words.FEMALE,
        Gender.MALE: words.MALE,
        Gender.DIVERSE: words.DIVERSE,
        Gender.UNKNOWN: "unbekannt|unknown|keine Angabe|u",
    }
)
seat = one_of(
    {
        Seat.FULL: "ganz|voll|full|ja|voller Sitz|full seat|Kassensitz|1",
        Seat.HALF: "halb|half|halber Sitz|half seat|0,5|1/2",
        Seat.NONE: "kein|keiner|none|nein|no|no seat|privat|Privatpraxis|0",
    }
)
email_permission = one_of(
    {
        EmailPermission.ORAL: "mündlich|telefonisch|oral|phone",
        EmailPermission.WRITTEN: "schriftlich|written",
        EmailPermission.REPLY: "Antwort|reply|in einer Antwort",
    }
)


def approvals(cell: str) -> list[ApprovalKey]:
    """ "VT Erwachsene Einzel; TP Kinder Einzel und Gruppe"; method, age group, setting must all be said."""
    found: set[ApprovalKey] = set()
    for phrase in filter(None, (part.strip() for part in re.split(r"[;|\n]", cell))):
        if not (named := approvals_of(phrase)):
            message = _("“%(phrase)s”: please name method, age group and setting, e.g. VT Erwachsene Einzel.")
            raise ValidationError(message, params={"phrase": short(phrase)})
        found |= named
    return sorted(found)


def approvals_of(phrase: str) -> set[ApprovalKey]:
    """Every approval a phrase names; none unless method, age group and setting are all in it.

    Parts between commas that are complete by themselves stand for themselves: "VT Erwachsene Einzel, TP
    Kinder Gruppe" is two approvals, not eight.
    """
    parts = [_combined(part) for part in phrase.split(",")]
    return set().union(*parts) if all(parts) else _combined(phrase)


def read_approvals(phrases: Iterable[str]) -> tuple[list[ApprovalKey], list[str], list[str]]:
    """The sure approvals of a source, sorted; then the phrases that name none; then the doubts.

    Unsure is what lacks method, age group or setting, what limits ("keine Gruppe"), and what names several
    of two kinds: "VT Erwachsene Einzel und Kinder Gruppe" may mean two approvals or four.
    """
    found: set[ApprovalKey] = set()
    rest: list[str] = []
    for phrase in phrases:
        named = approvals_of(phrase)
        if LIMITS.search(phrase) or _is_ambiguous(phrase):
            named = set()
        found |= named
        rest += [] if named else [phrase]
    doubts = [
        gettext("“%(phrase)s” does not name method, age group and setting.") % {"phrase": phrase}
        for phrase in rest
    ]
    return sorted(found), rest, doubts


def read_languages(cells: Iterable[str]) -> tuple[list[str], list[str], list[str]]:
    """Codes, sorted; then the words that are not on the list; then the doubts."""
    found: set[str] = set()
    rest: list[str] = []
    for cell in cells:
        for name in _language_names(cell):
            if code := value_or_none(words.language, LEVEL.sub("", name).strip()):
                found.add(str(code))
            else:
                rest.append(name)
    rest = list(dict.fromkeys(rest))
    doubts = [gettext("Languages not on the list: %(names)s.") % {"names": ", ".join(rest)}] if rest else []
    return sorted(found), rest, doubts


def names_one_of(phrase: str, patterns: Sequence[tuple[str, str]]) -> bool:
    return bool(_named(phrase, patterns))


def value_or_none(read: Callable[[str], T], cell: str) -> T | None:
    try:
        return read(cell)
    except ValidationError:
        return None


def approval_text(approval: ApprovalKey) -> str:
    """The form `approvals` reads."""
    method, age_group, setting = approval
    age = "Erwachsene" if age_group == AgeGroup.ADULTS else "Kinder"
    return f"{method} {age} {'Einzel' if setting == Setting.INDIVIDUAL else 'Gruppe'}"


def diagnoses(cell: str) -> list[str]:
    """ "F32, F40–F48" → ["F32", "F40-F48"]."""
    return normalised_diagnoses(re.split(r"[;,|\n]", cell))


def _language_names(cell: str) -> list[str]:
    """ "Englisch, Französisch und Türkisch" → three; brackets as in "Farsi (Persisch)" stay."""
    parts = re.split(r"[;,|\n/]|\bund\b|&", cell)
    return [part.strip() for part in parts if part.strip()]


def _is_ambiguous(phrase: str) -> bool:
    """Several of two kinds in one part, where the product may say more than was meant."""
    parts = [part for part in phrase.split(",") if _combined(part)]
    alone = parts if len(parts) == phrase.count(",") + 1 else [phrase]
    kinds = [[len(_named(part, patterns)) for patterns in (METHODS, AGE_GROUPS, SETTINGS)] for part in alone]
    return any(sum(count > 1 for count in counts) > 1 for counts in kinds)


def _combined(phrase: str) -> set[ApprovalKey]:
    methods, ages, settings = (_named(phrase, words) for words in (METHODS, AGE_GROUPS, SETTINGS))
    return set(product(methods, ages, settings))


def _named(phrase: str, patterns: Sequence[tuple[str, str]]) -> list[str]:
    return [str(value) for value, pattern in patterns if re.search(pattern, phrase, re.IGNORECASE)]
