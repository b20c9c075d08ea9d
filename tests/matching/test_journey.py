"""The main job through services, on real PostgreSQL and real SMTP."""

from datetime import date, datetime, timedelta

import pytest

from apps.accounts.models import User
from apps.communication.services import sending
from apps.events import services as events
from apps.matching.enums import AnswerSource, InquiryStatus, RequestStatus, RoundStatus, SearchStatus
from apps.matching.models import PlacementRequest, Round
from apps.matching.services import answers, release, rounds, searches, trial
from apps.matching.services.answers import Answer
from apps.patients.enums import PatientStatus
from apps.workspace.demo.mailserver import CatchingHandler
from tests.communication.rows import plain
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def released(coordinator: User, at: datetime, today: date) -> Round:
    """Two patients, three therapists, one released round."""
    for _count in range(3):
        TherapistFactory()
    for _count in range(2):
        searches.open_search(patient=PatientFactory(), actor=coordinator, at=at, today=today)
    round_ = rounds.plan_round(actor=coordinator, at=at, today=today)
    result = release.release_round(round_=round_, actor=coordinator, at=at, today=today)
    assert result.refused == []
    return round_


def _send(at: datetime) -> int:
    sent = sending.send_queue(at=at)
    events.dispatch(at=at)
    return sent


def test_main_job_ends_in_confirmed_place(
    released: Round, mailbox: CatchingHandler, coordinator: User, at: datetime, today: date
) -> None:
    released.refresh_from_db()
    assert released.status == RoundStatus.RELEASED
    assert _send(at) == 3
    assert len(mailbox.messages) == 3
    assert mailbox.doubles == 0

    search = PlacementRequest.objects.earliest("id").search
    first, second, third = search.requests.order_by("id")
    assert {row.status for row in (first, second, third)} == {RequestStatus.SENT}

    later = at + timedelta(days=1)
    yes = Answer(outcome=RequestStatus.ACCEPTED)
    answers.record_answer(
        request=first, answer=yes, source=AnswerSource.PHONE, actor=coordinator, at=later, today=today
    )
    answers.record_answer(
        request=second, answer=yes, source=AnswerSource.EMAIL, actor=coordinator, at=later, today=today
    )
    for row in (first, second, third, search):
        row.refresh_from_db()
    assert (first.status, second.status, third.status) == ("accepted", "conflict", "withdrawn")
    assert search.status == SearchStatus.TRIAL
    assert _send(later) == 2  # one therapist and the patient are told; the conflict waits for a coordinator

    confirmed = trial.confirm(request=first, actor=coordinator, at=later, today=today)
    search.refresh_from_db()
    assert confirmed.status == RequestStatus.CONFIRMED
    assert search.status == SearchStatus.PLACED
    assert search.patient.status == PatientStatus.IN_THERAPY


def test_undo_acceptance_restores_untold_therapists(
    released: Round, mailbox: CatchingHandler, coordinator: User, at: datetime, today: date
) -> None:
    _send(at)
    request = PlacementRequest.objects.earliest("id")
    yes = Answer(outcome=RequestStatus.ACCEPTED)
    answers.record_answer(
        request=request, answer=yes, source=AnswerSource.PHONE, actor=coordinator, at=at, today=today
    )
    answers.undo_answer(request=request, actor=coordinator, at=at, reason="wrong row")
    request.search.refresh_from_db()
    assert set(request.search.requests.values_list("status", flat=True)) == {RequestStatus.SENT}
    assert request.search.status == SearchStatus.ACTIVE
    assert request.therapist.pauses.filter(lifted_at__isnull=True).count() == 0
    assert _send(at) == 0
    assert request.history.last().reason == "wrong row"


def test_first_contact_names_nobody(released: Round, mailbox: CatchingHandler, at: datetime) -> None:
    _send(at)
    for request in PlacementRequest.objects.select_related("search__patient", "inquiry"):
        patient = request.search.patient
        letters = [mail for mail in mailbox.messages if request.inquiry.reference in mail["Subject"]]
        text = plain(letters[0])
        assert patient.case_code in text
        for secret in (patient.first_name, patient.last_name, patient.street, patient.kvnr, patient.email):
            assert secret not in text
            assert secret not in letters[0]["Subject"]


def test_acceptance_of_unsent_inquiry_shrinks_the_rest(
    released: Round, mailbox: CatchingHandler, coordinator: User, at: datetime, today: date
) -> None:
    """An answer by phone before the queue was drained: the other letters lose the case."""
    request = PlacementRequest.objects.earliest("id")
    sending.send_queue(at=at, limit=1)
    events.dispatch(at=at)
    sent = PlacementRequest.objects.filter(status=RequestStatus.SENT).earliest("id")
    answers.record_answer(
        request=sent,
        answer=Answer(outcome=RequestStatus.ACCEPTED),
        source=AnswerSource.PHONE,
        actor=coordinator,
        at=at,
        today=today,
    )
    assert _send(at) == 3  # two smaller letters and the patient's good news
    code = sent.search.patient.case_code
    assert [code in plain(message) for message in mailbox.messages] == [True, False, False, False]
    assert request.inquiry.status in InquiryStatus.values
