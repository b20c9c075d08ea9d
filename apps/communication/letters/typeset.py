"""A finished plain text as HTML: the same words, readable on a phone and in the dark.

The frame is MJML, compiled once per process, with Django's tags in it; Django fills it and escapes
everything. Nothing is loaded from anywhere and nothing tells the sender that the letter was opened.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from django.template import Context, Engine, Template
from django.template.loader import get_template
from mjml import mjml2html

FRAME = "letters/frame.mjml"
ADDRESS = re.compile(r"https?://[^\s<>\"']+")
CASE = re.compile(r"Fall \S+")
FACT = re.compile(r" {2,}([^:]{1,40}): (.+)")
ITEM = re.compile(r"[-–•] +(.+)")


@dataclass(frozen=True)
class Block:
    """One piece of a letter. `kind`: text, case (heading and facts), items, button."""

    kind: str
    lines: list[str] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    title: str = ""
    address: str = ""


def typeset(text: str, *, title: str, button: str) -> str:
    """`text` as an HTML document; `button` is the label of addresses that stand alone on a line."""
    values = {"blocks": blocks(text), "title": title, "button": button}
    return str(_frame().render(Context(values, autoescape=True)))


def blocks(text: str) -> list[Block]:
    found: list[Block] = []
    for paragraph in re.split(r"\n\s*\n", text.strip("\n")):
        found += _blocks_of(paragraph.split("\n"))
    return found


def _blocks_of(lines: list[str]) -> list[Block]:
    """One paragraph: a case, a list, or text with buttons in between."""
    facts = [FACT.fullmatch(line) for line in lines[1:]]
    if CASE.fullmatch(lines[0].strip()) and all(facts):
        pairs = [(fact[1].strip(), fact[2].strip()) for fact in facts if fact]
        return [Block("case", title=lines[0].strip(), facts=pairs)]
    found: list[Block] = []
    for line in (line.strip() for line in lines):
        _add(found, line)
    return found


def _add(found: list[Block], line: str) -> None:
    item = ITEM.fullmatch(line)
    if ADDRESS.fullmatch(line):
        found.append(Block("button", address=line))
        return
    kind, words = ("items", item[1]) if item else ("text", line)
    if not found or found[-1].kind != kind:
        found.append(Block(kind))
    found[-1].lines.append(words)


@lru_cache
def _frame() -> Template:
    source = get_template(FRAME).template.source  # type: ignore[attr-defined]
    return Template(mjml2html(source), engine=Engine(autoescape=True))
