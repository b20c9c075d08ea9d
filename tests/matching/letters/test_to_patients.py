"""What a patient reads: the greeting, numbers right, nothing of the illness, subjects that tell nothing."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from apps.communication.letters import all_types, of_kind
from apps.matching import letters
from apps.matching.letters.to_patients import MissingDocumentsLetter, StatusLetter
from apps.matching.models import PlacementSearch
from apps.matching.selectors.patient_news import StatusFigures, status_figures, with_figures
from apps.patients.models import Patient
from tests.factories.matching import InquiryFactory, RequestFactory, SearchFactory
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import AT, TODAY

pytestmark = pytest.mark.django_db

CLOSING = "Mit freundlichen Grüßen\nIhre Psychotherapie-Vermittlung\n"
PRIVATE = (
    "Vornamezwiebel",
    "Nachnamezwiebel",
    "04159",
    "Zwiebelstadt",
    "17.05.1990",
    "A123456780",
    "ZWIE-BELN-9999",
)


def patient(**fields: Any) -> Patient:
    identity = {"salutation": "ms", "first_name": "Kim", "last_name": "Ahorn"}
    return PatientFactory(searching=True, **{**identity, **fields})


def figures(**numbers: int) -> StatusFigures:
    given = {"asked": 8, "waiting": 5, "declined": 2, "waitlisted": 1, "since_days": 21}
    return StatusFigures(**{**given, **numbers})


def every_letter(person: Patient) -> list[Any]:
    search = SearchFactory(patient=person)
    request = RequestFactory(search=search, status="accepted")
    day = date(2026, 11, 1)
    return [
        letters.welcome_letter(patient=person),
        letters.missing_documents_letter(patient=person, missing=["das Formular PTV 11"]),
        letters.status_letter(search=search, figures=figures()),
        letters.place_found_letter(patient=person),
        letters.place_call_letter(request=request),
        letters.search_ended_letter(patient=person),
        letters.evidence_letter(patient=person, period_from=day, period_to=TODAY),
    ]


# greeting


@pytest.mark.parametrize(
    ("salutation", "gender", "greeting"),
    [
        ("ms", "female", "Sehr geehrte Frau Ahorn,"),
        ("mr", "male", "Sehr geehrter Herr Ahorn,"),
        ("none", "female", "Guten Tag Kim Ahorn,"),
        ("none", "not_stated", "Guten Tag Kim Ahorn,"),
        ("none", "diverse", "Guten Tag Kim Ahorn,"),
    ],
)
def test_patient_is_greeted_without_guessing(salutation: str, gender: str, greeting: str) -> None:
    for letter in every_letter(patient(salutation=salutation, gender=gender)):
        assert letter.text.splitlines()[0] == greeting
        assert letter.text.endswith(CLOSING)


# texts


def test_status_in_numbers_several() -> None:
    search = SearchFactory(patient=patient(case_code="K7M-4QX"))
    letter = letters.status_letter(search=search, figures=figures(waitlisted=2))
    assert letter.subject == "Ihr Stand der Woche"
    assert letter.text == (
        "Sehr geehrte Frau Ahorn,\n\n"
        "seit 21 Tagen suchen wir für Sie. So steht es heute:\n\n"
        "- 8 Praxen angefragt\n"
        "- 5 Antworten stehen noch aus\n"
        "- 2 Absagen\n"
        "- 2 Angebote für eine Warteliste\n\n"
        "Wir bleiben dran und melden uns, sobald eine Praxis zusagt. Sie brauchen nichts zu tun.\n\n"
        "Wenn sich Ihre Zeiten oder Wünsche geändert haben oder Sie selbst einen Platz gefunden haben, "
        "antworten Sie bitte kurz. Ihr Zeichen bei uns: K7M-4QX\n\n"
        "Wenn es Ihnen sehr schlecht geht, warten Sie bitte nicht auf uns: 112 im Notfall, Telefonseelsorge "
        f"0800 1110111, Ärztlicher Bereitschaftsdienst 116117.\n\n{CLOSING}"
    )


@pytest.mark.parametrize(
    ("numbers", "lines"),
    [
        (
            {"asked": 1, "waiting": 1, "declined": 1, "waitlisted": 1, "since_days": 1},
            [
                "seit gestern suchen wir für Sie. So steht es heute:",
                "- 1 Praxis angefragt",
                "- 1 Antwort steht noch aus",
                "- 1 Absage",
                "- 1 Angebot für eine Warteliste",
            ],
        ),
        (
            {"asked": 0, "waiting": 0, "declined": 0, "waitlisted": 0, "since_days": 0},
            [
                "seit heute suchen wir für Sie. So steht es:",
                "- 0 Praxen angefragt",
                "- 0 Antworten stehen noch aus",
                "- 0 Absagen",
                "Wir bleiben dran und fragen weitere Praxen an. Sie brauchen nichts zu tun.",
            ],
        ),
    ],
)
def test_status_counts_right(numbers: dict[str, int], lines: list[str]) -> None:
    letter = letters.status_letter(search=SearchFactory(), figures=figures(**numbers))
    said = [line for line in letter.text.splitlines() if line]
    assert said[1 : len(lines) + 1] == lines


@pytest.mark.parametrize(
    ("missing", "lines"),
    [
        (["der Vertrag"], ["damit wir für Sie anfragen können, fehlt uns nur noch eines:", "- der Vertrag"]),
        (
            ["der Vertrag", "das Formular PTV 11"],
            [
                "damit wir für Sie anfragen können, fehlt uns noch Folgendes:",
                "- der Vertrag",
                "- das Formular PTV 11",
            ],
        ),
    ],
)
def test_missing_documents_are_listed(missing: list[str], lines: list[str]) -> None:
    letter = letters.missing_documents_letter(patient=patient(), missing=missing)
    said = [line for line in letter.text.splitlines() if line]
    assert said[1 : len(lines) + 1] == lines
    assert letter.html.count("<li>") == len(missing)


def test_welcome_names_help_at_once() -> None:
    text = letters.welcome_letter(patient=patient()).text
    assert [number for number in ("112", "0800 1110111", "0800 1110222", "116117") if number in text] == [
        "112",
        "0800 1110111",
        "0800 1110222",
        "116117",
    ]


@pytest.mark.parametrize(
    ("therapist", "contact"),
    [
        ({"salutation": "ms", "title": "Dr. phil. Dipl.-Psych."}, "Frau Dr. Linde"),
        ({"salutation": "mr", "title": "Prof. Dr."}, "Herr Professor Linde"),
        ({"salutation": "mr", "title": "M.Sc."}, "Herr Linde"),
        ({"salutation": "", "title": "Dr."}, "Kim Linde"),
    ],
)
def test_patient_learns_whom_to_call(therapist: dict[str, str], contact: str) -> None:
    asked = TherapistFactory(
        first_name="Kim", last_name="Linde", practice__phone="+493411234567", **therapist
    )
    request = RequestFactory(inquiry=InquiryFactory(therapist=asked, status="answered"), status="accepted")
    said = letters.place_call_letter(request=request).text.splitlines()
    assert said[4:7] == [
        f"- Fragen Sie nach: {contact}",
        "- Telefon: 0341 1234567",
        "- Am besten erreichbar: Mo 08:00–09:00; Mi 12:00–13:00",
    ]


def test_patient_is_not_sent_to_a_practice_without_a_number() -> None:
    asked = TherapistFactory(practice__phone="")
    request = RequestFactory(inquiry=InquiryFactory(therapist=asked, status="answered"), status="accepted")
    assert letters.place_call_letter(request=request).kind == "patient_place_found"


def test_evidence_letter_names_the_period() -> None:
    letter = letters.evidence_letter(
        patient=patient(), period_from=date(2026, 8, 1), period_to=date(2026, 10, 31)
    )
    assert "vom 1. August 2026 bis zum 31. Oktober 2026" in letter.text


# privacy


def test_subjects_tell_nothing_and_bodies_nothing_of_the_illness() -> None:
    person = patient(
        first_name="Vornamezwiebel",
        last_name="Nachnamezwiebel",
        plz="04159",
        city="Zwiebelstadt",
        referral_code="ZWIE-BELN-9999",
        complaints="Klagezwiebel",
        occupation="Zwiebelbauer",
    )
    for letter in every_letter(person):
        for word in (*PRIVATE, person.case_code, "Therapie", "therapie", "Psych"):
            assert word not in letter.subject
        for word in ("F32", "Klagezwiebel", "Zwiebelbauer", *PRIVATE[2:]):
            assert word not in letter.text + letter.html


def test_weekly_status_names_no_practice() -> None:
    search = SearchFactory()
    request = RequestFactory(search=search)
    letter = letters.status_letter(search=search, figures=figures())
    practice = request.therapist.practices.get()
    for word in (request.therapist.last_name, practice.phone, practice.street):
        assert word not in letter.text


def test_preview_of_the_weekly_status_shows_what_goes_out() -> None:
    first = RequestFactory(status="rejected")
    window = DateTimeTZRange(AT + timedelta(days=1), AT + timedelta(days=8))
    again = InquiryFactory(therapist=first.therapist, contact_window=window)
    RequestFactory(search=first.search, inquiry=again)
    (search,) = with_figures(PlacementSearch.objects.all())
    sent = StatusLetter.values(search=search, figures=status_figures(search=search, today=TODAY))
    shown = StatusLetter.real(search.patient.case_code, today=TODAY)
    assert shown is not None
    assert (shown.values, shown.values["asked"]) == (sent, 1)


def test_preview_of_the_missing_documents_does_not_name_the_illness() -> None:
    person = PatientFactory(contracts_signed_on=None, ptv11_on=None, diagnosis="", symptoms=[])
    shown = MissingDocumentsLetter.real(person.case_code, today=TODAY)
    assert shown is not None
    assert shown.values["missing"] == ["Verträge unterschrieben", "PTV 11 mit Datum"]


def test_every_letter_to_a_patient_is_one_of_these() -> None:
    kinds = {letter.kind for letter in every_letter(patient())}
    assert kinds == {letter_type.kind for letter_type in all_types() if letter_type.is_to_patient()}


@pytest.mark.parametrize(
    "letter_type", [t for t in all_types() if t.is_to_patient()], ids=lambda t: t.kind.value
)
def test_real_data_come_by_the_case_code(letter_type: Any) -> None:
    person = patient()
    found = letter_type.real(person.case_code.lower(), today=TODAY)
    if letter_type in (of_kind("patient_status"), of_kind("patient_place_call")):
        assert found is None  # no search, no acceptance
        RequestFactory(search=SearchFactory(patient=person), status="accepted")
        found = letter_type.real(person.case_code, today=TODAY)
    assert found.values["greeting"] == "Sehr geehrte Frau Ahorn"
    assert found.patient_ids == [person.pk]
    assert letter_type.real("ZZZ-ZZZ", today=TODAY) is None
