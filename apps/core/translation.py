"""What the source says: every text marked for translation in code and templates.

Reads Python with babel and templates through Django's own stand-in, so no xgettext is needed. A message is
known by context and English text, as gettext does it. babel belongs to development; production only compiles.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from tokenize import TokenError

from django.template.base import Lexer, TokenType
from django.utils.translation.template import templatize

CODE_FOLDERS = ("apps", "config")
TEMPLATE_FOLDERS = ("templates",)
TEMPLATE_SUFFIXES = {".html", ".txt", ".mjml", ".svg"}
COMMENT_TAGS = ("Translators:",)
# babel's notation: positions of the text (and of the plural), "c" marks the context
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...]] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), (1,)),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}

Key = tuple[str, str]  # context, text


class CatalogueError(Exception):
    """The source or the catalogue cannot be read; the text says which file and why."""


@dataclass(slots=True)
class Message:
    """One English text of the source; `context` and `plural` are empty where there is none."""

    context: str
    text: str
    plural: str = ""
    files: set[str] = field(default_factory=set)
    comments: set[str] = field(default_factory=set)

    @property
    def key(self) -> Key:
        return self.context, self.text


Messages = dict[Key, Message]


def extract(root: Path) -> Messages:
    """Every marked text of code and templates below `root`. Raises CatalogueError."""
    found: Messages = {}
    for path in sorted(_code(root)):
        _collect(found, path.read_bytes(), path.relative_to(root))
    for path in sorted(_templates(root)):
        _collect(found, _as_python(path), path.relative_to(root))
    return found


def untrimmed(root: Path) -> list[str]:
    """Where a template has a blocktranslate without `trimmed`: its message would carry the indentation."""
    return [
        f"untrimmed blocktranslate: {path.relative_to(root).as_posix()}:{token.lineno}"
        for path in sorted(_templates(root))
        for token in Lexer(path.read_text("utf-8")).tokenize()
        if token.token_type is TokenType.BLOCK and _is_untrimmed(token.split_contents())
    ]


def _is_untrimmed(words: list[str]) -> bool:
    return words[0] in {"blocktranslate", "blocktrans"} and "trimmed" not in words


def _code(root: Path) -> Iterator[Path]:
    for folder in CODE_FOLDERS:
        yield from (path for path in (root / folder).rglob("*.py") if "migrations" not in path.parts)


def _templates(root: Path) -> Iterator[Path]:
    for folder in TEMPLATE_FOLDERS:
        yield from (path for path in (root / folder).rglob("*") if path.suffix in TEMPLATE_SUFFIXES)


def _as_python(path: Path) -> bytes:
    """Django's stand-in of a template for extractors, without the indentation Python would stumble over."""
    try:
        source = templatize(path.read_text("utf-8"))
    except SyntaxError as error:
        raise CatalogueError(f"{path}: {error}") from error
    return "\n".join(line.lstrip() for line in source.splitlines()).encode()


def _collect(found: Messages, source: bytes, path: Path) -> None:
    for new in _read(source, path):
        known = found.setdefault(new.key, new)
        if known.plural and new.plural and known.plural != new.plural:
            raise CatalogueError(
                f"{path}: “{new.text}” has another plural in {', '.join(sorted(known.files))}"
            )
        known.plural = known.plural or new.plural
        known.files |= new.files
        known.comments |= new.comments


def _read(source: bytes, path: Path) -> Iterator[Message]:
    try:
        from babel.messages.extract import extract as babel_extract
    except ImportError as error:
        raise CatalogueError("Reading the source needs babel (requirements/dev.txt).") from error
    try:
        for _line, texts, comments, context in babel_extract(
            "python", BytesIO(source), KEYWORDS, COMMENT_TAGS, strip_comment_tags=True
        ):
            text, plural = texts if isinstance(texts, tuple) else (texts, "")
            yield Message(context or "", text, plural, {path.as_posix()}, {" ".join(comments)} - {""})
    except (SyntaxError, TokenError) as error:
        raise CatalogueError(f"{path}: {error}") from error
