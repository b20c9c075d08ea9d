"""What a therapist reads: German, pseudonymous, singular and plural right, with reference and reply link."""

from datetime import date
from typing import Any

import pytest
from django.core import signing
from django.utils import translation

from apps.core.encryption import blind_index
from apps.matching import letters, reply_links
from apps.matching.letters import case_facts, inquiry_letter, withdrawal_letter
from apps.matching.reply_links import reply_token
from apps.patients.models import Patient
from tests.factories.matching import InquiryFactory, RequestFactory, SearchFactory
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import TODAY

pytestmark = pytest.mark.django_db

# every field of a patient that a first contact must not give away, each with a word found nowhere else
SECRETS = {
    "first_name": "Vornamezwiebel",
    "last_name": "Nachnamezwiebel",
    "street": "Zwiebelgasse 7",
    "city": "Zwiebelstadt",
    "email": "zwiebel@example.org",
    "phone": "+49341777333",
    "kvnr": "Z987654328",
    "referral_code": "ZWIE-BELN-9999",
    "payment_reference": "PV-ZWIEBEL",
    "complaints": "Klagezwiebel",
    "reason_now": "Grundzwiebel",
    "medication": "Medizinzwiebel",
    "stressors": "Lastzwiebel",
    "occupation": "Zwiebelbauer",
}


def _secret_patient(**fields: Any) -> Patient:
    known = {name for field in Patient._meta.get_fields() if (name := field.name) in SECRETS}
    assert {"first_name", "last_name", "street", "kvnr", "referral_code"} <= known
    values = {name: value for name, value in SECRETS.items() if name in known}
    kvnr_index = blind_index(values["kvnr"])
    return PatientFactory(searching=True, **{**values, "kvnr_index": kvnr_index, "plz": "04159", **fields})


def _letter(count: int = 1, **therapist: Any) -> tuple[Any, list[Any]]:
    inquiry = InquiryFactory(therapist=TherapistFactory(**therapist))
    requests = [RequestFactory(inquiry=inquiry) for _count in range(count)]
    return inquiry_letter(inquiry=inquiry, requests=requests, today=TODAY), requests


def _facts(therapist: Any = None, today: date = TODAY, **patient: Any) -> dict[str, str]:
    search = SearchFactory(patient=PatientFactory(searching=True, **patient))
    inquiry = InquiryFactory(therapist=therapist or TherapistFactory())
    return dict(case_facts(request=RequestFactory(search=search, inquiry=inquiry), today=today).lines)


# privacy


def test_first_contact_gives_nobody_away() -> None:
    patient = _secret_patient(diagnosis="F43.1", has_previous_therapy=True)
    inquiry = InquiryFactory()
    request = RequestFactory(inquiry=inquiry, search=SearchFactory(patient=patient))
    for letter in (
        inquiry_letter(inquiry=inquiry, requests=[request], today=TODAY),
        withdrawal_letter(inquiry=inquiry, requests=[request]),
    ):
        whole = letter.subject + letter.text
        for secret in (*SECRETS.values(), "F43", "04159", "17.05.1990", "1990-05-17", "Ahornkasse"):
            assert secret not in whole
        assert patient.case_code in letter.text
        assert patient.case_code not in letter.subject


def test_first_contact_gives_the_gender_only_where_it_matters() -> None:
    assert "Geschlecht" not in _facts(gender="female")
    therapist = TherapistFactory(wished_gender="female")
    assert _facts(therapist, gender="female")["Geschlecht"] == "weiblich"


def test_facts_are_those_agreed() -> None:
    assert _facts(wished_methods=["VT", "TP"], group_wish="also") == {
        "Alter": "36 Jahre",
        "Wohngegend": "PLZ-Region 04",
        "Anliegen": _facts()["Anliegen"],
        "Versicherung": "gesetzlich",
        "Verfahren": "VT, TP",
        "Setting": "Einzel- oder Gruppentherapie",
        "Zeiten": "Mo 08:00–13:00; Di 08:00–13:00; Mi 08:00–13:00; Do 08:00–13:00; Fr 08:00–13:00",
    }


