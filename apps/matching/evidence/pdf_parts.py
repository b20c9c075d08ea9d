"""The parts of the PDF in their order on the page."""

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import Color, black
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, Paragraph, Spacer, Table, TableStyle

from apps.matching.evidence import attachments as states
from apps.matching.evidence import fonts, wording
from apps.matching.evidence.content import Content, Document, counted_outcomes

RULE, SHADE = Color(0.6, 0.6, 0.6), Color(0.92, 0.94, 0.94)
TEXT = ParagraphStyle("text", fontName=fonts.REGULAR, fontSize=9.5, leading=12.5)
CELL = ParagraphStyle("cell", parent=TEXT, fontSize=7.6, leading=9.4)
HEAD = ParagraphStyle("head", parent=CELL, fontName=fonts.BOLD)
LEAD = ParagraphStyle("lead", parent=TEXT, fontName=fonts.BOLD, fontSize=11, leading=14)
PART = ParagraphStyle("part", parent=LEAD, fontSize=12, spaceBefore=10, spaceAfter=4)
TITLE = ParagraphStyle("title", parent=LEAD, fontSize=17, leading=21)
LEAST_ROOM = 45 * mm  # for a heading and the first lines of its table
STATES = {states.THERE: "liegt vor", states.MISSING: "FEHLT", states.BY_HAND: "beizufügen"}
GRID = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
    ("LEFTPADDING", (0, 0), (-1, -1), 3),
    ("RIGHTPADDING", (0, 0), (-1, -1), 3),
    ("TOPPADDING", (0, 0), (-1, -1), 2),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
]
COLUMNS: list[tuple[str, float]] = [
    ("Nr.", 8),
    ("Datum, Zeit", 18),
    ("Weg", 13),
    ("Therapeut:in, Praxis", 55),
    ("Kassensitz", 19),
    ("Verfahren, Alter", 23),
    ("Ergebnis", 37),
    ("km", 10),
    ("Angefragt durch", 22),
    ("Nachweis", 0),  # the rest of the width
]


def heading(content: Content) -> list[Flowable]:
    return [_text(wording.TITLE, TITLE), _text(wording.SUBTITLE, TEXT), Spacer(0, 4 * mm)]


def facts(content: Content, width: float) -> list[Flowable]:
    """In two columns, read downwards."""
    pairs = [[_text(label, HEAD), _text(value, CELL)] for label, value in content["facts"]]
    half = (len(pairs) + 1) // 2
    left, right = pairs[:half], pairs[half:] + [["", ""]] * (2 * half - len(pairs))
    cells = [[*first, *second] for first, second in zip(left, right, strict=True)]
    label_width = 34 * mm
    value_width = width / 2 - label_width
    return [_table(cells, [label_width, value_width] * 2)]


def summary(content: Content) -> list[Flowable]:
    found = content["summary"]
    by_outcome = ", ".join(f"{number} × {label}" for label, number in found["outcomes"])
    weeks = found["longest_wait_weeks"]
    rule = (
        f"Gezählt wird je Anfrage einmal, und nur bei Praxen mit Kassensitz: {counted_outcomes()}. "
        f"Als zumutbar gilt eine Wartezeit bis {weeks} Wochen. Die Mindestzahl wird an verschiedenen "
        "Therapeut:innen gemessen. Jede Zeile ist durch den genannten Nachweis belegt."
    )
    return [
        _text("Zusammenfassung", PART),
        _text(f"{found['sentence']}.", LEAD),
        *([_text(f"Davon {by_outcome}.", TEXT)] if by_outcome else []),
        _text(rule, TEXT),
    ]


def lines(content: Content, width: float) -> list[Flowable]:
    if not content["lines"]:
        return [_text("Kontakte", PART), _text("Im Zeitraum gibt es keinen belegten Kontakt.", TEXT)]
    return [CondPageBreak(LEAST_ROOM), _text("Kontakte", PART), _contacts(content["lines"], width)]


