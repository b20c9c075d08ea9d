"""The words of a PDF as reportlab writes it: streams unpacked, glyphs turned back into letters."""

import re
import zlib
from base64 import a85decode

OBJECT = re.compile(rb"(\d+) 0 obj\s*(.*?)endobj", re.DOTALL)
STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
SHOWN = re.compile(rb"/(F\d+(?:\+\d+)?) [\d.]+ Tf|\((?P<text>(?:\\.|[^\\()])*)\)\s*Tj", re.DOTALL)
ESCAPED = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
PLAIN = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pages(pdf: bytes) -> list[str]:
    """What stands on each page, in the order it was drawn; long words may be broken by line ends."""
    objects = {int(number): body for number, body in OBJECT.findall(pdf)}
    fonts = _fonts(objects)
    found = [body for body in objects.values() if b"/Type /Page\n" in body or b"/Type /Page " in body]
    numbers = [re.search(rb"/Contents (\d+) 0 R", body) for body in found]
    return [_text(_stream(objects[int(number[1])]), fonts) for number in numbers if number]


def flat(pdf: bytes) -> str:
    """All pages without any blanks or line ends: for words that may have been broken."""
    return re.sub(r"\s", "", "".join(pages(pdf)))


def _stream(body: bytes) -> bytes:
    match = STREAM.search(body)
    assert match is not None
    data, head = match[1], body[: match.start()]
    if b"ASCII85" in head:
        data = a85decode(data.strip().removesuffix(b"~>"))
    return zlib.decompressobj().decompress(data) if b"FlateDecode" in head else data


def _fonts(objects: dict[int, bytes]) -> dict[bytes, dict[int, str]]:
    """Glyph → letter, under the name each font has in the pages."""
    found = {}
    for body in objects.values():
        for name, number in re.findall(rb"/(F\d+(?:\+\d+)?) (\d+) 0 R", body):
            unicode_map = re.search(rb"/ToUnicode (\d+) 0 R", objects[int(number)])
            if unicode_map:
                found[name] = _letters(_stream(objects[int(unicode_map[1])]))
    return found


def _letters(cmap: bytes) -> dict[int, str]:
    letters: dict[int, str] = {}
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", cmap, re.DOTALL):
        for first, _last, codes in re.findall(rb"<(\w+)>\s*<(\w+)>\s*\[(.*?)\]", block, re.DOTALL):
            for offset, code in enumerate(re.findall(rb"<(\w+)>", codes)):
                letters[int(first, 16) + offset] = chr(int(code, 16))
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.DOTALL):
        for glyph, code in re.findall(rb"<(\w+)>\s*<(\w+)>", block):
            letters[int(glyph, 16)] = chr(int(code, 16))
    return letters


def _text(stream: bytes, fonts: dict[bytes, dict[int, str]]) -> str:
    words, font = [], b""
    for match in SHOWN.finditer(stream):
        if match["text"] is None:
            font = match[1]
        else:
            letters = fonts.get(font, {})
            words.append("".join(letters.get(byte, chr(byte)) for byte in _bytes(match["text"])))
    return "\n".join(words)


def _bytes(text: bytes) -> bytes:
    def plain(match: re.Match[bytes]) -> bytes:
        code = match[1]
        return bytes([int(code, 8)]) if code.isdigit() else PLAIN.get(code, code)

    return ESCAPED.sub(plain, text)
