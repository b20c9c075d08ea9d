"""A patient made of marker words goes through the main job; afterwards we look where the words have gone."""

import json
import logging
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.apps import apps
from django.db import connection, models
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.communication.enums import LetterKind
from apps.communication.models import EmailMessage
from apps.communication.services import sending
from apps.core import logs
from apps.core.encryption import EncryptedField, EncryptedTextField
from apps.core.models import HistoryRow
from apps.events import services as events
from apps.events.models import DomainEvent
from apps.matching.enums import AnswerSource, RequestStatus
from apps.matching.models import PlacementRequest, PlacementSearch
from apps.matching.reply_links import reply_token
from apps.matching.services import answers, release, rounds, searches, trial
from apps.matching.services.answers import Answer
from apps.patients.models import Patient
from apps.workspace.demo.mailserver import CatchingHandler
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory

pytestmark = pytest.mark.django_db

IDENTITY, CLINICAL = "Kanarienvogel", "Geheimschnabel"
# fields whose words are given by a list or a form of their own
SHAPED = {"case_code", "plz", "kvnr", "kvnr_index", "diagnosis", "marital_status", "previous_therapy_method"}
SHAPES = {"birth_date": date(1987, 3, 29), "kvnr": "A123456780", "diagnosis": "F32.1", "plz": "04103"}
# the shaped ones as they would be written
WRITTEN = ("29.03.1987", "1987-03-29", "29. März 1987", "A123456780", "F32.1", "04103")


