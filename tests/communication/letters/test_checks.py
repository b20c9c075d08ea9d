"""What a text must keep, and how it is said: every problem with its line."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from apps.communication.letters import LetterType, Privacy, Variable, all_types, register
from apps.communication.letters.checks import check, is_sound
from apps.communication.letters.texts import own_text
from tests.communication.letters.examples import BODY, Example

UNKNOWN = "{{ %s }} is not known in this letter. The list beside has all variables."
IN_EVERY_CASE = "several cases, one case, hardly anything known"


def problems(subject: str = "Erinnerung", body: str = BODY) -> dict[str, list[str]]:
    with translation.override("en"), pytest.raises(ValidationError) as refused:
        check(Example, subject=subject, body=body)
    return refused.value.message_dict


def _body(line: str) -> dict[str, list[str]]:
    return problems(body=f"{BODY}\n{line}")


def test_sound_text_passes() -> None:
    check(Example, subject="Erinnerung an {{ reference }} ({{ count }})", body=BODY)


@pytest.mark.parametrize("letter_type", all_types(), ids=lambda letter_type: letter_type.kind.value)
def test_texts_that_come_with_the_program_are_sound(letter_type: type[LetterType]) -> None:
    text = own_text(letter_type.kind)
    check(letter_type, subject=text.subject, body=text.body)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "{{ patient.last_name }}",
            UNKNOWN % "patient.last_name",
        ),
        (
            "{{ cases.0.name }}",
            UNKNOWN % "cases.0.name",
        ),
        (
            "{{ greeting.format }}",
            UNKNOWN % "greeting.format",
        ),
        (
            "{{ cases.0.items }}",
            UNKNOWN % "cases.0.items",
        ),
        (
            "{% if a %}{% endif %}",
            UNKNOWN % "a",
        ),
        (
            "{{ note|default:other }}",
            UNKNOWN % "other",
        ),
        ("{% for x in count %}{% endfor %}", "“for” needs a list."),
        (
            "{% for x in cases %}{{ x.age }}{% endfor %}",
            UNKNOWN % "x.age",
        ),
        (
            "{{ note|upper }}",
            "This filter is not known. There are: date, default, first, join, length, pluralize.",
        ),
        (
            "{% include 'x' %}",
            "This instruction is not known. There are: if, elif, else, endif, for, empty, endfor.",
        ),
        ("{% if note %}", "“if” needs an “endif”, “for” an “endfor”."),
        (
            "{{ }}",
            "What stands between the braces cannot be read. Please compare it with the list beside.",
        ),
        ("{{ note }", "A brace is open or closed alone. Write {{ name }} or {% … %}."),
        ("note }}", "A brace is open or closed alone. Write {{ name }} or {% … %}."),
    ],
)
def test_problem_is_named_with_its_line(line: str, said: str) -> None:
    assert _body(line) == {"body": [f"Line 12: {said}"]}


def test_variables_of_a_loop_are_known_inside_only() -> None:
    found = _body("{% for case in cases %}{{ forloop.counter }} {{ case.code }}{% endfor %}{{ case.code }}")
    assert len(found["body"]) == 1
    assert "{{ case.code }} is not known" in found["body"][0]


def test_all_problems_are_named_at_once() -> None:
    assert len(_body("{{ one }}\n{{ two }}")["body"]) == 2


def test_what_must_stand_in_the_letter_may_not_be_left_out() -> None:
    assert problems(body="{{ greeting }}") == {
        "body": [
            f"{{{{ {name} }}}} must stand in this letter in every case (missing in: {IN_EVERY_CASE})."
            for name in ("link", "cases")
        ]
    }


def test_what_is_missing_in_one_branch_only_is_found() -> None:
    body = BODY.replace("{{ link }}", "{% if is_late %}{{ link }}{% endif %}")
    assert problems(body=body) == {
        "body": ["{{ link }} must stand in this letter in every case (missing in: hardly anything known)."]
    }


@pytest.mark.parametrize("body", ["", "\n \n", "{% if note %}x{% endif %}"])
def test_empty_text_is_refused(body: str) -> None:
    assert "The text is empty." in problems(body=body)["body"]


def test_endless_text_is_refused() -> None:
    assert problems(body="x" * 20_001) == {"body": ["The text is longer than 20000 characters."]}


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("", "The subject is one line that is not empty."),
        ("zwei\nZeilen", "The subject is one line that is not empty."),
        ("{% if note %}x{% endif %}", None),
        ("x" * 121, "Filled in, the subject is longer than 120 characters."),
        (
            "{{ greeting }}",
            "Line 1: {{ greeting }} must not stand in a subject: whoever sees the mailbox reads it.",
        ),
        (
            "{% for case in cases %}{{ case.code }}{% endfor %}",
            "Line 1: {{ cases }} must not stand in a subject: whoever sees the mailbox reads it.",
        ),
    ],
)
def test_subject_tells_nothing_private(subject: str, said: str | None) -> None:
    found = problems(subject=subject)
    assert set(found) == {"subject"}
    if said is not None:
        assert found["subject"][0] == said


def test_subject_that_is_empty_for_one_case_is_refused() -> None:
    found = problems(subject="{% if count %}{% else %}x{% endif %}")
    assert found == {"subject": ["The subject is one line that is not empty."]}


def test_unsound_text_is_told_apart() -> None:
    assert is_sound(Example, "Erinnerung", BODY)
    assert not is_sound(Example, "Erinnerung", BODY + "{{ gone }}")


def test_letter_to_a_therapist_cannot_even_declare_a_name() -> None:
    class Telltale(Example):
        variables = (Variable("name", "name", "Clara Ahorn", privacy=Privacy.PERSONAL),)

    with pytest.raises(ValueError, match="name is too private for the letter reminder"):
        register(Telltale)


def test_no_letter_to_a_therapist_has_a_personal_variable() -> None:
    to_therapists = [letter_type for letter_type in all_types() if not letter_type.is_to_patient()]
    assert len(to_therapists) == 7  # and to whoever registers
    for letter_type in to_therapists:
        assert all(v.privacy <= Privacy.PSEUDONYMOUS for v in letter_type.variables)
