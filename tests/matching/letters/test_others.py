"""Reminder, alternatives, identity and answer: the letters to therapists beside inquiry and withdrawal."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from apps.communication.letters import all_types
from apps.matching import letters
from apps.matching.models import Inquiry
from tests.factories.matching import InquiryFactory, RequestFactory, SearchFactory
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import TODAY

pytestmark = pytest.mark.django_db


def asked(count: int = 1, **therapist: Any) -> Inquiry:
    inquiry = InquiryFactory(therapist=TherapistFactory(**therapist))
    for _count in range(count):
        RequestFactory(inquiry=inquiry)
    return inquiry


def reminder(count: int) -> str:
    inquiry = asked(count)
    requests = list(inquiry.requests.order_by("pk"))
    return letters.reminder_letter(inquiry=inquiry, requests=requests, today=TODAY).text


def test_reminder_about_one_person() -> None:
    text = reminder(1)
    assert "am 16. November haben wir Sie gefragt" in text
    assert "Die Person sucht weiter;" in text
    assert text.count("\nFall ") == 1


def test_reminder_about_three_persons() -> None:
    text = reminder(3)
    assert "Die 3 Personen suchen weiter;" in text
    assert text.count("\nFall ") == 3


def test_reminder_of_an_inquiry_without_a_day() -> None:
    inquiry = InquiryFactory(status="released")
    text = letters.reminder_letter(
        inquiry=inquiry, requests=[RequestFactory(inquiry=inquiry, status="released")], today=TODAY
    ).text
    assert "vor Kurzem haben wir Sie gefragt" in text


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "melden wir uns gern bei Ihnen, sobald jemand"),
        (1, "Eine andere Person, die zu Ihren Verfahren, Zeiten und Wünschen passt, wartet"),
        (4, "4 andere Personen, die zu Ihren Verfahren, Zeiten und Wünschen passen, warten"),
    ],
)
def test_alternatives_count_right(count: int, said: str) -> None:
    inquiry = asked()
    letter = letters.alternatives_letter(inquiry=inquiry, count=count)
    assert said in letter.text
    assert letter.subject == f"Ihr freier Therapieplatz ({inquiry.reference})"
    assert "Wenn Sie keine Anfragen mehr von uns möchten" in letter.text


def test_identity_letter_has_the_link_and_no_name() -> None:
    person = PatientFactory(searching=True, first_name="Vornamezwiebel", last_name="Nachnamezwiebel")
    request = RequestFactory(search=SearchFactory(patient=person), status="accepted")
    letter = letters.identity_letter(
        request=request, url="https://example.org/identity/abc/", valid_until=date(2026, 11, 30)
    )
    whole = letter.subject + letter.text + letter.html
    assert letter.subject == f"Die Kontaktdaten zu Ihrer Zusage ({request.inquiry.reference})"
    assert "\nhttps://example.org/identity/abc/\n" in letter.text
    assert "gilt bis zum 30. November 2026." in letter.text
    assert person.case_code in letter.text
    for word in ("Vornamezwiebel", "Nachnamezwiebel", person.phone, person.email, "Ahornkasse"):
        assert word not in whole


def test_identity_letter_takes_a_moment_as_the_day_here() -> None:
    letter = letters.identity_letter(
        request=RequestFactory(status="accepted"),
        url="https://example.org/identity/abc/",
        valid_until=datetime(2026, 11, 29, 23, 30, tzinfo=UTC),
    )
    assert "30. November 2026" in letter.text


@pytest.mark.parametrize(
    ("incoming", "subject"),
    [
        ("Re: Anfrage zu freien Therapieplätzen (A-K7M4QX)", "Antwort auf Ihre Nachricht (A-K7M4QX)"),
        ("Frau Clara Ahorn, geb. 17.05.1990", "Antwort auf Ihre Nachricht"),
        ("AW: A-K7M4QX wegen Frau Ahorn\nBcc: x@example.org", "Antwort auf Ihre Nachricht (A-K7M4QX)"),
        ("", "Antwort auf Ihre Nachricht"),
    ],
)
def test_answer_repeats_of_the_subject_our_reference_alone(incoming: str, subject: str) -> None:
    therapist = TherapistFactory(salutation="mr", title="", last_name="Linde")
    letter = letters.answer_letter(
        therapist=therapist, text=" gern ab Januar.\n\nBis bald ", subject=incoming
    )
    assert letter.subject == subject
    assert letter.text == (
        "Sehr geehrter Herr Linde,\n\ngern ab Januar.\n\nBis bald\n\n"
        "Mit freundlichen Grüßen\nIhre Psychotherapie-Vermittlung\n"
    )


def test_answer_is_no_template() -> None:
    text = "{{ reference }} {% if x %} <script>"
    letter = letters.answer_letter(therapist=TherapistFactory(), text=text, subject="A-K7M4QX")
    assert text in letter.text
    assert "<script" not in letter.html


@pytest.mark.parametrize(
    "letter_type",
    [t for t in all_types() if not t.is_to_patient() and t.real_label],
    ids=lambda t: t.kind.value,
)
def test_real_data_come_by_the_reference_without_links_that_act(letter_type: Any) -> None:
    inquiry = asked(2)
    found = letter_type.real(f" {inquiry.reference.lower()} ", today=TODAY)
    assert found.values["reference"] == inquiry.reference
    for name in {"reply_url", "url"} & set(found.values):
        assert found.values[name].endswith("/…")
    assert letter_type.real("A-ZZZZZZ", today=TODAY) is None
    patients = set(inquiry.requests.values_list("search__patient_id", flat=True))
    assert set(found.patient_ids) <= patients


def test_identity_of_an_inquiry_without_cases_has_nothing_to_show() -> None:
    identity = next(t for t in all_types() if t.kind == "identity")
    assert identity.real(InquiryFactory().reference, today=TODAY) is None
