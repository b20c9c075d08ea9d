"""Pages of the doctors' register that a person saved in the browser: one practice or a list of them.

The table of hours has a column per kind of hours; a cell prints each range twice, for the eye and for screen
readers. Only the telephone column is read.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from parsel import Selector

from apps.core.imports.hours import read_ranges, weekday_of
from apps.core.weekly import Interval
from apps.scraping.adapters import arztsuche
from apps.scraping.adapters.base import Adapter, Record, UnknownShape, clean, text_of, texts
from apps.scraping.adapters.drafts import Draft, finished
from apps.scraping.normalise import METHODS, names_one_of
from apps.scraping.records import DirectoryEntry, Rejected

ENTRY = "div.praxis-list-element"
PHONE_COLUMN = "telefonische erreichbarkeit"
TOWN_LINE = re.compile(r"(?:D\s*-?\s*)?([0-9]{5})\s+(.+)")
DATED_DAY = re.compile(r"(?P<day>[^\W\d]+)?\.?[\s,(]*(?P<date>[0-9][0-9.\- ]*)?\)?")
WIDEST_CELL = 20
SLOT_QUOTED = 60


class SavedPage(Adapter):
    key = "saved_page"
    label = gettext_lazy("Saved page of the doctors' register (HTML)")
    suffixes = (".html", ".htm")

    def records(self, content: bytes, mapping: Mapping[str, str]) -> Sequence[Record]:
        page = text_of(content)
        if "<" not in page:
            raise UnknownShape(_("This is no web page."))
        found = Selector(text=page, type="html").css(ENTRY)
        blocks = [one for one in found if not one.xpath("ancestor::div[" + _has_class(ENTRY) + "]")]
        if not blocks:
            message = _("The page has another form: there is no practice on it (“%(marker)s”).")
            raise UnknownShape(message % {"marker": ENTRY})
        return [
            (_("entry %(number)s") % {"number": number}, _payload(block))
            for number, block in enumerate(blocks, start=1)
        ]

    def entry(
        self, payload: Any, *, fetched_on: date, mapping: Mapping[str, str], where: str
    ) -> DirectoryEntry | Rejected:
        draft = Draft({key: payload[key] for key in ("phone", "fax", "email", "website")})
        draft.texts["last_name"] = payload["name"]
        draft.texts |= _address(payload["address"], draft)
        draft.texts["seat"] = arztsuche.seat({"fg": payload["groups"]})
        draft.approvals = [one for one in payload["groups"] if names_one_of(one, METHODS)]
        draft.texts["further_qualifications"] = "; ".join(
            one for one in payload["groups"] if one not in draft.approvals
        )
        draft.phone_hours = _phone_hours(payload["phone_hours"], fetched_on, draft)
        return finished(draft, payload=payload, where=where)


def _payload(block: Selector) -> dict[str, Any]:
    """What the page shows, as texts."""
    groups = block.css("div.arztgruppe")
    return {
        "name": _text(block.css("h1.praxisname")),
        "groups": list(dict.fromkeys(texts([_text([one]) for one in groups]))),
        "address": _lines(block.css("div[aria-description='Adresse der Praxis']")),
        "phone": _link(block, "tel:"),
        "fax": _link(block, "fax:"),
        "email": _link(block, "mailto:"),
        "website": clean(block.css("a[id^='web_']::attr(href)").get("")),
        "phone_hours": [list(row) for row in _phone_rows(block)],
    }


def _address(lines: Sequence[str], draft: Draft) -> dict[str, str]:
    """The line with the PLZ is the town, the one before it the street, one more before it the practice."""
    for position, line in enumerate(lines):
        if match := TOWN_LINE.fullmatch(line):
            before = list(lines[max(position - 2, 0) : position])
            street = before.pop() if before else ""
            return {"plz": match[1], "city": match[2], "street": street, "practice_name": "".join(before)}
    draft.doubts.append(_("No address was found on the page."))
    return {}


def _phone_hours(rows: Sequence[Sequence[str]], fetched_on: date, draft: Draft) -> list[Interval]:
    intervals: list[Interval] = []
    for day, printed in rows:
        match = DATED_DAY.fullmatch(day)
        dated, name = (match["date"] or "", match["day"] or "") if match else (day, "")
        weekday, contradiction = weekday_of(dated.strip(), name, fetched_on=fetched_on)
        ranges, unclear = read_ranges(printed)
        if weekday is None or unclear:
            message = _("Phone hours not understood: “%(slot)s”.")
            draft.doubts.append(message % {"slot": f"{day} {printed}".strip()[:SLOT_QUOTED]})
        if weekday is not None:
            draft.doubts += contradiction if ranges else []
            intervals += [Interval(weekday, start, end) for start, end in ranges]
    return intervals


def _phone_rows(block: Selector) -> Iterator[tuple[str, str]]:
    """(day as printed, hours as printed) of the telephone column, rows without hours left out."""
    for table in block.css("table"):
        header, *rows = _grid(table) or [[]]
        position = next((at for at, cell in enumerate(header) if PHONE_COLUMN in cell.casefold()), None)
        for row in rows if position else ():
            if position is not None and len(row) > position and row[position]:
                yield row[0], row[position]


def _grid(table: Selector) -> list[list[str]]:
    """The cells by row and column; a cell over several rows or columns stands in each of them."""
    grid: list[list[str]] = []
    waiting: dict[int, tuple[int, str]] = {}  # column → rows still to fill, and with what
    for line in table.xpath(".//tr"):
        row: list[str] = []
        _fill_from_above(row, waiting)
        for cell in line.xpath("./th|./td"):
            for _column in range(_span(cell, "colspan")):
                if (below := _span(cell, "rowspan") - 1) > 0:
                    waiting[len(row)] = (below, _text([cell]))
                row.append(_text([cell]))
            _fill_from_above(row, waiting)
        grid.append(row)
    return grid


def _fill_from_above(row: list[str], waiting: dict[int, tuple[int, str]]) -> None:
    while (above := waiting.get(len(row))) and above[0] > 0:
        waiting[len(row)] = (above[0] - 1, above[1])
        row.append(above[1])


def _span(cell: Selector, name: str) -> int:
    printed = cell.attrib.get(name, "1")
    return min(int(printed), WIDEST_CELL) if printed.isascii() and printed.isdigit() else 1


def _link(block: Selector, scheme: str) -> str:
    found = block.css(f"a[href^='{scheme}']::attr(href)").get("")
    return clean(found.removeprefix(scheme))


def _text(found: Any) -> str:
    """All texts below, with blanks between them: a page sets words apart by elements as well."""
    parts = [part for one in found for part in one.xpath(".//text()").getall()]
    return clean(" ".join(" ".join(parts).split()))


def _lines(found: Any) -> list[str]:
    parts = [part for one in found for part in one.xpath(".//text()").getall()]
    return [clean(" ".join(part.split())) for part in parts if part.strip()]


def _has_class(marker: str) -> str:
    return f"contains(concat(' ', normalize-space(@class), ' '), ' {marker.partition('.')[2]} ')"
