"""Names of people as lists print them: titles and degrees, particles, and practices in their place."""

import re
from dataclasses import dataclass

from apps.core.enums import Salutation

SALUTATIONS = {"frau": Salutation.MS, "fr.": Salutation.MS, "herr": Salutation.MR, "herrn": Salutation.MR}
TITLE = re.compile(
    r"univ\.?-?prof\.?|prof\.?|professor(?:in)?|priv\.?-?doz\.?|pd|privatdozent(?:in)?"
    r"|(?:dr|dres)\.?(?:-?ing\.?|\.med\.?|\.phil\.?)?|doktor(?:in)?|drs\."
    r"|dipl(?:\.|-)(?:-?[a-zäöü]+\.?)*(?:\((?:fh|univ\.?|uni)\))?"
    r"|diplom-?(?:psycholog|pädagog|sozialpädagog|sozialarbeiter)(?:e|in)?"
    r"|[mb]\.\s?(?:sc|a)\.?|msc|bsc|mag\.|mba|ph\.?d\.?|h\.c\.?|\((?:fh|univ\.?|uni)\)"
    r"|(?:med|phil|rer|nat|soc|paed|päd|psych|disc|pol|oec|theol|iur|dent|hum|biol|sc|habil|univ|des|mult)\.",
    re.IGNORECASE,
)
FIELD = re.compile(
    r"med|phil|rer|nat|soc|paed|päd|psych|hum|biol|habil|soz\.?-?(?:päd|paed|arb)\.?", re.IGNORECASE
)
APART = re.compile(r"\b(h|[MB]|Ph)\.\s+(c\.|Sc\b\.?|D\.)")  # "h. c.", "M. Sc.", "Ph. D."
PARTICLES = frozenset(
    re.findall(
        r"\w+", "von vom van der den dem de del della di da dos du la le zu zum zur ten ter el al bin ibn auf"
    )
)
PRACTICE = re.compile(
    r"praxis|praxen|\bmvz\b|versorgungszentrum|zentrum|institut|ambulanz|klinik|\bgmbh\b|\bgbr\b|\bbag\b"
    r"|psychotherapie\b|therapiehaus|gemeinschaft|krankenhaus|verein\b|\be\.\s?v\.",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class PersonName:
    """As it is stored; nothing is guessed: `salutation` only where "Frau" or "Herr" is printed."""

    title: str
    first_name: str
    last_name: str
    salutation: Salutation | None = None


def is_practice_name(text: str) -> bool:
    """ "MVZ am Park", "Praxisgemeinschaft Huber": not a person."""
    return bool(PRACTICE.search(text))


def split_name(text: str) -> PersonName:
    """ "Dr. med. Anna von der Heide" → Dr. med. | Anna | von der Heide; also "Heide, Dr. Anna von der".

    One word is a last name.
    """
    before, _comma, after = APART.sub(r"\1.\2", text).partition(",")
    salutation, words, titles = _split(before.split())
    other_salutation, given, more_titles = _split(after.replace(",", " ").split())
    if given:
        words, border = [*given, *words], _without_particles(given)
    else:
        border = _border(words)
    title = " ".join([*titles, *more_titles])
    return PersonName(
        title, " ".join(words[:border]), " ".join(words[border:]), salutation or other_salutation
    )


def without_titles(text: str) -> tuple[str, str]:
    """ "Dr. Huber" → ("Huber", "Dr."); for lists that give first and last name apart."""
    _salutation, words, titles = _split(APART.sub(r"\1.\2", text).replace(",", " ").split())
    return " ".join(words), " ".join(titles)


def _split(parts: list[str]) -> tuple[Salutation | None, list[str], list[str]]:
    """Salutation, words of the name, titles and degrees in their order."""
    salutation = SALUTATIONS.get(parts[0].casefold()) if parts else None
    words: list[str] = []
    titles: list[str] = []
    is_title = False
    for part in parts[1:] if salutation else parts:
        is_title = bool(TITLE.fullmatch(part) or (is_title and FIELD.fullmatch(part)))
        (titles if is_title else words).append(part)
    return salutation, words, titles


def _border(words: list[str]) -> int:
    """Where the last name begins: at the first particle behind a first name, else at the last word."""
    if words and words[0].casefold() in PARTICLES and words[0].islower():
        return 0
    for position, word in enumerate(words[1:-1], start=1):
        if word.casefold() in PARTICLES:
            return position
    return max(len(words) - 1, 0)


def _without_particles(given: list[str]) -> int:
    """How many of the words behind the comma are first names: "Anna von der" → 1."""
    count = len(given)
    while count > 1 and given[count - 1].casefold() in PARTICLES:
        count -= 1
    return count
