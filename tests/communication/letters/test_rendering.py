"""Text and HTML of a letter, and which of its texts is used."""

from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
from django.utils import translation

from apps.communication.letters import compose, of_kind, render
from apps.communication.letters.rendering import tidy
from apps.communication.letters.texts import Wording, in_use, own_text
from apps.communication.letters.typeset import Block, blocks, typeset
from apps.communication.models import LetterText
from tests.communication.letters.examples import BODY, CASES, Example
from tests.communication.rows import AT

HOSTILE = "</p><script>alert(1)</script><img src=x onerror=alert(1)>\"'{{ x }}"


def values(**others: Any) -> dict[str, Any]:
    return {**Example.samples()["one"], **others}


class Tags(HTMLParser):
    """Tags and their addresses, as a mail program would see them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "background")]


# text


def test_text_is_tidy() -> None:
    assert tidy("\n\na  \n\n\n\nb\n \n\n") == "a\n\nb\n"


def test_letter_is_filled_in_german() -> None:
    body = f'{BODY}{{{{ asked_on|date:"j. F" }}}} {{{{ count }}}} {{{{ count|pluralize:"Fall,Fälle" }}}}'
    with translation.override("en"):
        letter = compose(Example, Wording("Zu  {{ reference }} ", body), values(note=""))
    assert letter.subject == "Zu A-K7M4QX"
    assert letter.text == (
        "Sehr geehrte Frau Linde,\n\nFall K7M-4QX\n  Alter: 36 Jahre\n  Zeiten: Mo 08:00–13:00\n\n"
        "https://example.org/reply/x/\n16. November 1 Fall\n"
    )


@pytest.mark.parametrize("wrong", [{"extra": 1}, {"note": object()}, {"cases": [{"code": {1: "x"}}]}])
def test_values_are_the_declared_ones_and_plain(wrong: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        compose(Example, Wording("x", BODY), values(**wrong))


def test_missing_value_is_an_error_not_a_hole() -> None:
    given = values()
    del given["greeting"]
    with pytest.raises(ValueError, match="greeting"):
        compose(Example, Wording("x", BODY), given)


# HTML


def test_blocks_are_what_the_text_looks_like() -> None:
    case = "Fall K7M-4QX\n  Alter: 36 Jahre"
    text = f"Guten Tag,\n\n{case}\n\nHier:\nhttps://example.org/a?b=1&c=2\n\n- eins\n- zwei\nund\n"
    assert blocks(text) == [
        Block("text", lines=["Guten Tag,"]),
        Block("case", title="Fall K7M-4QX", facts=[("Alter", "36 Jahre")]),
        Block("text", lines=["Hier:"]),
        Block("button", address="https://example.org/a?b=1&c=2"),
        Block("items", lines=["eins", "zwei"]),
        Block("text", lines=["und"]),
    ]


def test_html_says_the_same_words() -> None:
    letter = compose(Example, Wording("x", BODY), values(cases=CASES))
    for word in ("Sehr geehrte Frau Linde,", "Fall K7M-4QX", "Fall X4C-6HN", "52 Jahre"):
        assert word in letter.html
    assert letter.html.count("Alter") == 3


def test_html_has_a_button_and_the_plain_address_below() -> None:
    html = compose(Example, Wording("x", BODY), values()).html
    assert Tags(html).addresses == ["https://example.org/reply/x/"] * 2
    assert ">Seite öffnen</a>" in html


def test_html_escapes_hostile_values() -> None:
    hostile = [{"code": "K7M-4QX", "lines": [["Alter", HOSTILE]]}]
    text = BODY + "{{ note }}"
    letter = compose(
        Example,
        Wording("{{ reference }}", text),
        values(greeting=HOSTILE, note=HOSTILE, cases=hostile, reference=HOSTILE),
    )
    plain = compose(Example, Wording("x", text), values(note="n"))
    assert HOSTILE in letter.text
    assert set(Tags(letter.html).tags) == set(Tags(plain.html).tags)
    assert "<script" not in letter.html
    assert "<img" not in letter.html


@pytest.mark.parametrize(
    "line", ["javascript:alert(1)", "data:text/html,x", 'https://x.org/" onclick="x', "https://x.org/ more"]
)
def test_only_a_whole_web_address_becomes_a_button(line: str) -> None:
    assert [block.kind for block in blocks(line)] == ["text"]
    assert Tags(typeset(line, title="x", button="x")).addresses == []


def test_html_loads_nothing_and_tells_nothing_back() -> None:
    html = compose(Example, Wording("x", BODY), values()).html
    tags = Tags(html)
    assert not {"img", "script", "link", "iframe", "form"} & set(tags.tags)
    assert "url(" not in html
    assert "@import" not in html
    assert "googleapis" not in html


def test_html_is_german_responsive_and_ready_for_the_dark() -> None:
    html = compose(Example, Wording("x", BODY), values()).html
    assert '<html lang="de"' in html
    assert 'name="viewport"' in html
    assert "prefers-color-scheme: dark" in html


# which text


def _changed(
    subject: str = "Neu {{ reference }}", body: str = "Anders {{ text }}", **fields: Any
) -> LetterText:
    row = {"kind": "answer", "version": 1, "created_at": AT, "reason": "for this test"}
    return LetterText.objects.create(**{**row, "subject": subject, "body": body, **fields})


@pytest.mark.django_db
def test_text_of_the_program_is_used_until_it_is_changed() -> None:
    answer = of_kind("answer")
    assert answer is not None
    assert in_use(answer) == own_text("answer")
    _changed()
    assert in_use(answer) == Wording("Neu {{ reference }}", "Anders {{ text }}")
    given = {"greeting": "Guten Tag", "reference": "A-K7M4QX", "text": "so"}
    letter = render(answer, given)
    assert (letter.kind, letter.subject, letter.text) == ("answer", "Neu A-K7M4QX", "Anders so\n")


@pytest.mark.django_db
def test_version_not_in_use_is_not_used() -> None:
    answer = of_kind("answer")
    assert answer is not None
    _changed(is_current=False)
    assert in_use(answer) == own_text("answer")


@pytest.mark.django_db
def test_text_that_no_longer_fits_is_replaced_by_the_programs_own(caplog: pytest.LogCaptureFixture) -> None:
    answer = of_kind("answer")
    assert answer is not None
    _changed(body="{{ text }} {{ gone }}")
    assert in_use(answer) == own_text("answer")
    assert "letter_text_unsound" in caplog.text


def test_sample_of_dates_is_empty_where_nothing_is_known() -> None:
    assert Example.samples()["sparse"]["asked_on"] == ""
    assert Example.samples()["one"]["asked_on"] == date(2026, 11, 16)