def test_facts_name_symptoms_in_german_not_by_code() -> None:
    text = _facts(symptoms=["sleep-problems", "depressed-mood"])["Anliegen"]
    assert len(text.split(", ")) == 2
    assert "sleep" not in text
    assert "depressed" not in text


@pytest.mark.parametrize(("today", "age"), [(date(2027, 5, 16), "36 Jahre"), (date(2027, 5, 17), "37 Jahre")])
def test_facts_age_is_that_of_the_day(today: date, age: str) -> None:
    assert _facts(today=today)["Alter"] == age


@pytest.mark.parametrize(
    ("kind", "is_refunded", "text"),
    [
        ("gkv", False, "gesetzlich"),
        ("pkv", False, "privat"),
        ("beihilfe", False, "Beihilfe und privat"),
        ("self_payer", False, "Selbstzahlung"),
        ("gkv", True, "gesetzlich (Kostenerstattung § 13 Abs. 3 SGB V)"),
    ],
)
def test_facts_name_the_kind_of_insurance(kind: str, is_refunded: bool, text: str) -> None:
    patient = PatientFactory(searching=True, insurance_kind=kind)
    request = RequestFactory(search=SearchFactory(patient=patient, is_kostenerstattung=is_refunded))
    assert dict(case_facts(request=request, today=TODAY).lines)["Versicherung"] == text


@pytest.mark.parametrize(
    ("wish", "text"),
    [("no", "Einzeltherapie"), ("also", "Einzel- oder Gruppentherapie"), ("only", "Gruppentherapie")],
)
def test_facts_name_the_setting(wish: str, text: str) -> None:
    assert _facts(group_wish=wish)["Setting"] == text


@pytest.mark.parametrize(
    ("previous", "last", "text"),
    [
        (False, None, "keine Richtlinientherapie"),
        (True, None, "ja"),
        (True, date(2025, 3, 9), "ja, letzte Sitzung 03/2025"),
    ],
)
def test_facts_tell_of_a_previous_therapy(previous: bool, last: date | None, text: str) -> None:
    found = _facts(has_previous_therapy=previous, previous_therapy_last_session_on=last)
    assert found["Vorbehandlung"] == text


def test_facts_leave_out_what_is_not_known() -> None:
    found = _facts(birth_date=None, has_previous_therapy=None, availability=(), symptoms=[])
    assert not {"Alter", "Vorbehandlung", "Zeiten", "Anliegen", "Sprachen"} & set(found)


def test_facts_name_languages_only_beside_german() -> None:
    assert "Sprachen" not in _facts(languages=["de"])
    assert _facts(languages=["de", "tr"])["Sprachen"].split(", ")[0] == "Deutsch"


# singular and plural


def test_letter_about_one_person_is_singular() -> None:
    letter, (request,) = _letter(1)
    text = " ".join(letter.text.split())
    assert "fragen für eine Person, die einen Therapieplatz sucht. Die Anfrage passt" in text
    assert "sobald Sie zugesagt haben und die Person einverstanden ist" in text
    assert letter.text.count("Fall ") == 1
    assert "Personen" not in letter.text
    assert request.search.patient.case_code in letter.text


def test_letter_about_three_persons_is_plural() -> None:
    letter, requests = _letter(3)
    text = " ".join(letter.text.split())
    assert "fragen für 3 Personen, die jeweils einen Therapieplatz suchen. Die Anfragen passen" in text
    assert "und die jeweilige Person einverstanden ist" in text
    assert letter.text.count("Fall ") == 3
    assert all(f"Fall {request.search.patient.case_code}" in letter.text for request in requests)


@pytest.mark.parametrize(
    ("count", "open_count", "found"),
    [
        (1, 0, "Für den Fall {0} hat sich inzwischen ein Therapieplatz gefunden."),
        (2, 0, "Für die Fälle {0}, {1} hat sich jeweils inzwischen ein Therapieplatz gefunden."),
        (1, 1, "Der andere Fall aus derselben Anfrage ist weiter offen:"),
        (1, 2, "Die anderen 2 Fälle aus derselben Anfrage sind weiter offen:"),
        (1, 0, "nennen wir Ihnen gern andere Personen"),
    ],
)
def test_withdrawal_letter_counts_right(count: int, open_count: int, found: str) -> None:
    inquiry = InquiryFactory()
    for _count in range(open_count):
        RequestFactory(inquiry=inquiry)
    requests = [
        RequestFactory(inquiry=inquiry, status="withdrawn", search=SearchFactory(status="trial"))
        for _count in range(count)
    ]
    text = " ".join(withdrawal_letter(inquiry=inquiry, requests=requests).text.split())
    assert found.format(*(request.search.patient.case_code for request in requests)) in text


