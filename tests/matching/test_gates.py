"""The last look of the sender: a letter the rules forbid does not go out, whoever queued it."""

from datetime import timedelta
from typing import Any

import pytest

from apps.communication import gates
from apps.communication.enums import LetterKind
from apps.communication.models import EmailMessage
from apps.communication.services import queue, sending
from apps.matching.models import Inquiry, InquiryContact
from apps.patients.enums import Purpose
from apps.patients.models import Consent
from apps.therapists.models import Therapist
from apps.workspace.demo.mailserver import CatchingHandler
from tests.factories.matching import SearchFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import AT, TODAY, accept, asked, change_parameter, let_out, letters_to, status_of

pytestmark = pytest.mark.django_db

OBJECTION = {"do_not_contact_since": TODAY}


def _letter(inquiry: Inquiry, kind: str = "inquiry") -> EmailMessage:
    return EmailMessage.objects.get(inquiry_contact__inquiry=inquiry, kind=kind)


def _is_refused(email: EmailMessage) -> bool:
    return gates.refusal(EmailMessage.objects.get(pk=email.pk), AT) is not None


def test_gates_let_a_released_inquiry_pass() -> None:
    assert gates.refusal(_letter(let_out()), AT) is None


@pytest.mark.parametrize(
    "change",
    [
        OBJECTION,
        {"status": "blocked", "blocked_reason": "ill", "blocked_since": TODAY},
        {"status": "inactive"},
        {"review_status": "unreviewed"},
    ],
)
def test_gates_stop_an_inquiry_to_somebody_who_must_not_be_asked(change: dict[str, Any]) -> None:
    inquiry = let_out()
    Therapist.objects.filter(pk=inquiry.therapist_id).update(**change)
    assert _is_refused(_letter(inquiry))


@pytest.mark.parametrize("status", ["draft", "cancelled", "sent", "answered"])
def test_gates_stop_an_inquiry_that_is_not_released(status: str) -> None:
    inquiry = let_out()
    Inquiry.objects.filter(pk=inquiry.pk).update(status=status, sent_at=AT)
    assert _is_refused(_letter(inquiry))


@pytest.mark.parametrize("status", ["withdrawn", "planned", "dropped"])
def test_gates_stop_a_letter_that_names_a_request_withdrawn_meanwhile(status: str) -> None:
    inquiry = let_out(SearchFactory(), SearchFactory())
    request = inquiry.requests.latest("id")
    type(request).objects.filter(pk=request.pk).update(status=status)
    assert _is_refused(_letter(inquiry))


@pytest.mark.parametrize("purpose", [Purpose.PSEUDONYMOUS, Purpose.HEALTH_DATA])
def test_gates_stop_a_letter_without_a_consent_of_each_patient(purpose: Purpose) -> None:
    inquiry = let_out(SearchFactory(), SearchFactory())
    patient = inquiry.requests.latest("id").search.patient
    Consent.objects.filter(patient=patient, purpose=purpose).update(withdrawn_on=TODAY)
    assert _is_refused(_letter(inquiry))


def test_gates_do_not_ask_for_consents_the_letter_does_not_need() -> None:
    inquiry = let_out()
    needed = [Purpose.PSEUDONYMOUS, Purpose.HEALTH_DATA]
    Consent.objects.exclude(purpose__in=needed).update(withdrawn_on=TODAY)
    assert not _is_refused(_letter(inquiry))


def test_gates_stop_a_letter_no_inquiry_knows() -> None:
    fields = {"to_email": "x@example.org", "to_name": "X", "therapist": TherapistFactory(), "actor": None}
    letter = queue.Letter(kind=LetterKind.INQUIRY, subject="Anfrage", text="?")
    assert _is_refused(queue.enqueue(letter=letter, at=AT, **fields))


@pytest.mark.parametrize(("policy", "is_refused"), [("published", False), ("permission", True)])
def test_gates_keep_the_email_policy_of_the_moment(policy: str, is_refused: bool) -> None:
    therapist = TherapistFactory(email_permission_since=None, email_permission_how="")
    inquiry = let_out(therapist=therapist)
    change_parameter("email_policy", policy)
    assert _is_refused(_letter(inquiry)) is is_refused


def test_gates_stop_even_thanks_after_an_objection() -> None:
    search = SearchFactory()
    first, second = asked(search), asked(search)
    accept(first)
    (thanks,) = letters_to(second.therapist, "withdrawal")
    assert not _is_refused(thanks)
    Therapist.objects.filter(pk=second.therapist_id).update(**OBJECTION)
    assert _is_refused(thanks)


def test_gates_ask_a_patient_for_the_consent_to_emails() -> None:
    request = asked()
    accept(request)
    (news,) = request.search.patient.emails.all()
    assert not _is_refused(news)
    Consent.objects.filter(patient=request.search.patient, purpose=Purpose.EMAIL).update(withdrawn_on=TODAY)
    assert _is_refused(news)


def test_refusal_reaches_neither_server_nor_therapist_and_is_kept(mailbox: CatchingHandler) -> None:
    inquiry = let_out()
    Therapist.objects.filter(pk=inquiry.therapist_id).update(**OBJECTION)
    assert sending.send_queue(at=AT + timedelta(minutes=1)) == 0
    letter = _letter(inquiry)
    assert (status_of(letter), mailbox.messages) == (["refused"], [])
    row = letter.history.order_by("-id").first()
    assert (row.old, row.new, bool(row.reason)) == ("sending", "refused", True)
    assert InquiryContact.objects.get(email=letter).inquiry == inquiry
