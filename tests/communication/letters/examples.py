"""A letter of the tests' own: everything the language and the checks are about, and no rows."""

from datetime import date

from apps.communication.enums import LetterKind
from apps.communication.letters import LetterType, Privacy, Variable

CASES = [
    {"code": "K7M-4QX", "lines": [["Alter", "36 Jahre"], ["Zeiten", "Mo 08:00–13:00"]]},
    {"code": "P9R-3TW", "lines": [["Alter", "52 Jahre"]]},
    {"code": "X4C-6HN", "lines": [["Alter", "19 Jahre"]]},
]


class Example(LetterType):
    kind = LetterKind.REMINDER
    purpose = "for tests"
    variables = (
        Variable("greeting", "greeting", "Sehr geehrte Frau Linde"),
        Variable("reference", "reference", "A-K7M4QX", privacy=Privacy.PUBLIC),
        Variable("link", "link", "https://example.org/reply/x/", is_required=True),
        Variable("cases", "cases", CASES, is_required=True),
        Variable("asked_on", "day", date(2026, 11, 16), privacy=Privacy.PUBLIC, is_optional=True),
        Variable("count", "number", 3, privacy=Privacy.PUBLIC, one=1, is_optional=True),
        Variable("is_late", "late?", True, is_optional=True),
        Variable("note", "note", "eine Notiz", is_optional=True),
    )


BODY = """{{ greeting }},

{% for case in cases %}
Fall {{ case.code }}
{% for label, text in case.lines %}
  {{ label }}: {{ text }}
{% endfor %}

{% endfor %}
{{ link }}
"""
