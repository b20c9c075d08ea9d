"""The morning of the demo, on a small agency: every kind of post, phones, notes, documents, a hand-over."""

from datetime import timedelta

import pytest

from apps.accounts.models import User
from apps.communication.enums import EmailStatus, LetterKind
from apps.communication.models import EmailMessage, InboundMessage, Note, UndeliverableAddress
from apps.communication.selectors import calls
from apps.communication.services import sending
from apps.events import services as events
from apps.matching.enums import AnswerSource, RejectionReason, RequestStatus
from apps.matching.models import IdentityLink, Inquiry, PlacementRequest, RefusalEvidence
from apps.matching.services import answers
from apps.matching.services.answers import Answer
from apps.workspace.demo.desk import Desk
from apps.workspace.demo.mailserver import CatchingHandler
from tests.factories.matching import SearchFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import AT, TODAY, by_phone, let_out

pytestmark = pytest.mark.django_db

NOW = AT + timedelta(days=1)
ONE = timedelta(minutes=1)


def deliver() -> None:
    sending.send_queue(at=NOW)
    events.dispatch(at=NOW, limit=1000)


def answer(request: PlacementRequest, outcome: RequestStatus) -> None:
    reason = RejectionReason.CAPACITY if outcome == RequestStatus.REJECTED else ""
    answers.record_answer(
        request=request,
        answer=Answer(outcome=outcome, reason=reason),
        source=AnswerSource.EMAIL,
        actor=None,
        at=NOW - ONE,
        today=TODAY + timedelta(days=1),
    )


@pytest.fixture
def said(coordinator: User, mailbox: CatchingHandler) -> list[str]:
    """Seven were written to (one said no, one yes), one is to be called; then the desk is filled."""
    refused, won = SearchFactory(), SearchFactory()
    inquiries = [let_out(search, therapist=TherapistFactory()) for search in (refused, won)]
    for _number in range(5):
        let_out(refused, therapist=TherapistFactory())
    let_out(SearchFactory(), therapist=by_phone())
    deliver()
    for inquiry, outcome in zip(inquiries, (RequestStatus.REJECTED, RequestStatus.ACCEPTED), strict=True):
        answer(inquiry.requests.get(), outcome)
    lines: list[str] = []
    Desk(coordinator=coordinator, now=NOW, deliver=deliver, say=lines.append).fill()
    return lines


def test_post_of_every_kind_waits_and_nothing_is_booked_by_itself(said: list[str]) -> None:
    rows = InboundMessage.objects.order_by("id").values_list("kind", "status")
    assert list(rows) == [
        ("answer", "waiting"),
        ("answer", "waiting"),
        ("out_of_office", "waiting"),
        ("bounce", "parked"),
        ("answer", "unmatched"),
    ]
    assert PlacementRequest.objects.filter(status=RequestStatus.SENT).count() == 5
    assert said[0] == "   Post: 6 E-Mails eingegangen, 1 davon doppelt, 4 warten auf eine Entscheidung"


def test_post_is_understood(said: list[str]) -> None:
    refusal, offer, absence = InboundMessage.objects.order_by("id")[:3]
    found = [list(row.suggestion["answers"].values()) for row in (refusal, offer)]
    assert [[said["outcome"] for said in answers] for answers in found] == [["rejected"], ["accepted"]]
    assert absence.suggestion["pause_until"] == "2026-12-06"


def test_letter_that_came_back_marks_its_address(said: list[str]) -> None:
    email = EmailMessage.objects.get(status=EmailStatus.BOUNCED)
    assert UndeliverableAddress.objects.get().address == email.to_email.lower()


def test_some_practices_are_reachable_now(said: list[str]) -> None:
    count = calls.reachable(at=NOW).count()
    assert count > 0
    assert said[1].endswith(f"{count} jetzt möglich")


def test_notes_are_about_therapists_and_patients(said: list[str]) -> None:
    about = Note.objects.order_by("id").values_list("therapist", "patient")
    # the same words about the same patient twice are one note
    assert [(bool(therapist), bool(patient)) for therapist, patient in about] == [
        (True, False),
        (False, True),
        (True, False),
    ]


def test_evidence_is_signed_and_the_patient_told(said: list[str]) -> None:
    evidence = RefusalEvidence.objects.get()
    told = EmailMessage.objects.get(kind=LetterKind.PATIENT_EVIDENCE)
    assert (evidence.status, told.patient, told.status) == ("signed", evidence.patient, EmailStatus.SENT)


def test_identity_is_handed_over_and_opened(said: list[str]) -> None:
    link = IdentityLink.objects.get()
    assert link.opened_at == NOW
    assert link.email is not None
    assert link.email.status == EmailStatus.SENT
    assert EmailMessage.objects.get(kind=LetterKind.PATIENT_PLACE_CALL).patient_id == link.request.patient_id


def test_server_has_every_letter_once(said: list[str], mailbox: CatchingHandler) -> None:
    gone = EmailMessage.objects.filter(status__in=[EmailStatus.SENT, EmailStatus.BOUNCED]).count()
    assert (len(mailbox.messages), mailbox.doubles) == (gone, 0)
    assert Inquiry.objects.filter(requests__status=RequestStatus.ACCEPTED).count() == 1
