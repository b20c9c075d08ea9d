"""The typeface of the documents, embedded: Source Sans Pro (SIL OFL 1.1) from its Python package.

It has the letters of all European names, Cyrillic and Greek. A letter it lacks is written without its
marks, and what cannot be written at all becomes a question mark, never an empty box.
"""

import unicodedata
from functools import cache
from importlib.resources import files

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

REGULAR, BOLD = "SourceSansPro", "SourceSansPro-Bold"
FILES = {REGULAR: "SourceSansPro-Regular.ttf", BOLD: "SourceSansPro-Bold.ttf"}


@cache
def register() -> None:
    folder = files("font_source_sans_pro") / "files"
    for name, file in FILES.items():
        pdfmetrics.registerFont(TTFont(name, str(folder / file)))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)


def writable(text: str) -> str:
    """The text in letters that the typeface has."""
    glyphs = pdfmetrics.getFont(REGULAR).face.charToGlyph
    composed = unicodedata.normalize("NFC", text)
    return "".join(letter if ord(letter) in glyphs else _plain(letter, glyphs) for letter in composed)


def _plain(letter: str, glyphs: dict[int, int]) -> str:
    if letter.isspace():
        return " "
    plain = "".join(part for part in unicodedata.normalize("NFKD", letter) if ord(part) in glyphs)
    return plain or "?"
