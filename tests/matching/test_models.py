"""The database refuses what no service would write."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from apps.communication.models import PhoneCall
from apps.matching.enums import (
    OPEN_INQUIRIES,
    OPEN_REQUESTS,
    OPEN_SEARCHES,
    AnswerSource,
    InquiryStatus,
    RejectionReason,
    RequestStatus,
    RoundStatus,
    SearchStatus,
)
from apps.matching.models import (
    Inquiry,
    InquiryContact,
    PlacementRequest,
    PlacementSearch,
    TherapistExclusion,
)
from apps.matching.models.inquiry import new_reference
from apps.patients.models import CASE_CODE_LETTERS
from tests.communication.rows import call_at, queued
from tests.factories.matching import (
    ASKED_AT,
    InquiryFactory,
    RequestFactory,
    RoundFactory,
    SearchFactory,
    SessionFactory,
)
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory

pytestmark = pytest.mark.django_db

WEEK = timedelta(days=7)


@contextmanager
def refused_by(constraint: str) -> Iterator[None]:
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        yield


def _set(row: Any, **values: Any) -> None:
    type(row)._base_manager.filter(pk=row.pk).update(**values)


# searches


@pytest.mark.parametrize("first", OPEN_SEARCHES)
@pytest.mark.parametrize("second", OPEN_SEARCHES)
def test_search_second_open_one_of_a_patient_is_refused(first: str, second: str) -> None:
    pause = {"paused_from": date(2026, 11, 20), "pause_reason": "on holiday"}
    search = SearchFactory(status=first, **pause)
    with refused_by("search_one_open_per_patient"):
        SearchFactory(patient=search.patient, status=second, **pause)


def test_search_after_an_ended_one_is_fine() -> None:
    patient = PatientFactory(searching=True)
    SearchFactory(patient=patient, ended=True)
    SearchFactory(patient=patient, status=SearchStatus.PLACED, ended_on=date(2026, 11, 1))
    assert SearchFactory(patient=patient).patient.searches.count() == 3


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"status": "lost", "ended_on": date(2026, 11, 20)}, "search_status_known"),
        ({"status": "paused", "pause_reason": "on holiday"}, "search_pause_whole"),
        ({"status": "paused", "paused_from": date(2026, 11, 20)}, "search_pause_whole"),
        (
            {"paused_from": date(2026, 11, 20), "paused_until": date(2026, 11, 19)},
            "search_pause_in_order",
        ),
        ({"paused_until": date(2026, 11, 19)}, "search_pause_in_order"),
        ({"status": "placed"}, "search_ended_has_date"),
        ({"status": "cancelled"}, "search_ended_has_date"),
    ],
)
def test_search_in_an_impossible_state_is_refused(values: dict[str, Any], constraint: str) -> None:
    search = SearchFactory()
    with refused_by(constraint):
        _set(search, **values)


def test_search_pause_of_one_day_is_fine() -> None:
    day = date(2026, 11, 20)
    search = SearchFactory(paused=True, paused_from=day, paused_until=day)
    assert PlacementSearch.objects.get() == search


def test_exclusion_of_the_same_pair_twice_is_refused() -> None:
    pair = {"patient": PatientFactory(), "therapist": TherapistFactory()}
    TherapistExclusion.objects.create(**pair, source="patient")
    with refused_by("exclusion_once"):
        TherapistExclusion.objects.create(**pair, source="staff")


# rounds


def test_round_second_draft_is_refused() -> None:
    RoundFactory(status=RoundStatus.RELEASED)
    RoundFactory(status=RoundStatus.RELEASED)
    RoundFactory()
    with refused_by("round_one_draft"):
        RoundFactory()


def test_round_of_unknown_status_is_refused() -> None:
    with refused_by("round_status_known"):
        RoundFactory(status="lost")


# inquiries


@pytest.mark.parametrize("first", OPEN_INQUIRIES)
@pytest.mark.parametrize("second", OPEN_INQUIRIES)
def test_inquiry_second_open_one_of_a_therapist_is_refused(first: str, second: str) -> None:
    later = DateTimeTZRange(ASKED_AT + WEEK, ASKED_AT + 2 * WEEK)
    inquiry = InquiryFactory(status=first)
    others = TherapistFactory().contact_group  # so that only the therapist is the same
    with refused_by("inquiry_one_open_per_therapist"):
        InquiryFactory(therapist=inquiry.therapist, contact_group=others, status=second, contact_window=later)


def test_inquiry_second_open_one_of_a_contact_group_is_refused() -> None:
    inquiry = InquiryFactory(status=InquiryStatus.DRAFT)
    colleague = TherapistFactory(contact_group=inquiry.contact_group)
    with refused_by("inquiry_one_open_per_group"):
        InquiryFactory(therapist=colleague, status=InquiryStatus.DRAFT)


def test_inquiry_within_the_interval_of_the_contact_group_is_refused() -> None:
    """Not only of the therapist, and although the first one is over."""
    inquiry = InquiryFactory(status=InquiryStatus.ANSWERED)
    colleague = TherapistFactory(contact_group=inquiry.contact_group)
    begin = ASKED_AT + WEEK - timedelta(seconds=1)
    with refused_by("inquiry_contact_interval"):
        InquiryFactory(therapist=colleague, contact_window=DateTimeTZRange(begin, begin + WEEK))


def test_inquiry_when_the_interval_is_over_is_fine() -> None:
    inquiry = InquiryFactory(status=InquiryStatus.ANSWERED)
    window = DateTimeTZRange(ASKED_AT + WEEK, ASKED_AT + 2 * WEEK)
    InquiryFactory(therapist=inquiry.therapist, contact_window=window)
    assert inquiry.therapist.inquiries.count() == 2


def test_inquiry_cancelled_before_it_went_out_blocks_nobody() -> None:
    inquiry = InquiryFactory(status=InquiryStatus.RELEASED)
    _set(inquiry, status=InquiryStatus.CANCELLED)
    assert InquiryFactory(therapist=inquiry.therapist).pk > inquiry.pk


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"status": "lost"}, "inquiry_status_known"),
        ({"channel": "fax"}, "inquiry_channel_known"),
        ({"released_at": None}, "inquiry_unreleased_stays_inside"),
        ({"contact_window": None}, "inquiry_unreleased_stays_inside"),
        ({"sent_at": None}, "inquiry_sent_has_time"),
        ({"status": "answered", "sent_at": None}, "inquiry_sent_has_time"),
        ({"status": "expired", "sent_at": None}, "inquiry_sent_has_time"),
        ({"status": "withdrawn", "sent_at": None}, "inquiry_sent_has_time"),
        ({"status": "released", "released_at": None}, "inquiry_unreleased_stays_inside"),
    ],
)
def test_inquiry_in_an_impossible_state_is_refused(values: dict[str, Any], constraint: str) -> None:
    inquiry = InquiryFactory()
    with refused_by(constraint):
        _set(inquiry, **values)


def test_inquiry_reference_is_unique_and_readable() -> None:
    inquiry = InquiryFactory(reference=new_reference())
    assert inquiry.reference[:2] == "A-"
    assert len(inquiry.reference) == 8
    assert set(inquiry.reference[2:]) <= set(CASE_CODE_LETTERS)
    with pytest.raises(IntegrityError, match="reference"), transaction.atomic():
        InquiryFactory(reference=inquiry.reference)


def test_contact_is_an_email_or_a_call() -> None:
    inquiry = InquiryFactory()
    call = call_at(ASKED_AT, therapist=inquiry.therapist)
    for both_or_none in ({}, {"email": queued(), "call": call}):
        with refused_by("contact_email_or_call"):
            InquiryContact.objects.create(inquiry=inquiry, **both_or_none)
    InquiryContact.objects.create(inquiry=inquiry, call=call)
    assert PhoneCall.objects.get().inquiry_contact.inquiry == inquiry


# requests


@pytest.mark.parametrize("first", ["accepted", "confirmed"])
@pytest.mark.parametrize("second", ["accepted", "confirmed"])
def test_request_second_won_one_of_a_search_is_refused(first: str, second: str) -> None:
    request = RequestFactory(status=first)
    with refused_by("request_one_accepted_per_search"):
        RequestFactory(search=request.search, status=second)


@pytest.mark.parametrize("status", ["conflict", "not_fitting", "rejected", "sent"])
def test_request_beside_a_won_one_may_be_anything_else(status: str) -> None:
    request = RequestFactory(status=RequestStatus.ACCEPTED)
    RequestFactory(search=request.search, status=status)
    assert request.search.requests.count() == 2


@pytest.mark.parametrize("status", OPEN_REQUESTS)
def test_request_second_open_one_of_a_pair_is_refused(status: str) -> None:
    request = RequestFactory()
    other = InquiryFactory(status=InquiryStatus.CANCELLED, therapist=request.therapist)
    with refused_by("request_one_open_per_pair"):
        RequestFactory(search=request.search, inquiry=other, status=status)


def test_request_of_one_search_twice_in_an_inquiry_is_refused() -> None:
    request = RequestFactory(status=RequestStatus.DROPPED)
    with refused_by("request_once_per_inquiry"):
        RequestFactory(search=request.search, inquiry=request.inquiry)


@pytest.mark.parametrize(
    ("status", "values", "constraint"),
    [
        ("sent", {"status": "lost"}, "request_status_known"),
        ("rejected", {"rejection_reason": ""}, "request_rejected_has_reason"),
        ("waitlisted", {"waitlist_until": None}, "request_waitlisted_has_date"),
        ("accepted", {"answered_at": None}, "request_answered_has_source"),
        ("accepted", {"answer_source": ""}, "request_answered_has_source"),
        ("waitlisted", {"answer_source": ""}, "request_answered_has_source"),
        ("rejected", {"answered_at": None}, "request_answered_has_source"),
        ("conflict", {"answered_at": None}, "request_answered_has_source"),
        ("confirmed", {"answer_source": ""}, "request_answered_has_source"),
        ("not_fitting", {"answered_at": None}, "request_answered_has_source"),
    ],
)
def test_request_in_an_impossible_state_is_refused(
    status: str, values: dict[str, Any], constraint: str
) -> None:
    request = RequestFactory(status=status)
    with refused_by(constraint):
        _set(request, **values)


def test_request_every_state_can_be_stored() -> None:
    states = set(RequestStatus) - {RequestStatus.PLANNED}
    for status in states:
        RequestFactory(status=status)
    assert set(PlacementRequest.objects.values_list("status", flat=True)) == states


def test_request_note_is_stored_encrypted() -> None:
    request = RequestFactory(
        status=RequestStatus.REJECTED,
        answer_note="frühestens im Mai",
        answer_source=AnswerSource.PORTAL,
        rejection_reason=RejectionReason.OTHER,
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT answer_note::text FROM matching_placementrequest WHERE id = %s", [request.pk])
        (stored,) = cursor.fetchone()
    assert "Mai" not in stored
    assert PlacementRequest.objects.get().answer_note == "frühestens im Mai"


# trial sessions


def test_session_at_the_same_moment_twice_is_refused() -> None:
    session = SessionFactory()
    with refused_by("trial_session_once"):
        SessionFactory(request=session.request, planned_at=session.planned_at)


def test_session_of_unknown_outcome_is_refused() -> None:
    session = SessionFactory()
    with refused_by("trial_session_outcome_known"):
        _set(session, outcome="lost")


@pytest.mark.parametrize("model", [PlacementSearch, Inquiry, PlacementRequest])
def test_every_state_has_a_way_in_the_table(model: Any) -> None:
    """No state is a dead end by forgetting, and no table names a state that does not exist."""
    states = set(model._meta.get_field("status").choices and dict(model._meta.get_field("status").choices))
    assert set(model.TRANSITIONS) == states
    named = set().union(*model.TRANSITIONS.values(), *model.UNDO.values(), model.UNDO)
    assert named <= states