@pytest.mark.parametrize(
    ("count", "found"),
    [
        (1, "Der Fall {0} hat sich inzwischen erledigt; ein Therapieplatz wird zurzeit nicht mehr gesucht."),
        (2, "Die Fälle {0}, {1} haben sich inzwischen erledigt"),
    ],
)
def test_withdrawal_letter_of_a_cancelled_search_claims_no_place(count: int, found: str) -> None:
    inquiry = InquiryFactory()
    requests = [
        RequestFactory(inquiry=inquiry, status="withdrawn", search=SearchFactory(ended=True))
        for _count in range(count)
    ]
    text = " ".join(withdrawal_letter(inquiry=inquiry, requests=requests).text.split())
    assert found.format(*(request.search.patient.case_code for request in requests)) in text
    assert "gefunden" not in text


# reference, link, greeting


def test_letter_carries_reference_link_and_a_way_to_object(settings: Any) -> None:
    settings.SITE_URL = "https://vermittlung.example.org"
    letter, (request,) = _letter()
    inquiry = request.inquiry
    assert letter.subject == f"Anfrage zu freien Therapieplätzen ({inquiry.reference})"
    assert f"(Zeichen {inquiry.reference})" in letter.text
    (link,) = [line for line in letter.text.splitlines() if line.startswith("https://")]
    assert link == reply_links.reply_url(inquiry)
    token = link.rstrip("/").rpartition("/")[2]
    assert reply_links.reference_and_key(token, valid_days=60) == (inquiry.reference, inquiry.reply_key)
    assert "Wenn Sie keine Anfragen mehr von uns möchten" in letter.text


def test_reply_token_of_another_purpose_is_worthless() -> None:
    token = reply_token(InquiryFactory())
    with pytest.raises(signing.BadSignature):
        signing.loads(token, salt="something else")


@pytest.mark.parametrize(
    ("therapist", "greeting"),
    [
        ({"salutation": "ms", "title": "Dipl.-Psych."}, "Sehr geehrte Frau Linde,"),
        ({"salutation": "mr", "title": "Dr. phil."}, "Sehr geehrter Herr Dr. Linde,"),
        ({"salutation": "", "title": ""}, "Guten Tag Kim Linde,"),
    ],
)
def test_letter_greets_without_guessing(therapist: dict[str, str], greeting: str) -> None:
    letter, _requests = _letter(first_name="Kim", last_name="Linde", **therapist)
    assert letter.text.splitlines()[0] == greeting


def test_letter_is_german_whatever_the_coordinator_reads() -> None:
    with translation.override("en"):
        english, _requests = _letter(wished_gender="female")
    assert "Geschlecht: weiblich" in english.text
    assert "Mo 08:00–13:00" in english.text


def test_letter_does_not_escape_names() -> None:
    letter, _requests = _letter(last_name="O'Neil & Söhne", salutation="ms", title="")
    assert letter.text.startswith("Sehr geehrte Frau O'Neil & Söhne,")


def test_place_found_letter_names_neither_practice_nor_illness() -> None:
    patient = _secret_patient(salutation="mr", last_name="Ahorn")
    therapist = RequestFactory(search=SearchFactory(patient=patient), status="accepted").therapist
    letter = letters.place_found_letter(patient=patient)
    assert letter.text.startswith("Sehr geehrter Herr Ahorn,")
    secrets = [value for name, value in SECRETS.items() if name not in ("first_name", "last_name")]
    for word in (*secrets, therapist.last_name, "F32", "Therapie"):
        assert word not in letter.text
    assert "Therapie" not in letter.subject.removesuffix("Psychotherapie-Vermittlung")
