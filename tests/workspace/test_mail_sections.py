from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.utils import translation

from apps.communication.models import EmailMessage, MailCircuit
from apps.core.parameters import current
from apps.workspace import mail_sections
from apps.workspace.worklist import Moment, Section
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory
from tests.workspace import rows

pytestmark = pytest.mark.django_db

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def moment(at: datetime) -> Moment:
    return Moment(at=at, today=at.date(), parameters=current(at=at))


def texts(section: Section) -> list[str]:
    return [str(task.text) for task in section.tasks]


def test_incoming_shows_what_waits_for_a_person_oldest_first(at: datetime, moment: Moment) -> None:
    therapist = TherapistFactory(title="", first_name="Eva", last_name="Weidner")
    patient = PatientFactory(case_code="K7M-4QX")
    rows.inbound(at=at - DAY, therapist=therapist)
    rows.inbound(at=at, patient=patient)
    rows.inbound(at=at - 4 * DAY, status="unmatched", from_name="Unbekannt")
    rows.inbound(at=at - 3 * DAY, status="unmatched", from_email="wer@example.org", kind="reply_page")
    for status in ("parked", "done", "dismissed"):
        rows.inbound(at=at, status=status)
    found = mail_sections.incoming(moment)
    assert texts(found) == [
        "Unbekannt: answer",
        "wer@example.org: word from the reply page",
        "Eva Weidner: answer",
        "K7M-4QX: answer",
    ]
    assert [task.days for task in found.tasks] == [4, 3, 1, 0]


def test_incoming_names_no_patient_and_no_words(at: datetime, moment: Moment) -> None:
    patient = PatientFactory(last_name="Tannert")
    rows.inbound(at=at, patient=patient, subject="Absage", text="Kanarienvogel")
    assert texts(mail_sections.incoming(moment)) == [f"{patient.case_code}: answer"]


@pytest.mark.parametrize(("minutes", "count"), [(-1, 0), (0, 0), (90, 1)])
def test_mail_rest_shows_until_when_the_server_rests(
    at: datetime, moment: Moment, minutes: int, count: int
) -> None:
    MailCircuit.objects.create(transport="smtp", open_until=at + minutes * MINUTE, reply="no route to host")
    tasks = mail_sections.mail_rest(moment).tasks
    assert [(task.text, task.when) for task in tasks] == [("no route to host", "until 10:30")] * count


def test_mail_rest_is_silent_while_mail_goes_out(moment: Moment) -> None:
    MailCircuit.objects.create(transport="smtp", failures=2)
    assert mail_sections.mail_rest(moment).tasks == []


def test_emails_say_which_rule_refused_them(at: datetime, moment: Moment) -> None:
    row = rows.email(status="refused", at=at)
    EmailMessage.objects.filter(pk=row.pk).update(refusal="bounced")
    assert texts(mail_sections.emails(moment)) == ["Praxis Ahorn: Mail to this address came back."]