def gaps(content: Content, width: float) -> list[Flowable]:
    """What cannot be proven stands apart and says why; it is not counted."""
    if not content["gaps"]:
        return []
    text = "Diese Kontakte sind im System vermerkt, aber nicht vollständig belegt. Sie sind nicht gezählt."
    return [
        CondPageBreak(LEAST_ROOM),
        _text("Nicht nachweisbar", PART),
        _text(text, TEXT),
        Spacer(0, 2 * mm),
        _contacts(content["gaps"], width),
    ]


def attachments(content: Content, width: float) -> list[Flowable]:
    cells = [
        [_text(entry["label"], CELL), _text(STATES[entry["state"]], HEAD), _text(entry["detail"], CELL)]
        for entry in content["attachments"]
    ]
    table = _table(cells, [130 * mm, 25 * mm, width - 155 * mm])
    return [_text("Unterlagen zum Antrag", PART), table]


def signature(document: Document, width: float) -> list[Flowable]:
    """Lines to sign on; a draft has none, because nobody answers for it yet."""
    if not document.is_signed:
        return [_text("Entwurf: noch nicht geprüft und freigegeben. Nicht zur Vorlage bestimmt.", PART)]
    signed = document.content["signature"]
    by = f"{signed['by']}, {wording.AGENCY}"
    half = width / 2 - 6 * mm
    cells = [
        [
            _text(f"Ort, Datum, Unterschrift: {by}", CELL),
            "",
            _text("Ort, Datum, Unterschrift: versicherte Person", CELL),
        ]
    ]
    table = Table(cells, [half, 12 * mm, half])
    table.setStyle(
        TableStyle([("LINEABOVE", (0, 0), (0, 0), 0.6, black), ("LINEABOVE", (2, 0), (2, 0), 0.6, black)])
    )
    checked = f"Geprüft und freigegeben von {by}, am {signed['at']}."
    return [Spacer(0, 6 * mm), _text(checked, TEXT), Spacer(0, 16 * mm), table]


def _contacts(found: Sequence[dict[str, Any]], width: float) -> Table:
    widths = [share * mm for _label, share in COLUMNS]
    widths[-1] = width - sum(widths)
    head = [_text(label, HEAD) for label, _share in COLUMNS]
    table = _table([head, *(_contact(line) for line in found)], widths, repeat=1)
    table.setStyle(TableStyle([("BACKGROUND", (0, 0), (-1, 0), SHADE)]))
    return table


def _contact(line: dict[str, Any]) -> list[Paragraph]:
    place = f"{line['street']}, {line['plz']} {line['city']}".strip(", ")
    outcome = (
        line["outcome"] if line["is_counted"] else f"{line['outcome']} (nicht gezählt: {line['remark']})"
    )
    answer = f"Antwort: {line['answer_proof']}" if line["answer_proof"] else ""
    columns = [
        [str(line["number"])],
        [line["day"], f"{line['time']} Uhr"],
        [line["channel"]],
        [line["therapist"], line["practice"], place],
        [line["seat"]],
        [line["methods"], line["age_groups"]],
        [outcome],
        [line["distance_km"]],
        [line["who"]],
        [f"{line['proof']}; Anfrage {line['reference']}", answer],
    ]
    return [_stacked(texts) for texts in columns]


def _stacked(texts: Sequence[str]) -> Paragraph:
    return Paragraph("<br/>".join(escape(fonts.writable(text)) for text in texts if text), CELL)


def _text(text: str, style: ParagraphStyle) -> Paragraph:
    return Paragraph(escape(fonts.writable(text)).replace("\n", "<br/>"), style)


def _table(cells: list[list[Any]], widths: list[float], repeat: int = 0) -> Table:
    table = Table(cells, widths, repeatRows=repeat, hAlign="LEFT")
    table.setStyle(TableStyle(GRID))
    return table
