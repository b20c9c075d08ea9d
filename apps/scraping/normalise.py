"""Readers of cells that only therapists have; words of German and English lists."""

import re
from collections.abc import Sequence
from itertools import product

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.core.enums import Method
from apps.core.imports import words
from apps.core.imports.cells import one_of, short
from apps.therapists.enums import AgeGroup, EmailPermission, Gender, Seat, Setting
from apps.therapists.normalise import diagnoses as normalised_diagnoses

ApprovalKey = tuple[str, str, str]
"""(method, age group, setting)"""

METHODS = (
    (Method.VT, r"verhaltensth|behaviou?r|\bk?vt\b|\bcbt\b"),
    (Method.TP, r"tiefenpsych|depth|psychodynam|\btf?p\b"),
    (Method.AP, r"analyti|psychoanaly|\bap\b"),
    (Method.ST, r"systemi|\bst\b"),
)
AGE_GROUPS = (
    (AgeGroup.MINORS, r"kinder|jugend|\bkind\b|child|youth|minor|adolesc"),
    (AgeGroup.ADULTS, r"erwachsen|adult"),
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


def approval_text(approval: ApprovalKey) -> str:
    """The form `approvals` reads."""
    method, age_group, setting = approval
    age = "Erwachsene" if age_group == AgeGroup.ADULTS else "Kinder"
    return f"{method} {age} {'Einzel' if setting == Setting.INDIVIDUAL else 'Gruppe'}"


def diagnoses(cell: str) -> list[str]:
    """ "F32, F40–F48" → ["F32", "F40-F48"]."""
    return normalised_diagnoses(re.split(r"[;,|\n]", cell))


def _combined(phrase: str) -> set[ApprovalKey]:
    methods, ages, settings = (_named(phrase, words) for words in (METHODS, AGE_GROUPS, SETTINGS))
    return set(product(methods, ages, settings))


def _named(phrase: str, patterns: Sequence[tuple[str, str]]) -> list[str]:
    return [str(value) for value, pattern in patterns if re.search(pattern, phrase, re.IGNORECASE)]
