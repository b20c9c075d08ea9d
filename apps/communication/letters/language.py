"""The language of letter texts: Django's templates cut down to if, for and a few filters.

Nothing can be loaded, included or called: no libraries, no loaders, and only plain values to look at.
A line that holds instructions only leaves no empty line behind.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from django.template import Context, Engine, Template
from django.template.base import Lexer, NodeList, Parser, Token

KEPT_TEMPLATES = 200
INSTRUCTIONS_ONLY = re.compile(r"({%[^%]*%}\s*)+")


class LetterTemplate(Template):
    def compile_nodelist(self) -> NodeList:
        """As Django does, line by line: no instruction goes beyond its line."""
        engine = self.engine
        tokens = list(_tokens(self.source))
        parser = Parser(tokens, engine.template_libraries, engine.template_builtins, self.origin)
        return parser.parse()


class LetterEngine(Engine):
    default_builtins = ["apps.communication.letters.builtins"]


_engine = LetterEngine(loaders=[("django.template.loaders.locmem.Loader", {})], autoescape=False)


@lru_cache(maxsize=KEPT_TEMPLATES)
def compiled(source: str) -> LetterTemplate:
    """Raises TemplateSyntaxError, with the `token` at which it went wrong."""
    return LetterTemplate(source, engine=_engine)


def fill(source: str, values: Any) -> str:
    """Values in, text out. Nothing is escaped: this is plain text."""
    return str(compiled(source).render(Context(dict(values), autoescape=False)))


def _tokens(source: str) -> Iterator[Token]:
    for number, line in enumerate(source.splitlines(keepends=True), start=1):
        text = line.strip() if INSTRUCTIONS_ONLY.fullmatch(line.strip()) else line
        for token in Lexer(text).tokenize():
            token.lineno = number
            yield token
