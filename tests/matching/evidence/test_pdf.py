"""The PDF: what stands on its pages, its marks, that it is the same to the byte."""

import re
from datetime import datetime

import pytest

from apps.accounts.models import User
from apps.matching.evidence import fonts, pdf
from apps.matching.evidence.content import document
from apps.matching.models import PlacementSearch, RefusalEvidence
from apps.matching.services import evidence as services
from tests.factories.therapists import TherapistFactory
from tests.matching.evidence.histories import declined, emailed, moment, requested
from tests.matching.evidence.pdf_text import flat, pages

pytestmark = pytest.mark.django_db


def drawn(evidence: RefusalEvidence, at: datetime) -> bytes:
    return pdf.render(document(evidence=evidence, at=at))


def signed(evidence: RefusalEvidence, by: User, at: datetime) -> RefusalEvidence:
    seen = document(evidence=evidence, at=at).fingerprint
    return services.sign(evidence=evidence, seen=seen, actor=by, at=at)


def test_draft_is_marked_on_every_page_and_has_no_line_to_sign(
    draft: RefusalEvidence, search: PlacementSearch, coordinator: User, at: datetime
) -> None:
    for day in range(3, 15):
        declined(search, by=coordinator, day=day)
    found = pages(drawn(draft, at))
    assert len(found) > 1
    assert all("\nENTWURF\n" in page for page in found)
    assert "Unterschrift" not in "".join(found)


def test_signed_document_has_a_line_to_sign_and_no_mark(
    draft: RefusalEvidence, search: PlacementSearch, coordinator: User, at: datetime
) -> None:
    declined(search, by=coordinator, day=9)
    text = "\n".join(pages(drawn(signed(draft, coordinator, at), at)))
    assert "ENTWURF" not in text
    assert "Entwurf" not in text
    assert (
        "Geprüft und freigegeben von Coordinator, Psychotherapie-Vermittlung, am 23.11.2026, 09:00 Uhr."
        in text
    )
    assert "Ort, Datum, Unterschrift: versicherte Person" in text


def test_void_document_says_so(
    draft: RefusalEvidence, search: PlacementSearch, coordinator: User, at: datetime
) -> None:
    declined(search, by=coordinator, day=9)
    evidence = signed(draft, coordinator, at)
    services.void(evidence=evidence, reason="wrong period", actor=coordinator, at=at)
    assert all("\nUNGÜLTIG\n" in page for page in pages(drawn(evidence, at)))


def test_every_page_has_number_date_and_fingerprint(
    draft: RefusalEvidence, search: PlacementSearch, coordinator: User, at: datetime
) -> None:
    for day in range(3, 15):
        declined(search, by=coordinator, day=day)
    shown = document(evidence=draft, at=at)
    found = pages(pdf.render(shown))
    for number, page in enumerate(found, start=1):
        assert f"Seite {number} von {len(found)}" in page
        assert f"Prüfsumme (SHA-256) {shown.fingerprint}" in page
        assert f"Fall {search.patient.case_code} · Stand 23.11.2026, 09:00 Uhr" in page


def test_head_of_the_table_is_repeated(
    draft: RefusalEvidence, search: PlacementSearch, coordinator: User, at: datetime
) -> None:
    for day in range(3, 20):
        declined(search, by=coordinator, day=day)
    with_lines = [page for page in pages(drawn(draft, at)) if "\nNachweis\n" in page]
    assert len(with_lines) >= 3


def test_names_of_all_alphabets_are_written(
    draft: RefusalEvidence, search: PlacementSearch, coordinator: User, at: datetime
) -> None:
    therapist = TherapistFactory(
        title="Dr.", first_name="Đorđe", last_name="Ljubičić-Čapek", practice__name="Praxis Ёлка & Söhne <b>"
    )
    declined(search, by=coordinator, day=9, therapist=therapist)
    text = flat(drawn(draft, at))
    for name in ("ŁukaszŞahin-Özdemir", "Dr.ĐorđeLjubičić-Čapek", "PraxisЁлка&Söhne<b>"):
        assert name in text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Łukasz Şahin", "Łukasz Şahin"),
        ("Müller", "Müller"),
        ("Li 李", "Li ?"),
        ("a\u3000b", "a b"),
        ("\uff21bc", "Abc"),
    ],
)
def test_letters_the_typeface_lacks_are_replaced(text: str, written: str) -> None:
    fonts.register()
    assert fonts.writable(text) == written


def test_numbers_and_dates_are_german(
    draft: RefusalEvidence, search: PlacementSearch, coordinator: User, at: datetime
) -> None:
    declined(search, by=coordinator, day=9, distance_km=12.34)
    lines = "\n".join(pages(drawn(draft, at))).split("\n")
    assert {"09.11.2026", "10:00 Uhr", "12,3", "17.05.1990"} <= set(lines)
    assert not any(re.search(r"\d{4}-\d{2}-\d{2}|\d\.\d km", line) for line in lines)


def test_what_cannot_be_proven_stands_apart(
    draft: RefusalEvidence, search: PlacementSearch, coordinator: User, at: datetime
) -> None:
    declined(search, by=coordinator, day=9)
    emailed(requested(search, by=coordinator, at=moment(10)), by=coordinator, at=moment(10), status="unclear")
    text = "\n".join(pages(drawn(draft, at)))
    proven, _heading, unproven = text.partition("\nNicht nachweisbar\n")
    assert "anfrage-1@example.org" in proven
    assert "anfrage-2@example.org" not in proven
    assert "anfrage-2@example.org" in unproven


def test_same_content_gives_the_same_bytes(
    draft: RefusalEvidence, search: PlacementSearch, coordinator: User, at: datetime
) -> None:
    declined(search, by=coordinator, day=9)
    shown = document(evidence=draft, at=at)
    assert pdf.render(shown) == pdf.render(shown)


def test_file_says_nothing_of_the_patient(
    draft: RefusalEvidence, search: PlacementSearch, coordinator: User, at: datetime
) -> None:
    content = drawn(draft, at)
    assert b"/Lang (de)" in content
    assert b"Fall " in content
    for secret in (b"Sahin", "Şahin".encode("utf-16-be"), b"A123456780", b"17.05.1990"):
        assert secret not in content
    assert search.patient.kvnr in flat(content)  # it stands on the page, so it could have leaked


def test_document_without_contacts_says_so(draft: RefusalEvidence, at: datetime) -> None:
    assert "Im Zeitraum gibt es keinen belegten Kontakt." in "\n".join(pages(drawn(draft, at)))
