from datetime import timedelta
import pytest
from apps.communication.enums import CallOutcome, CallStatus, EmailStatus
from apps.communication.models import EmailMessage, PhoneCall
from apps.communication.services import sending, queue
from apps.core.transitions import move
from apps.events import services as events
from apps.matching.models import Inquiry, PlacementRequest
from apps.matching.services import follow_up, recheck, release, rounds, searches
from apps.therapists.services import status
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory
from apps.therapists.models import Practice
pytestmark = pytest.mark.django_db(transaction=True)

def _round(coordinator, at, today):
    searches.open_search(patient=PatientFactory(), actor=coordinator, at=at, today=today)
    round_ = rounds.plan_round(actor=coordinator, at=at, today=today)
    return release.release_round(round_=round_, actor=coordinator, at=at, today=today)

def test_not_reached(coordinator, at, today):
    TherapistFactory()
    Practice.objects.update(email="")
    print(_round(coordinator, at, today))
    call = PhoneCall.objects.get()
    follow_up.complete_call(call=call, outcome=CallOutcome.NOT_REACHED, note="", actor=coordinator, at=at)
    print("calls", list(PhoneCall.objects.values_list("status", "starts_at")), Inquiry.objects.get().status)
    tomorrow = at + timedelta(hours=20)
    print("dropped", recheck.recheck_all(at=tomorrow, today=today + timedelta(days=1)))
    print("calls", list(PhoneCall.objects.values_list("status", flat=True)), Inquiry.objects.get().status, PlacementRequest.objects.get().status)
    assert 0

def test_objected(coordinator, at, today, mailbox):
    TherapistFactory()
    _round(coordinator, at, today)
    sending.send_queue(at=at); events.dispatch(at=at)
    inquiry = Inquiry.objects.get()
    status.object_to_contact(therapist=inquiry.therapist, on=today, actor=coordinator, at=at, reason="x")
    events.dispatch(at=at)
    print(inquiry.status, Inquiry.objects.get().status)
    print("follow ups", follow_up.follow_up_due(at=at + timedelta(days=8)), list(PhoneCall.objects.values_list("status", "purpose")))
    assert 0

def test_cancel_unclear(coordinator, at, today):
    TherapistFactory()
    _round(coordinator, at, today)
    mail = EmailMessage.objects.get()
    mail = move(mail, to="sending", actor=None, at=at, fields={"claimed_at": at})
    mail = move(mail, to="handing_over", actor=None, at=at)
    mail = move(mail, to="unclear", actor=None, at=at)
    queue.cancel(email=mail, actor=coordinator, at=at, reason="x")
    events.dispatch(at=at)
    print(Inquiry.objects.get().status, PlacementRequest.objects.get().status, "follow", follow_up.follow_up_due(at=at + timedelta(days=8)), "expire", follow_up.expire_due(at=at + timedelta(days=30)))
    assert 0
