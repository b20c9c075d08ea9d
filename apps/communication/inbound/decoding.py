"""Bytes and headers as text, whatever they claim to be. Nothing here raises."""

import re
from email.errors import HeaderParseError
from email.header import decode_header
from html.parser import HTMLParser

LIKELY = ("utf-8", "cp1252", "latin-1")
UNREADABLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
SURROGATES = re.compile("[\ud800-\udfff]")
BLOCKS = frozenset(
    {
        "address",
        "blockquote",
        "br",
        "div",
        "h1",
        "h2",
        "h3",
        "h4",
        "li",
        "ol",
        "p",
        "pre",
        "table",
        "tr",
        "ul",
    }
)
UNSEEN = frozenset({"script", "style", "head", "title", "template", "noscript"})
ENCODED_WORD = re.compile(r"=\?[^?\s]+\?[bBqQ]\?[^?]*\?=")


def as_text(content: bytes, charset: str | None) -> str:
    """As declared if that holds, else UTF-8, else Windows-1252, which reads anything."""
    for guess in (charset or "utf-8", *LIKELY):
        try:
            return clean(content.decode(guess))
        except (LookupError, ValueError):
            continue
    return clean(content.decode("ascii", "replace"))


def header_text(value: str) -> str:
    """A header with its encoded words read; raw 8-bit headers are guessed like bodies."""
    value = raw_header(value)
    if not ENCODED_WORD.search(value):
        return one_line(value)
    try:
        parts = decode_header(re.sub(r"\r?\n[ \t]+", " ", value))
    except (HeaderParseError, ValueError):
        return one_line(value)
    return one_line("".join(_part(content, charset) for content, charset in parts))


def raw_header(value: str) -> str:
    """Bytes above 127 arrive as surrogates: read them as text."""
    return (
        as_text(value.encode("utf-8", "surrogateescape" if _escaped(value) else "replace"), None)
        if _has_surrogates(value)
        else clean(value)
    )


def clean(text: str) -> str:
    """Without what no database or page takes: controls, surrogates; one kind of line break."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0b", "\n").replace("\x0c", "\n")
    return UNREADABLE.sub("", text)


def one_line(text: str) -> str:
    return " ".join(text.split())


def html_text(html: str) -> str:
    """What a reader sees, links as "words (address)"; quoted blocks get "> " before each line."""
    reader = _Reader()
    try:
        reader.feed(html)
        reader.close()
    except (AssertionError, ValueError):  # the parser gives up on some broken declarations
        reader.give(re.sub(r"<[^>]*>", " ", html))
    return reader.text


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = [""]
        self._quote_depth = 0
        self._hidden: list[str] = []
        self._links: list[str] = []

    @property
    def text(self) -> str:
        lines = [_tidy(line) for line in self._lines]
        return clean(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNSEEN:
            self._hidden.append(tag)
        if tag == "blockquote":
            self._quote_depth += 1
        if tag in BLOCKS:
            self._break()
        if tag == "a":
            self._links.append(dict(attrs).get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._hidden:
            while self._hidden.pop() != tag:
                pass
        if tag == "a" and self._links:
            self._end_link(self._links.pop())
        if tag == "blockquote":
            self._quote_depth = max(self._quote_depth - 1, 0)
        if tag in BLOCKS and tag != "br":
            self._break()
        if tag == "p":
            self._break(is_empty=True)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.give(data)

    def give(self, data: str) -> None:
        words = re.sub(r"\s+", " ", data.replace("\xa0", " "))
        self._lines[-1] += words if self._lines[-1].strip("> ") else words.lstrip()

    def _end_link(self, address: str) -> None:
        is_shown = address in self._lines[-1] or address.removeprefix("mailto:") in self._lines[-1]
        if address.startswith(("http://", "https://", "mailto:")) and not is_shown:
            self.give(f" ({address})")

    def _break(self, *, is_empty: bool = False) -> None:
        prefix = "> " * self._quote_depth
        if self._lines[-1].strip("> ") or is_empty:
            self._lines.append(prefix)
        else:
            self._lines[-1] = prefix


def _tidy(line: str) -> str:
    return re.sub(r"[ \t]+", " ", line).strip()


def _part(content: bytes | str, charset: str | None) -> str:
    return as_text(content, charset) if isinstance(content, bytes) else clean(content)


def _has_surrogates(value: str) -> bool:
    return SURROGATES.search(value) is not None


def _escaped(value: str) -> bool:
    """Whether all surrogates stand for a byte (U+DC80 to U+DCFF)."""
    return all("\udc80" <= found <= "\udcff" for found in SURROGATES.findall(value))
