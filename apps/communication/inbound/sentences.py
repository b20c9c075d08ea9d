"""A text cut into sentences, each with the cases it speaks of."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# not after "1." or "15.12." nor after an abbreviation
END = re.compile(
    r"(?<=[.!?;])(?<!\d\.)(?<!\b\w\.)(?<!\bca\.)(?<!\bbzw\.)(?<!\bevtl\.)(?<!\bDr\.)(?<!\bggf\.)\s+"
)
ENDS_AFTER_DAY = re.compile(r"(?<=\d\.)\s+(?=(?:Bitte|Ich|Wir|Leider|Mit|Danke|Vielen|Sie|Es|Für|Zu)\b)")
ITEM = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+")
LINKED = re.compile(r"^[\s,/&+:()]*(?:und|sowie|and|oder|or|fall|für|zu)?[\s,/&+:()]*$", re.IGNORECASE)
EVERYBODY = re.compile(
    r"\b(alle[nr]?|beide[nr]?|allen beiden|jeweils|keine[mrn]? (der|von)|both|all of|neither|none of)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Sentence:
    """`cases` are the codes it is about; none means: not said."""

    text: str
    cases: tuple[str, ...] = ()


def sentences(text: str, codes: Iterable[str]) -> Iterator[Sentence]:
    """A case that is named stays the matter until the paragraph ends, another is named, or "all" is said."""
    known = {code: _pattern(code) for code in codes}
    for paragraph in _paragraphs(text, known):
        about: tuple[str, ...] = ()
        for part in _parts(paragraph):
            for piece in _by_case(part, known):
                is_about_all = EVERYBODY.search(piece.text) is not None
                about = piece.cases or (() if is_about_all else about)
                yield Sentence(piece.text, about)


def _paragraphs(text: str, known: dict[str, re.Pattern[str]]) -> Iterator[str]:
    """Wrapped lines are joined; an empty line, an item or a line that begins with a case starts anew."""
    lines: list[str] = []
    for line in text.split("\n"):
        begins = ITEM.match(line) or any(pattern.search(line[:25]) for pattern in known.values())
        if lines and (not line.strip() or begins):
            yield " ".join(lines)
            lines = []
        if line.strip():
            lines.append(ITEM.sub("", line.strip()))
    if lines:
        yield " ".join(lines)


def _parts(paragraph: str) -> list[str]:
    parts = [piece for part in END.split(paragraph) for piece in ENDS_AFTER_DAY.split(part)]
    return [part.strip() for part in parts if part.strip()]


def _by_case(part: str, known: dict[str, re.Pattern[str]]) -> list[Sentence]:
    """One sentence that speaks of several cases becomes one piece for each group of cases."""
    groups = _groups(part, known)
    if len(groups) < 2:
        return [Sentence(part, groups[0][2] if groups else ())]
    before = part[: groups[0][0]]
    if _says_something(before):  # "Nein zu A, ja zu B": what is said stands before its case
        edges = [0, *(end for _start, end, _codes in groups)]
    else:
        edges = [*(start for start, _end, _codes in groups), len(part)]
    return [Sentence(part[edges[i] : edges[i + 1]], groups[i][2]) for i in range(len(groups))]


def _groups(part: str, known: dict[str, re.Pattern[str]]) -> list[tuple[int, int, tuple[str, ...]]]:
    """(start, end, codes) of codes that stand together: "K7M-4QX und B3C-9XY"."""
    hits = sorted(
        (m.start(), m.end(), code) for code, pattern in known.items() for m in pattern.finditer(part)
    )
    groups: list[tuple[int, int, tuple[str, ...]]] = []
    for start, end, code in hits:
        if groups and LINKED.match(part[groups[-1][1] : start]):
            groups[-1] = (groups[-1][0], end, (*groups[-1][2], code))
        else:
            groups.append((start, end, (code,)))
    return groups


def _says_something(before: str) -> bool:
    words = re.findall(r"\w+", before.lower())
    return any(word in SAYING for word in words)


SAYING = frozenset(
    [
        "ja",
        "nein",
        "leider",
        "gern",
        "gerne",
        "platz",
        "keinen",
        "kein",
        "warteliste",
        "absage",
        "zusage",
        "yes",
        "no",
    ]
)


def _pattern(code: str) -> re.Pattern[str]:
    """The code as people write it: without or with another dash, in small letters."""
    first, _dash, second = code.partition("-")
    return re.compile(rf"(?<![\w-]){re.escape(first)}\s?[-–—]?\s?{re.escape(second)}(?![\w-])", re.IGNORECASE)
