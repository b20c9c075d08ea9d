"""Searches, inquiries and requests for tests, each in any state, with the fields that state needs."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import factory
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from apps.matching.enums import (
    AnswerSource,
    Channel,
    InquiryStatus,
    RejectionReason,
    RequestStatus,
    RoundStatus,
    SearchStatus,
)
from apps.matching.models import Inquiry, PlacementRequest, PlacementSearch, Round, TrialSession
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory

ASKED_AT = datetime(2026, 11, 16, 10, 0, tzinfo=ZoneInfo("Europe/Berlin"))
ANSWERED_AT = ASKED_AT + timedelta(days=2)
UNSENT = (InquiryStatus.DRAFT, InquiryStatus.RELEASED, InquiryStatus.CANCELLED)
ANSWERED = (
    RequestStatus.ACCEPTED,
    RequestStatus.WAITLISTED,
    RequestStatus.REJECTED,
    RequestStatus.CONFLICT,
    RequestStatus.CONFIRMED,
    RequestStatus.NOT_FITTING,
)
# the state an inquiry is in when a request of it is in that state
INQUIRY_OF = {
    RequestStatus.PLANNED: InquiryStatus.DRAFT,
    RequestStatus.DROPPED: InquiryStatus.DRAFT,
    RequestStatus.RELEASED: InquiryStatus.RELEASED,
    RequestStatus.SENT: InquiryStatus.SENT,
    RequestStatus.EXPIRED: InquiryStatus.EXPIRED,
    RequestStatus.WITHDRAWN: InquiryStatus.WITHDRAWN,
}


class SearchFactory(factory.django.DjangoModelFactory):
    """Three weeks old on the Monday the tests live in."""

    class Meta:
        model = PlacementSearch

    class Params:
        paused = factory.Trait(
            status=SearchStatus.PAUSED, paused_from=date(2026, 11, 20), pause_reason="on holiday"
        )
        ended = factory.Trait(status=SearchStatus.CANCELLED, ended_on=date(2026, 11, 20))

    patient = factory.SubFactory(PatientFactory, searching=True)
    status = SearchStatus.ACTIVE
    started_on = date(2026, 11, 2)


class RoundFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Round

    status = RoundStatus.DRAFT
    planned_for = date(2026, 11, 23)
    searches_count = 1


class InquiryFactory(factory.django.DjangoModelFactory):
    """By e-mail; one that went out did so a week before the Monday the tests live in."""

    class Meta:
        model = Inquiry

    therapist = factory.SubFactory(TherapistFactory)
    contact_group = factory.SelfAttribute("therapist.contact_group")
    channel = Channel.EMAIL
    status = InquiryStatus.SENT
    released_at = factory.LazyAttribute(lambda inquiry: _unless(inquiry, "draft", "cancelled"))
    contact_window = factory.LazyAttribute(
        lambda inquiry: (
            DateTimeTZRange(ASKED_AT, ASKED_AT + timedelta(days=7)) if inquiry.released_at else None
        )
    )
    sent_at = factory.LazyAttribute(lambda inquiry: _unless(inquiry, *UNSENT))
    last_contact_at = factory.SelfAttribute("sent_at")


class RequestFactory(factory.django.DjangoModelFactory):
    """`inquiry` is made in the state that fits; pass one to put several requests into it."""

    class Meta:
        model = PlacementRequest

    search = factory.SubFactory(SearchFactory)
    status = RequestStatus.SENT
    inquiry = factory.LazyAttribute(
        lambda request: InquiryFactory(status=INQUIRY_OF.get(request.status, InquiryStatus.ANSWERED))
    )
    therapist = factory.SelfAttribute("inquiry.therapist")
    score = 0.61
    score_parts = factory.LazyFunction(
        lambda: {"acceptance": 0.4, "distance": 0.9, "hours": 0.7, "email": 1.0}
    )
    distance_km = 2.4
    common_minutes = 1500
    sent_at = factory.LazyAttribute(lambda request: request.inquiry.sent_at)
    answered_at = factory.LazyAttribute(lambda request: ANSWERED_AT if request.status in ANSWERED else None)
    answer_source = factory.LazyAttribute(
        lambda request: AnswerSource.PHONE if request.status in ANSWERED else ""
    )
    rejection_reason = factory.LazyAttribute(
        lambda request: RejectionReason.CAPACITY if request.status == RequestStatus.REJECTED else ""
    )
    waitlist_until = factory.LazyAttribute(
        lambda request: date(2027, 2, 1) if request.status == RequestStatus.WAITLISTED else None
    )


class SessionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = TrialSession

    request = factory.SubFactory(
        RequestFactory, status=RequestStatus.ACCEPTED, search__status=SearchStatus.TRIAL
    )
    planned_at = ASKED_AT + timedelta(days=10)


def _unless(inquiry: Any, *states: str) -> datetime | None:
    return None if inquiry.status in states else ASKED_AT
