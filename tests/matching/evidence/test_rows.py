"""Which lines there are, what came of them, which are proven and which count."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from apps.accounts.models import User
from apps.communication.enums import InboundKind, InboundSource, InboundStatus
from apps.communication.models import InboundMessage
from apps.matching.enums import AnswerSource
from apps.matching.evidence import wording
from apps.matching.evidence.outcomes import Outcome, said
from apps.matching.evidence.rows import Row, rows
from apps.matching.models import PlacementRequest, PlacementSearch, ReplySubmission
from apps.matching.services import follow_up
from tests.factories.matching import SearchFactory
from tests.factories.therapists import TherapistFactory
from tests.matching import acts
from tests.matching.evidence.histories import (
    FIRST,
    LAST,
    LONG,
    answered,
    called,
    declined,
    emailed,
    ended,
    moment,
    never_reached,
    requested,
)

pytestmark = pytest.mark.django_db


def found(search: PlacementSearch, *, first: date = FIRST, last: date = LAST, weeks: int = 12) -> list[Row]:
    return rows(patient=search.patient, first=first, last=last, longest_wait_weeks=weeks)


def judged(search: PlacementSearch, **kwargs: Any) -> list[tuple[str, str, str]]:
    """Contact kind, outcome, and why it does not count ("" where it does)."""
    return [
        (row.contact.key.partition(":")[0], row.outcome.value, row.gap or row.why_not)
        for row in found(search, **kwargs)
    ]


def words(row: Row) -> str:
    return said(row.request, row.outcome, row.contact)


def test_declined_request_is_one_counted_line(search: PlacementSearch, coordinator: User) -> None:
    declined(search, by=coordinator, day=9)
    (row,) = found(search)
    assert (row.outcome, row.is_counted, words(row)) == (
        Outcome.DECLINED,
        True,
        "abgelehnt: kein freier Platz",
    )
    assert row.contact.at == moment(9)
    assert row.contact.who == "Coordinator"


def test_proof_of_an_email_is_message_id_and_receipt(search: PlacementSearch, coordinator: User) -> None:
    declined(search, by=coordinator, day=9)
    (row,) = found(search)
    message = search.requests.get().inquiry.contacts.get().email.message_id
    assert row.contact.proof == f"Message-ID {message}; Mailserver: 250 2.0.0 queued"
    entry = search.requests.get().history.get()
    assert row.answer_proof == (
        f"Telefon, 11.11.2026, 10:00 Uhr; erfasst von Coordinator; Protokoll Nr. {entry.pk}"
    )


def test_proof_by_a_provider_is_its_number(search: PlacementSearch, coordinator: User) -> None:
    request = requested(search, by=coordinator, at=moment(9))
    email = emailed(request, by=coordinator, at=moment(9), reply="queued", provider_id="p-77")
    (row,) = found(search)
    assert row.contact.proof == f"Message-ID {email.message_id}; Nummer beim Versanddienst p-77"
    assert row.gap == ""


@pytest.mark.parametrize(
    ("status", "gap"),
    [
        ("unclear", wording.UNCLEAR),
        ("handing_over", wording.UNCLEAR),
        ("failed", wording.NOT_SENT),
        ("refused", wording.NOT_SENT),
        ("bounced", wording.BOUNCED),
    ],
)
def test_email_without_proof_is_listed_and_never_counts(
    search: PlacementSearch, coordinator: User, status: str, gap: str
) -> None:
    request = requested(search, by=coordinator, at=moment(9))
    emailed(request, by=coordinator, at=moment(9), status=status)
    ended(request, "expired", at=moment(23))
    (row,) = found(search)
    assert (row.gap, row.is_counted) == (gap, False)


@pytest.mark.parametrize("status", ["queued", "sending", "cancelled"])
def test_email_that_never_left_is_no_attempt(search: PlacementSearch, coordinator: User, status: str) -> None:
    request = requested(search, by=coordinator, at=moment(9))
    emailed(request, by=coordinator, at=moment(9), status=status)
    assert found(search) == []


def test_email_settled_by_hand_needs_an_answer(search: PlacementSearch, coordinator: User) -> None:
    silent = requested(search, by=coordinator, at=moment(9))
    emailed(silent, by=coordinator, at=moment(9), reply="timed out")
    ended(silent, "expired", at=moment(23))
    heard = requested(search, by=coordinator, at=moment(10))
    emailed(heard, by=coordinator, at=moment(10), reply="timed out")
    answered(heard, "rejected", by=None, at=moment(12), source=AnswerSource.PORTAL)
    assert judged(search) == [("email", "step", wording.NOT_TAKEN), ("email", "declined", "")]


def test_call_without_a_caller_proves_nothing(search: PlacementSearch, coordinator: User) -> None:
    request = requested(search, by=coordinator, at=moment(9))
    called(request, "not_reached", by=None, at=moment(9))
    assert judged(search) == [("call", "step", wording.NO_CALLER)]


def test_call_proof_names_call_and_number(search: PlacementSearch, coordinator: User) -> None:
    therapist = TherapistFactory(practice__phone="+493411234567")
    request = requested(search, therapist, by=coordinator, at=moment(9))
    call = called(request, "not_reached", by=coordinator, at=moment(9))
    (row,) = found(search)
    assert row.contact.proof == f"Anruf Nr. {call.pk} mit Gesprächsvermerk, gewählt 0341 1234567"


def test_planned_and_thanking_calls_are_no_attempts(search: PlacementSearch, coordinator: User) -> None:
    request = requested(search, by=coordinator, at=moment(9))
    called(request, by=coordinator, at=moment(9), status="planned")
    called(request, by=coordinator, at=moment(10), purpose="thanks")
    assert found(search) == []


def test_letters_after_the_search_are_no_attempts(search: PlacementSearch, coordinator: User) -> None:
    request = requested(search, by=coordinator, at=moment(9))
    emailed(request, by=coordinator, at=moment(9), kind="withdrawal")
    emailed(request, by=coordinator, at=moment(10), kind="alternatives")
    assert found(search) == []


def test_only_the_last_contact_of_a_request_counts(search: PlacementSearch, coordinator: User) -> None:
    request = requested(search, by=coordinator, at=moment(3))
    emailed(request, by=coordinator, at=moment(3))
    called(request, "not_reached", by=coordinator, at=moment(10), purpose="follow_up")
    called(request, "reached", by=coordinator, at=moment(11), purpose="follow_up")
    answered(request, "rejected", by=coordinator, at=moment(11, 10, 4))
    assert judged(search) == [
        ("email", "step", wording.SAME_REQUEST),
        ("call", "step", wording.SAME_REQUEST),
        ("call", "declined", ""),
    ]
    assert [words(row) for row in found(search)] == [
        "keine Antwort bis zum nächsten Kontakt",
        "nicht erreicht",
        "abgelehnt: kein freier Platz",
    ]


def test_answer_written_down_before_the_call_was_closed_belongs_to_the_call(
    search: PlacementSearch, coordinator: User
) -> None:
    request = requested(search, by=coordinator, at=moment(3))
    emailed(request, by=coordinator, at=moment(3))
    called(request, "reached", by=coordinator, at=moment(11, 10, 9), purpose="follow_up")
    answered(request, "rejected", by=coordinator, at=moment(11, 10, 4))
    assert judged(search) == [("email", "step", wording.SAME_REQUEST), ("call", "declined", "")]


def test_later_call_about_others_is_not_told_of_this_request(
    search: PlacementSearch, coordinator: User
) -> None:
    request = declined(search, by=coordinator, day=3)
    called(request, "not_reached", by=coordinator, at=moment(12), purpose="follow_up")
    assert judged(search) == [("email", "declined", "")]


@pytest.mark.parametrize(("days", "outcome"), [(84, "short_wait"), (85, "long_wait")])
def test_wait_counts_only_beyond_the_reasonable(
    search: PlacementSearch, coordinator: User, days: int, outcome: str
) -> None:
    request = requested(search, by=coordinator, at=moment(9))
    emailed(request, by=coordinator, at=moment(9))
    until = moment(11).date() + timedelta(days=days)
    answered(request, "waitlisted", by=coordinator, at=moment(11), until=until)
    why = "" if outcome == "long_wait" else wording.REASONABLE_WAIT
    assert judged(search, weeks=12) == [("email", outcome, why)]


def test_stated_wait_is_told_in_weeks(search: PlacementSearch, coordinator: User) -> None:
    request = requested(search, by=coordinator, at=moment(9))
    emailed(request, by=coordinator, at=moment(9))
    answered(request, "waitlisted", by=coordinator, at=moment(11), until=LONG)
    (row,) = found(search)
    assert words(row) == "Warteliste bis 01.06.2027 (28,9 Wochen)"


def test_unanswered_email_counts_when_its_time_is_over(search: PlacementSearch, coordinator: User) -> None:
    waiting = requested(search, by=coordinator, at=moment(9))
    emailed(waiting, by=coordinator, at=moment(9))
    over = requested(search, by=coordinator, at=moment(10))
    emailed(over, by=coordinator, at=moment(10))
    ended(over, "expired", at=moment(24))
    assert judged(search) == [("email", "open", wording.STILL_OPEN), ("email", "no_answer", "")]
    assert words(found(search)[1]) == "keine Antwort bis 24.11.2026"


@pytest.mark.parametrize("outcome", ["not_reached", "message_left"])
def test_missed_call_counts_at_once(search: PlacementSearch, coordinator: User, outcome: str) -> None:
    request = requested(search, by=coordinator, at=moment(9))
    called(request, outcome, by=coordinator, at=moment(9))
    assert judged(search) == [("call", "not_reached", "")]


def test_agreed_call_back_is_still_open(search: PlacementSearch, coordinator: User) -> None:
    request = requested(search, by=coordinator, at=moment(9))
    called(request, "call_back", by=coordinator, at=moment(9))
    assert judged(search) == [("call", "open", wording.STILL_OPEN)]
    assert words(found(search)[0]) == "Rückruf vereinbart"


def test_never_reached_counts_and_withdrawn_does_not(search: PlacementSearch, coordinator: User) -> None:
    given_up = requested(search, by=coordinator, at=moment(9))
    called(given_up, "not_reached", by=coordinator, at=moment(9))
    never_reached(given_up, at=moment(23))
    place_found = requested(search, by=coordinator, at=moment(10))
    called(place_found, "not_reached", by=coordinator, at=moment(10))
    ended(place_found, "withdrawn", at=moment(12), reason="another therapist accepted")
    assert judged(search) == [("call", "not_reached", ""), ("call", "withdrawn", wording.WITHDRAWN)]


def test_no_seat_does_not_count(search: PlacementSearch, coordinator: User) -> None:
    declined(search, by=coordinator, day=9, therapist=TherapistFactory(seat="none"))
    declined(search, by=coordinator, day=10, therapist=TherapistFactory(seat="half"))
    assert judged(search) == [("email", "declined", wording.NO_SEAT), ("email", "declined", "")]


@pytest.mark.parametrize("status", ["accepted", "confirmed", "not_fitting", "conflict"])
def test_yes_never_counts(search: PlacementSearch, coordinator: User, status: str) -> None:
    request = requested(search, by=coordinator, at=moment(9))
    emailed(request, by=coordinator, at=moment(9))
    answered(request, status, by=coordinator, at=moment(11))
    assert judged(search) == [("email", "offered", wording.OFFERED)]


def test_refusal_before_a_later_offer_does_not_count(search: PlacementSearch, coordinator: User) -> None:
    therapist = TherapistFactory()
    declined(search, by=coordinator, day=3, therapist=therapist)
    request = requested(search, therapist, by=coordinator, at=moment(20))
    emailed(request, by=coordinator, at=moment(20))
    answered(request, "accepted", by=coordinator, at=moment(21))
    assert judged(search) == [
        ("email", "declined", wording.OFFERED_LATER),
        ("email", "offered", wording.OFFERED),
    ]


def test_answer_nobody_stands_for_is_not_counted(search: PlacementSearch, coordinator: User) -> None:
    request = requested(search, by=coordinator, at=moment(9))
    emailed(request, by=coordinator, at=moment(9))
    answered(request, "rejected", by=None, at=moment(11), source=AnswerSource.PHONE)
    assert judged(search) == [("email", "declined", wording.NO_ANSWER_PROOF)]


def test_answer_without_any_contact_is_not_counted(search: PlacementSearch, coordinator: User) -> None:
    request = requested(search, by=coordinator, at=moment(9))
    answered(request, "rejected", by=coordinator, at=moment(11))
    assert judged(search) == [("request", "step", wording.NO_CONTACT)]


def test_reply_page_proves_with_its_form(search: PlacementSearch, coordinator: User) -> None:
    request = requested(search, by=coordinator, at=moment(9))
    emailed(request, by=coordinator, at=moment(9))
    form = "7d1bd2f6-6a2a-4c63-8a25-4c8a4c3d0b11"
    ReplySubmission.objects.create(inquiry=request.inquiry, form_id=form, at=moment(11))
    answered(request, "rejected", by=None, at=moment(11), source=AnswerSource.PORTAL)
    (row,) = found(search)
    number = request.history.get().pk
    assert row.answer_proof == f"Antwortseite, 11.11.2026, 10:00 Uhr; Formular {form}; Protokoll Nr. {number}"


def test_answer_by_email_names_the_message_that_came(search: PlacementSearch, coordinator: User) -> None:
    request = requested(search, by=coordinator, at=moment(9))
    email = emailed(request, by=coordinator, at=moment(9))
    InboundMessage.objects.create(
        status=InboundStatus.DONE,
        kind=InboundKind.ANSWER,
        source=InboundSource.IMAP,
        fingerprint="f" * 64,
        message_id="<antwort@praxis.example>",
        received_at=moment(10, 18),
        email=email,
        therapist=request.therapist,
        handled_by=coordinator,
        handled_at=moment(11),
    )
    answered(request, "rejected", by=coordinator, at=moment(11), source=AnswerSource.EMAIL)
    (row,) = found(search)
    number = request.history.get().pk
    assert row.answer_proof == (
        "E-Mail, 11.11.2026, 10:00 Uhr; Nachricht vom 10.11.2026, 18:00 Uhr <antwort@praxis.example>; "
        f"erfasst von Coordinator; Protokoll Nr. {number}"
    )


def test_message_of_another_day_is_no_proof(search: PlacementSearch, coordinator: User) -> None:
    request = requested(search, by=coordinator, at=moment(9))
    emailed(request, by=coordinator, at=moment(9))
    InboundMessage.objects.create(
        status=InboundStatus.DONE,
        kind=InboundKind.ANSWER,
        source=InboundSource.IMAP,
        fingerprint="e" * 64,
        message_id="<fremd@praxis.example>",
        received_at=moment(10, 18),
        therapist=request.therapist,
        handled_at=moment(10, 19),
    )
    answered(request, "rejected", by=None, at=moment(11), source=AnswerSource.EMAIL)
    assert judged(search) == [("email", "declined", wording.NO_ANSWER_PROOF)]


def test_period_is_days_in_berlin(search: PlacementSearch, coordinator: User) -> None:
    late = requested(search, by=coordinator, at=moment(9, 23, 30))  # 22:30 UTC
    emailed(late, by=coordinator, at=moment(9, 23, 30))
    early = requested(search, by=coordinator, at=moment(10, 0, 30))  # still the 9th in UTC
    emailed(early, by=coordinator, at=moment(10, 0, 30))
    inside = found(search, first=date(2026, 11, 10), last=date(2026, 11, 10))
    assert [row.request for row in inside] == [early]


def test_request_goes_on_after_the_period_and_does_not_count_in_it(
    search: PlacementSearch, coordinator: User
) -> None:
    request = requested(search, by=coordinator, at=moment(3))
    emailed(request, by=coordinator, at=moment(3))
    called(request, "not_reached", by=coordinator, at=moment(20), purpose="follow_up")
    assert judged(search, last=date(2026, 11, 10)) == [("email", "step", wording.SAME_REQUEST)]


def test_all_searches_of_the_patient_and_nobody_elses(search: PlacementSearch, coordinator: User) -> None:
    earlier = SearchFactory(patient=search.patient, ended=True)
    mine = [declined(earlier, by=coordinator, day=3), declined(search, by=coordinator, day=9)]
    declined(SearchFactory(), by=coordinator, day=9)
    assert [row.request for row in found(search)] == mine


@pytest.mark.parametrize("count", [1, 3])
def test_rows_take_the_same_queries_however_many(
    search: PlacementSearch, coordinator: User, django_assert_num_queries: Any, count: int
) -> None:
    for number in range(count):
        request = requested(search, by=coordinator, at=moment(3 + number))
        emailed(request, by=coordinator, at=moment(3 + number))
        called(request, "reached", by=coordinator, at=moment(9), purpose="follow_up")
        answered(request, "rejected", by=coordinator, at=moment(9), source=AnswerSource.EMAIL)
    with django_assert_num_queries(10):
        assert len(found(search)) == 2 * count


def test_the_services_leave_what_is_counted(search: PlacementSearch, coordinator: User, at: datetime) -> None:
    """Asked by e-mail and declined on the reply page, and a practice that never picked up the phone."""
    written: PlacementRequest = acts.asked(search)
    acts.answer(written, "rejected", at=at + timedelta(days=1), reason="capacity", source=AnswerSource.PORTAL)
    phoned = acts.let_out(search, therapist=acts.by_phone(practice__name="Praxis am Ring"))
    call = acts.reach(phoned, "not_reached", at=at + timedelta(days=1))
    call.coordinator = coordinator
    call.save(update_fields=["coordinator"])
    follow_up.expire_due(at=at + timedelta(days=20))
    assert judged(search, last=date(2026, 12, 31)) == [("email", "declined", ""), ("call", "not_reached", "")]
