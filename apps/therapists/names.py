"""How a therapist is addressed in a letter. Nothing is guessed: no salutation, no "Frau" or "Herr"."""

import re

from apps.core.enums import Salutation

PROFESSOR = re.compile(r"(?<!\w)(?:prof|professor(?:in)?)(?!\w)", re.IGNORECASE)
# Not "Drs." (Dutch, no doctorate), not "Dr. des." or "Dr. cand." (not yet one), not "PhD".
DOCTOR = re.compile(r"(?<!\w)(?:dr|doktor(?:in)?)(?!\w)(?!\.?\s*(?:des|cand)\b)", re.IGNORECASE)
GREETINGS: dict[str, str] = {Salutation.MS: "Sehr geehrte Frau", Salutation.MR: "Sehr geehrter Herr"}


def greeting(*, salutation: str, title: str, first_name: str, last_name: str) -> str:
    """The German first line of a letter, without comma.

    Only Dr. or Professor:in is spoken, the higher of the two; degrees never are. Without a salutation the
    line is neutral and has no title: "Guten Tag Vorname Nachname". A last name alone is not enough for it.
    """
    start = GREETINGS.get(salutation)
    if start is None:
        return f"Guten Tag {first_name.strip()} {last_name.strip()}" if first_name.strip() else "Guten Tag"
    spoken = spoken_title(title, is_woman=salutation == Salutation.MS)
    return " ".join(part for part in (start, spoken, last_name.strip()) if part)


def spoken_title(title: str, *, is_woman: bool) -> str:
    """ "Prof. Dr. phil. Dipl.-Psych." → "Professor(in)", "Dr. med." → "Dr.", "M.Sc." → ""."""
    if PROFESSOR.search(title):
        return "Professorin" if is_woman else "Professor"
    return "Dr." if DOCTOR.search(title) else ""
