"""Folding: the new words of a message apart from what it quotes, signs and forwards."""

import re
from dataclasses import dataclass

QUOTED = re.compile(r"^\s*>")
SIGNATURE = re.compile(r"^-- ?$|^_{5,}$")
SENT_FROM = re.compile(
    r"^(von meinem \w+ gesendet|gesendet von|sent from my|get outlook for)\b", re.IGNORECASE
)
# "Am 21.11.2026 um 10:12 schrieb Vermittlung <v@example.org>:", also wrapped over three lines
ATTRIBUTION = re.compile(
    r"^(am|on|le|il)\b.{5,250}?\b(schrieb|wrote|a écrit|ha scritto)\b.{0,200}:\s*$|"
    r"^.{3,150}\bschrieb am\b.{5,80}:\s*$",
    re.IGNORECASE | re.DOTALL,
)
ORIGINAL = re.compile(
    r"^\s*[-_ ]{3,}\s*(ursprüngliche nachricht|originalnachricht|weitergeleitete nachricht|original message|"
    r"forwarded message|anfang der weitergeleiteten nachricht)",
    re.IGNORECASE,
)
FORWARDED = re.compile(r"^(anfang der weitergeleiteten nachricht|begin forwarded message)", re.IGNORECASE)
HEADER_LINE = re.compile(
    r"^\s*\**(von|gesendet|an|betreff|datum|cc|from|sent|to|subject|date)\**\s*:\**\s", re.IGNORECASE
)
MOST_LINES_OF_ATTRIBUTION = 3


@dataclass(frozen=True)
class Folded:
    text: str
    quoted: str


def fold(text: str) -> Folded:
    """What the writer wrote, and the rest in its order. Nothing is lost between the two."""
    lines = text.split("\n")
    is_quoted = [False] * len(lines)
    position = 0
    while position < len(lines):
        count, is_end = _quoted_from(lines, position)
        for line in range(position, min(position + count, len(lines))):
            is_quoted[line] = True
        if is_end:
            is_quoted[position:] = [True] * (len(lines) - position)
            break
        position += max(count, 1)
    new = [line for line, quoted in zip(lines, is_quoted, strict=True) if not quoted]
    rest = [line for line, quoted in zip(lines, is_quoted, strict=True) if quoted]
    return Folded(text=_joined(new), quoted=_joined(rest))


def _quoted_from(lines: list[str], position: int) -> tuple[int, bool]:
    """How many lines from here are quoted, and whether everything below is."""
    line = lines[position]
    if QUOTED.match(line):
        return 1, False
    if ORIGINAL.match(line) or FORWARDED.match(line) or _is_header_block(lines, position):
        return 1, True
    if SIGNATURE.match(line) or SENT_FROM.match(line.strip()):
        return _signature(lines, position)
    if count := _attribution(lines, position):
        return count, not _quote_follows(lines, position + count)
    return 0, False


def _attribution(lines: list[str], position: int) -> int:
    """Lines of "… schrieb …:" that begin here; 0 for none."""
    for count in range(1, MOST_LINES_OF_ATTRIBUTION + 1):
        chunk = lines[position : position + count]
        if len(chunk) == count and all(chunk) and ATTRIBUTION.match(" ".join(chunk).strip()):
            return count
    return 0


def _quote_follows(lines: list[str], position: int) -> bool:
    """Programs that mark quoted lines let the answer stand below; others quote to the end."""
    following = next((line for line in lines[position:] if line.strip()), "")
    return QUOTED.match(following) is not None


def _is_header_block(lines: list[str], position: int) -> bool:
    """Outlook's "Von: … Gesendet: … An: … Betreff: …"."""
    return all(HEADER_LINE.match(line) for line in lines[position : position + 3]) and (
        len(lines) >= position + 3
    )


def _signature(lines: list[str], position: int) -> tuple[int, bool]:
    """To the next quoted line, else to the end."""
    for count, line in enumerate(lines[position:]):
        if QUOTED.match(line) or _attribution(lines, position + count):
            return count, False
    return len(lines) - position, True


def _joined(lines: list[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n").strip()
