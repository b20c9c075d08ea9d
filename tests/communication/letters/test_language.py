"""The small language: what it fills in, what it refuses, which lines it leaves behind."""

from datetime import date

import pytest
from django.template import TemplateSyntaxError
from django.utils import translation

from apps.communication.letters.language import compiled, fill

LOOP = """Es fehlt:
{% for label in missing %}
- {{ label }}
{% endfor %}
Danke
"""


@pytest.mark.parametrize(
    ("source", "values", "text"),
    [
        ("{{ name }}", {"name": "O'Neil & Söhne <b>"}, "O'Neil & Söhne <b>"),
        ('{{ name|default:"niemand" }}', {"name": ""}, "niemand"),
        ('{{ n }} {{ n|pluralize:"Praxis,Praxen" }}', {"n": 1}, "1 Praxis"),
        ('{{ n }} {{ n|pluralize:"Praxis,Praxen" }}', {"n": 0}, "0 Praxen"),
        ('{{ codes|join:", " }}', {"codes": ["A", "B"]}, "A, B"),
        (
            "{% if codes|length == 1 %}eins{% elif codes %}mehr{% else %}keins{% endif %}",
            {"codes": []},
            "keins",
        ),
        ("{{ codes.0 }}", {"codes": ["A", "B"]}, "A"),
        ("{% for a, b in rows %}{{ a }}={{ b }};{% endfor %}", {"rows": [["x", 1], ["y", 2]]}, "x=1;y=2;"),
        ("{{ text }}", {"text": "{{ name }} {% if %}"}, "{{ name }} {% if %}"),
    ],
)
def test_text_is_filled(source: str, values: dict[str, object], text: str) -> None:
    assert fill(source, values) == text


def test_dates_are_written_in_german() -> None:
    with translation.override("de"):
        assert fill('{{ day|date:"j. F Y" }}', {"day": date(2026, 11, 3)}) == "3. November 2026"


@pytest.mark.parametrize("missing", [["Vertrag"], ["Vertrag", "PTV 11"]])
def test_lines_of_instructions_leave_nothing_behind(missing: list[str]) -> None:
    items = "".join(f"- {label}\n" for label in missing)
    assert fill(LOOP, {"missing": missing}) == f"Es fehlt:\n{items}Danke\n"


@pytest.mark.parametrize(
    "source",
    [
        '{% include "letters/inquiry.txt" %}',
        '{% extends "base.html" %}',
        "{% load i18n %}",
        "{% debug %}",
        "{% now 'Y' %}",
        "{% with a=1 %}{% endwith %}",
        "{% csrf_token %}",
        '{% url "workspace:today" %}',
        "{{ name|safe }}",
        "{{ name|escapejs }}",
        "{{ name|add:1 }}",
        "{{ name.__class__ }}",
        "{{ name._private }}",
    ],
)
def test_nothing_else_is_known(source: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        compiled(source)


def test_error_knows_its_line() -> None:
    with pytest.raises(TemplateSyntaxError) as refused:
        compiled("eins\n{% if a %}\nzwei\n{% endif %}\n{{ b|upper }}\n")
    assert refused.value.token.lineno == 5
