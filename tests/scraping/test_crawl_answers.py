"""What an answer means."""

from datetime import datetime

import pytest

from apps.scraping.crawl.answers import Answer, Expected, Kind, Trouble, judge

CAPTCHA = b"<!DOCTYPE html><html><head></head><body><form class='h-captcha'></form></body></html>"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(200, b'{"a": 1}'), Kind.TAKE),
        (Answer(200, b"\xef\xbb\xbf[]"), Kind.TAKE),
        (Answer(304), Kind.UNCHANGED),
        (Answer(401), Kind.STOP),
        (Answer(403, b'{"a": 1}'), Kind.STOP),
        (Answer(451), Kind.STOP),
        (Answer(404), Kind.NOTE),
        (Answer(410), Kind.NOTE),
        (Answer(302), Kind.NOTE),
        (Answer(429), Kind.AGAIN),
        (Answer(500), Kind.AGAIN),
        (Answer(503, CAPTCHA), Kind.STOP),
        (Answer(200, CAPTCHA), Kind.STOP),
        (Answer(200, b"  <html><body>Log in</body></html>"), Kind.STOP),
        (Answer(503, b"x", {"cf-mitigated": "challenge"}), Kind.STOP),
        (Answer(200, b'{"a": '), Kind.BROKEN),
        (Answer(200, b""), Kind.BROKEN),
        (Answer(200, b"[" * 100_000), Kind.BROKEN),
        (Answer(trouble=Trouble.TIMEOUT), Kind.AGAIN),
        (Answer(trouble=Trouble.UNREACHABLE), Kind.AGAIN),
        (Answer(trouble=Trouble.ROBOTS_UNREADABLE), Kind.AGAIN),
        (Answer(trouble=Trouble.TOO_LARGE), Kind.NOTE),
        (Answer(trouble=Trouble.ELSEWHERE, detail="elsewhere.example.org"), Kind.STOP),
        (Answer(trouble=Trouble.ROBOTS_FORBID), Kind.STOP),
        (Answer(trouble=Trouble.NOT_PERMITTED, detail="100 % no"), Kind.NOT_PERMITTED),
    ],
)
def test_kind_of_an_answer(answer: Answer, kind: Kind, at: datetime) -> None:
    assert judge(answer, expected=Expected.JSON, at=at).kind == kind


@pytest.mark.parametrize(
    ("expected", "body", "kind"),
    [
        (Expected.PAGE, b"<html><body>Praxis</body></html>", Kind.TAKE),
        (Expected.PAGE, CAPTCHA, Kind.STOP),
        (Expected.TABLE, b"Name;Ort\n", Kind.TAKE),
        (Expected.TABLE, b"<html></html>", Kind.STOP),
    ],
)
def test_web_page_is_fine_only_where_one_is_expected(
    expected: Expected, body: bytes, kind: Kind, at: datetime
) -> None:
    assert judge(Answer(200, body), expected=expected, at=at).kind == kind


def test_empty_500_is_a_refusal_of_the_register_alone(at: datetime) -> None:
    empty, full = Answer(500, b" \n"), Answer(500, b"oops")
    kinds = [
        judge(answer, expected=Expected.JSON, is_register=is_register, at=at).kind
        for is_register in (True, False)
        for answer in (empty, full)
    ]
    assert kinds == [Kind.STOP, Kind.AGAIN, Kind.AGAIN, Kind.AGAIN]
    message = judge(empty, expected=Expected.JSON, is_register=True, at=at).message
    assert message.startswith("The register answered with an empty error 500")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Mon, 23 Nov 2026 08:01:00 GMT", 60.0),
        ("Mon, 23 Nov 2026 07:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        ("-5", None),
    ],
)
def test_wish_of_the_source_to_wait(text: str, seconds: float | None, at: datetime) -> None:
    answer = Answer(503, b"oops", {"retry-after": text})
    assert judge(answer, expected=Expected.JSON, at=at).wait_seconds == seconds


def test_only_what_concerns_all_requests_ends_a_run(at: datetime) -> None:
    answers = [
        Answer(429),
        Answer(503),
        Answer(trouble=Trouble.TIMEOUT),
        Answer(trouble=Trouble.ROBOTS_UNREADABLE),
    ]
    found = [judge(answer, expected=Expected.JSON, at=at).is_about_all for answer in answers]
    assert found == [True, False, False, True]