class Lines(logging.Handler):
    """The finished log lines; the mail server of the test writes a log of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logs.line_formatter())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name != "mail.log":
            self.lines.append(self.format(record))


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """As in production: from INFO on."""
    handler, root = Lines(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield handler.lines
    root.removeHandler(handler)
    root.setLevel(level)


def words() -> dict[str, str]:
    """A marker for every text field of a patient: which kind of secret, and which field."""
    found = {}
    for field in Patient._meta.fields:
        if (
            field.name in SHAPED
            or field.choices
            or not isinstance(field, models.CharField | models.TextField)
        ):
            continue
        kind = CLINICAL if isinstance(field, EncryptedTextField) else IDENTITY
        found[field.name] = f"{kind} {field.name}"[: field.max_length or 200]
    return found | {"email": f"{IDENTITY.lower()}@example.org", "phone": f"+49 341 {IDENTITY}"}


@pytest.fixture
def patient() -> Patient:
    return PatientFactory(**words(), **SHAPES)


@pytest.fixture
def main_job(
    patient: Patient,
    mailbox: CatchingHandler,
    lines: list[str],
    manager: User,
    coordinator: User,
    at: datetime,
    today: date,
) -> PlacementSearch:
    """Search, round, release, letters, pages, answers by phone and portal, a place on trial, confirmed."""
    with time_machine.travel(at, tick=False):
        client = Client()
        client.force_login(manager, backend="apps.accounts.permissions.RoleBackend")
        for _count in range(3):
            TherapistFactory()
        search = searches.open_search(patient=patient, actor=coordinator, at=at, today=today)
        planned = rounds.plan_round(actor=coordinator, at=at, today=today)
        release.release_round(round_=planned, actor=coordinator, at=at, today=today)
        send(at)
        look_around(client, search)
        first, second, third = search.requests.order_by("id")
        reply(third, {f"case-{third.pk}-outcome": "rejected", f"case-{third.pk}-reason": "capacity"})
        for request in (first, second):
            answers.record_answer(
                request=request,
                answer=Answer(outcome=RequestStatus.ACCEPTED, note=f"{CLINICAL} on the phone"),
                source=AnswerSource.PHONE,
                actor=coordinator,
                at=at,
                today=today,
            )
        send(at + timedelta(hours=1))
        trial.release_identity(request=first, actor=coordinator, at=at, today=today)
        trial.confirm(request=first, actor=coordinator, at=at, today=today)
        send(at + timedelta(hours=2))
        look_around(client, search)
    search.refresh_from_db()
    assert search.status == "placed"
    assert [row.status for row in search.requests.order_by("id")] == ["confirmed", "conflict", "rejected"]
    return search


def send(at: datetime) -> None:
    sending.send_queue(at=at)
    events.dispatch(at=at)


def look_around(client: Client, search: PlacementSearch) -> None:
    """Pages that show the patient, the search box with the name, and a page that is not there."""
    for url in (
        reverse("patients:detail", args=[search.patient_id]),
        reverse("patients:clinical", args=[search.patient_id]),
        reverse("matching:search", args=[search.pk]),
    ):
        response = client.get(url)
        assert response.status_code == 200
    assert IDENTITY in client.get("/search/", {"q": IDENTITY}).content.decode()
    assert client.get("/patients/", {"q": IDENTITY, "page": IDENTITY}).status_code in (200, 404)
    assert client.get("/no-such-page/", {"q": IDENTITY}).status_code == 404


def reply(request: PlacementRequest, data: dict[str, str]) -> None:
    url = reverse("matching:reply", args=[reply_token(request.inquiry)])
    page = Client().get(url).content.decode()
    assert leaks(page) == []
    Client().post(url, data)


def leaks(text: str) -> list[str]:
    return [word for word in (IDENTITY, IDENTITY.lower(), CLINICAL, *WRITTEN) if word in text]


def test_marker_stands_in_every_text_field(patient: Patient) -> None:
    assert len(words()) > 20
    assert {"first_name", "street", "complaints", "referral_code", "gp_name", "referrer"} <= words().keys()
    fresh = Patient.objects.get(pk=patient.pk)
    assert all(getattr(fresh, name) == text for name, text in words().items())


def test_log_knows_nobody(main_job: PlacementSearch, lines: list[str]) -> None:
    requests = [json.loads(line).get("request", "") for line in lines]
    assert "GET /search/" in requests  # it was really written
    assert leaks("\n".join(lines)) == []


def test_events_carry_ids_and_states_only(main_job: PlacementSearch) -> None:
    told = [f"{event.subject_id} {json.dumps(event.payload)}" for event in DomainEvent.objects.all()]
    assert len(told) > 20
    assert leaks("\n".join(told)) == []


def test_subjects_of_all_letters_tell_nothing(main_job: PlacementSearch, mailbox: CatchingHandler) -> None:
    assert len(mailbox.messages) >= 4
    headers = [f"{mail['Subject']} {mail['Message-ID']} {mail['X-Outbox-ID']}" for mail in mailbox.messages]
    assert leaks("\n".join(headers)) == []
    assert leaks("\n".join(EmailMessage.objects.values_list("subject", flat=True))) == []


def test_letters_to_therapists_name_nobody(main_job: PlacementSearch, mailbox: CatchingHandler) -> None:
    kinds = (LetterKind.INQUIRY, LetterKind.WITHDRAWAL)
    bodies = [email.text + email.html for email in EmailMessage.objects.filter(kind__in=kinds)]
    assert len(bodies) >= 4
    assert leaks("\n".join(bodies)) == []
    to_therapists = [mail for mail in mailbox.messages if IDENTITY.lower() not in mail["To"].lower()]
    assert leaks("\n".join(mail.as_string() for mail in to_therapists)) == []


def test_reasons_in_histories_name_nobody(main_job: PlacementSearch) -> None:
    rows = [
        row
        for model in apps.get_models()
        if issubclass(model, HistoryRow)
        for row in model.objects.values_list("reason", flat=True)
    ]
    assert len(rows) > 20
    assert leaks("\n".join(rows)) == []


def test_clinical_words_stand_in_no_table(main_job: PlacementSearch) -> None:
    """Every table as raw text, the audit trail too: encrypted or left out."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            words_of_table = f"%{CLINICAL}%", "%A123456780%", "%F32.1%"
            cursor.execute(
                f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE ANY(%s)', [list(words_of_table)]
            )
            if count := cursor.fetchone()[0]:
                found[table] = count
    assert found == {}


def test_every_encrypted_field_of_a_patient_is_left_out_of_the_trail() -> None:
    trail = {field.name for field in apps.get_model("patients", "PatientEvent")._meta.fields}
    encrypted = {field.name for field in Patient._meta.fields if isinstance(field, EncryptedField)}
    assert encrypted & trail == set()
    assert "kvnr_index" not in trail
