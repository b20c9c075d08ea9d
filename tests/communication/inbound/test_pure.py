"""Reading bytes and words: no exception on anything, nothing lost by folding, days and quotes as told."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.communication.inbound import answers, dates, decoding, reports
from apps.communication.inbound.parsing import TEXT_LIMIT, parse
from apps.communication.inbound.quoting import fold
from apps.communication.inbound.recognising import recognise
from tests.communication.inbound.awkward import MAILS
from tests.communication.inbound.mails import mail

TODAY = date(2026, 11, 23)
NO_ONE: frozenset[str] = frozenset()
PIECES = st.sampled_from(
    [
        *(mail("Leider nein."), b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n", b"\r\n\r\n"),
        *(b"=?utf-8?b?/w==?=", b"From: ", b"Content-Type: text/html; charset=", b"<p>", b"\xff\x00"),
        *(b"Message-ID: <", b"> wrote:\n", b"message/rfc822"),
    ]
)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(st.binary(max_size=600), st.lists(PIECES | st.binary(max_size=20), max_size=12).map(b"".join))
)
def test_any_bytes_can_be_read(raw: bytes) -> None:
    received = parse(raw)
    recognise(received, ours=NO_ONE)
    reports.read(received)
    answers.read(fold(received.text).text, codes=["K7M-4QX"], today=TODAY)
    for text in (
        received.text,
        received.subject,
        received.from_email,
        received.message_id,
        received.from_name,
    ):
        assert "\x00" not in text
        text.encode()  # no surrogates


@pytest.mark.parametrize("awkward", MAILS, ids=lambda awkward: awkward.name)
@pytest.mark.parametrize("cut", [1, 60, 200, 400])
def test_awkward_mail_cut_anywhere_can_be_read(cut: int, awkward: object) -> None:
    raw = awkward.raw  # type: ignore[attr-defined]
    recognise(parse(raw[: -cut or None][:5000]), ours=NO_ONE)


@given(st.text(alphabet="ab> \n-:AmschriebVon_", max_size=300))
def test_folding_loses_no_word(text: str) -> None:
    folded = fold(text)
    together = sorted(f"{folded.text}\n{folded.quoted}".split())
    assert together == sorted(text.split())


@given(st.text(max_size=200))
def test_days_are_found_in_any_text(text: str) -> None:
    assert all(found.day >= TODAY for found in dates.find(text, today=TODAY))


def test_long_text_is_cut_and_says_so() -> None:
    text = parse(mail("x" * (TEXT_LIMIT + 5))).text
    assert (len(text), text[-3:]) == (TEXT_LIMIT, "[…]"[-3:])


def test_html_keeps_links_as_words_and_no_scripts() -> None:
    link = '<a href="https://a.example/x">hier</a>'
    html = f"<p>Bitte {link}</p><script>alert(1)</script><p>Danke&nbsp;&amp; Gruß</p>"
    assert decoding.html_text(html) == "Bitte hier (https://a.example/x)\n\nDanke & Gruß"


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("bis zum 15.12.2026", date(2026, 12, 15)),
        ("bis 6.1.", date(2027, 1, 6)),
        ("ab März", date(2027, 3, 1)),
        ("Ende Februar 2028", date(2028, 2, 29)),
        ("in 6 Monaten", date(2027, 5, 23)),
        ("in 6-8 Wochen", date(2027, 1, 18)),
        ("in einem halben Jahr", date(2027, 5, 23)),
        ("im Frühjahr 2027", date(2027, 3, 1)),
        ("im 2. Quartal 2027", date(2027, 4, 1)),
        ("nächstes Jahr", date(2027, 1, 1)),
        ("until January 5th, 2027", date(2027, 1, 5)),
        ("ab 03/2027", date(2027, 3, 1)),
        ("am 31.2.2027", None),
        ("seit 1.1.2020", None),
        ("you may call", None),
        ("im Fall K7M-4QX", None),
        ("0341/123456", None),
    ],
)
def test_day_in_words(words: str, day: date | None) -> None:
    assert dates.first(words, today=TODAY) == day


@pytest.mark.parametrize(
    ("words", "until"),
    [
        ("Ich bin bis zum 15.12.2026 nicht im Büro.", date(2026, 12, 15)),
        ("Vom 23.12. bis 6.1. bleibt die Praxis geschlossen.", date(2027, 1, 6)),
        ("Ich bin ab dem 7. Januar wieder erreichbar.", date(2027, 1, 6)),
        ("I will be back on 5 January 2027.", date(2027, 1, 4)),
        ("In dringenden Fällen: 116117", None),
    ],
)
def test_end_of_an_absence(words: str, until: date | None) -> None:
    assert answers.absence_until(words, today=TODAY) == until


def test_headers_that_were_not_encoded_are_read() -> None:
    raw = mail("x", sender="Änne Öhler <anne@example.org>", subject="Rückmeldung für Sie")
    received = parse(raw)
    assert (received.from_name, received.subject) == ("Änne Öhler", "Rückmeldung für Sie")
    latin = parse(raw.decode().encode("cp1252"))
    assert (latin.from_name, latin.subject) == ("Änne Öhler", "Rückmeldung für Sie")


def test_encoded_headers_of_three_kinds_are_read() -> None:
    subject = "=?utf-8?b?R3LDvMOfZQ==?= =?iso-8859-1?Q?_f=FCr?= =?nonsense?q?_Sie?="
    assert parse(mail("x", subject=subject)).subject == "Grüße für Sie"
