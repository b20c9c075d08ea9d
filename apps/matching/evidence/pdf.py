"""The document as PDF, A4 across. The same content gives the same bytes.

Nothing about the patient stands in the file's own data, only the case code.
"""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from reportlab.lib.colors import Color
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, SimpleDocTemplate

from apps.matching.evidence import fonts, pdf_parts, wording
from apps.matching.evidence.content import Document

PAGE = landscape(A4)
MARGIN = 14 * mm
FOOT = 8 * mm
INSET = 6  # points that reportlab's frames keep on either side
LEFT, RIGHT = MARGIN + INSET, PAGE[0] - MARGIN - INSET
WIDTH = RIGHT - LEFT
MARK_COLOUR = Color(0.75, 0.1, 0.1, alpha=0.16)
FOOT_COLOUR = Color(0.35, 0.35, 0.35)


def render(document: Document) -> bytes:
    """Drawn twice: only then is the number of pages known."""
    fonts.register()
    count, _first = _drawn(document, page_count=0)
    return _drawn(document, page_count=count)[1]


def _drawn(document: Document, *, page_count: int) -> tuple[int, bytes]:
    file = BytesIO()
    template = SimpleDocTemplate(
        file,
        pagesize=PAGE,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN + FOOT,
        title=f"{wording.TITLE}, Fall {document.content['case_code']}",
        author=wording.AGENCY,
        subject=wording.SUBTITLE,
        creator=wording.AGENCY,
        lang="de",
        invariant=1,
        pageCompression=1,
    )
    on_page = _on_page(document, page_count)
    template.build(_story(document), onFirstPage=on_page, onLaterPages=on_page)
    return template.page, file.getvalue()


def _story(document: Document) -> list[Flowable]:
    content = document.content
    return [
        *pdf_parts.heading(content),
        *pdf_parts.facts(content, WIDTH),
        *pdf_parts.summary(content),
        *pdf_parts.lines(content, WIDTH),
        *pdf_parts.gaps(content, WIDTH),
        KeepTogether([*pdf_parts.attachments(content, WIDTH), *pdf_parts.signature(document, WIDTH)]),
    ]


def _on_page(document: Document, page_count: int) -> Callable[[Any, Any], None]:
    def draw(canvas: Any, template: Any) -> None:
        _foot(canvas, document, f"Seite {template.page} von {page_count}")
        if document.mark:
            _mark(canvas, document.mark)

    return draw


def _foot(canvas: Any, document: Document, page: str) -> None:
    case = f"Fall {document.content['case_code']} · Stand {document.as_of}"
    canvas.saveState()
    canvas.setFont(fonts.REGULAR, 7.5)
    canvas.setFillColor(FOOT_COLOUR)
    canvas.drawString(LEFT, MARGIN, f"{case}{' · ' + document.mark if document.mark else ''}")
    canvas.drawCentredString(PAGE[0] / 2, MARGIN, f"Prüfsumme (SHA-256) {document.fingerprint}")
    canvas.drawRightString(RIGHT, MARGIN, page)
    canvas.restoreState()


def _mark(canvas: Any, text: str) -> None:
    """Across the page, see-through, so that nothing below becomes unreadable."""
    canvas.saveState()
    canvas.translate(PAGE[0] / 2, PAGE[1] / 2)
    canvas.rotate(32)
    canvas.setFont(fonts.BOLD, 130)
    canvas.setFillColor(MARK_COLOUR)
    canvas.drawCentredString(0, -45, text)
    canvas.restoreState()
