"""A person lets inquiries out: looked at once more, then an e-mail or a call, never twice to one mailbox."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from apps.accounts.models import User
from apps.communication.enums import CallOutcome, CallPurpose, EmailStatus, Refusal
from apps.communication.models import EmailMessage, PhoneCall
from apps.communication.phone_hours import BERLIN
from apps.communication.services import addresses
from apps.core.errors import StaleState
from apps.core.transitions import move
from apps.matching.enums import RoundStatus
from apps.matching.models import Inquiry
from apps.matching.services import inquiries, release, rounds
from apps.patients.enums import Purpose
from apps.patients.services import consents
from apps.therapists.models import Therapist
from apps.therapists.services import contact, practices, status
from tests.factories.matching import RequestFactory, RoundFactory, SearchFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import (
    AT,
    TODAY,
    ask,
    bring,
    by_phone,
    change_parameter,
    fresh,
    letters_to,
    operations,
    plan,
    reach,
    refused,
    status_of,
    steps,
    waiting_calls,
)

pytestmark = pytest.mark.django_db


def _release(inquiry: Inquiry, at: datetime = AT, actor: Any = None) -> Inquiry:
    return release.release_inquiry(inquiry=inquiry, actor=actor, at=at, today=at.date())


def _release_round(round_: Any, **fields: Any) -> release.Released:
    return release.release_round(round_=round_, **{"actor": None, "at": AT, "today": TODAY, **fields})


def test_release_by_email_queues_one_letter_with_all_cases(coordinator: User) -> None:
    searches = [SearchFactory(), SearchFactory()]
    inquiry = plan(*searches)
    _release(inquiry, actor=coordinator)
    out = fresh(inquiry)
    assert (out.status, out.channel, out.released_at, out.released_by) == (
        "released",
        "email",
        AT,
        coordinator,
    )
    assert out.contact_window == DateTimeTZRange(AT, AT + timedelta(days=7))
    (letter,) = letters_to(inquiry.therapist, "inquiry")
    assert letter.to_email == inquiry.therapist.workplaces.get().practice.email
    assert letter.to_name == inquiry.therapist.full_name
    assert letter.inquiry_contact.request_ids == [row.pk for row in inquiry.requests.order_by("id")]
    assert all(search.patient.case_code in letter.text for search in searches)
    assert status_of(*inquiry.requests.all()) == ["released", "released"]
    assert PhoneCall.objects.count() == 0


def test_release_is_one_operation_with_a_whole_history() -> None:
    inquiry = plan()
    later = AT + timedelta(hours=1)
    _release(inquiry, at=later)
    assert len(operations(later)) == 1
    assert steps(inquiry) == [("", "draft"), ("draft", "released")]
    assert steps(inquiry.requests.get()) == [("", "planned"), ("planned", "released")]


def test_release_by_phone_plans_one_call_in_the_phone_hours() -> None:
    inquiry = plan(SearchFactory(), SearchFactory(), therapist=by_phone(phone_hours=[(1, 840, 865)]))
    _release(inquiry)
    (call,) = waiting_calls(inquiry)
    assert call.purpose == CallPurpose.FIRST_CONTACT
    assert call.starts_at == datetime(2026, 11, 24, 14, 0, tzinfo=BERLIN)
    assert call.ends_at - call.starts_at == timedelta(minutes=5)
    assert len(call.inquiry_contact.request_ids) == 2
    assert EmailMessage.objects.count() == 0


def test_release_with_an_email_meanwhile_forbidden_plans_a_call() -> None:
    therapist = TherapistFactory(email_permission_since=None, email_permission_how="")
    inquiry = plan(therapist=therapist)
    change_parameter("email_policy", "permission")
    _release(inquiry)
    assert fresh(inquiry).channel == "phone"
    assert len(waiting_calls(inquiry)) == 1
    assert EmailMessage.objects.count() == 0


def test_release_twice_is_stale() -> None:
    inquiry = plan()
    _release(inquiry)
    with pytest.raises(StaleState):
        _release(inquiry)
    assert EmailMessage.objects.filter(kind="inquiry").count() == 1


def test_release_drops_what_no_longer_fits() -> None:
    stays, goes = SearchFactory(), SearchFactory()
    inquiry = plan(stays, goes)
    consents.withdraw(patient=goes.patient, purpose=Purpose.PSEUDONYMOUS, on=TODAY, at=AT)
    _release(inquiry)
    assert status_of(*inquiry.requests.order_by("id")) == ["released", "dropped"]
    (letter,) = letters_to(inquiry.therapist, "inquiry")
    assert goes.patient.case_code not in letter.text
    dropped = inquiry.requests.get(search=goes)
    assert dropped.history.order_by("-id").first().reason != ""


@pytest.mark.parametrize("what", ["blocked", "objected", "paused", "consent", "moved"])
def test_release_with_nothing_left_is_refused_and_cancelled(what: str) -> None:
    inquiry = plan()
    therapist, patient = inquiry.therapist, inquiry.requests.get().search.patient
    if what == "blocked":
        status.block(therapist=therapist, reason="ill", until=None, actor=None, at=AT)
    if what == "objected":
        status.object_to_contact(therapist=therapist, on=TODAY, actor=None, at=AT, reason="letter")
    if what == "paused":
        until = TODAY + timedelta(days=3)
        contact.pause(therapist=therapist, starts_on=TODAY, until=until, reason="holiday", at=AT)
    if what == "consent":
        consents.withdraw(patient=patient, purpose=Purpose.HEALTH_DATA, on=TODAY, at=AT)
    if what == "moved":
        type(patient).objects.filter(pk=patient.pk).update(latitude=48.14, longitude=11.58)
    with refused() as error:
        _release(inquiry)
    assert not isinstance(error.value, StaleState)
    assert status_of(inquiry, inquiry.requests.get()) == ["cancelled", "dropped"]
    assert EmailMessage.objects.count() == 0


def test_release_within_the_interval_of_the_group_is_refused_by_the_database() -> None:
    """Even where nobody else has noticed: the contact was made by a colleague whose row says nothing."""
    therapist = TherapistFactory()
    colleague = TherapistFactory(contact_group=therapist.contact_group)
    first = ask(SearchFactory(), therapist=colleague)
    Inquiry.objects.filter(pk=first.pk).update(status="withdrawn", last_contact_at=None)
    Therapist.objects.update(last_email_at=None)
    inquiry = plan(therapist=therapist)
    late = AT + timedelta(days=7, seconds=-1)
    with refused():
        _release(inquiry, at=late)
    assert status_of(inquiry, inquiry.requests.get()) == ["draft", "planned"]
    _release(inquiry, at=AT + timedelta(days=7))
    assert status_of(inquiry) == ["released"]


def _share_mailbox(first: Inquiry, second: Inquiry) -> None:
    practice = first.therapist.workplaces.get().practice
    email = second.therapist.workplaces.get().practice.email
    practices.update_practice(practice=practice, changes={"email": email}, actor=None, at=AT)


def test_release_one_by_one_after_two_practices_came_to_share_a_mailbox() -> None:
    first, second = plan(), plan()
    _share_mailbox(first, second)
    with refused():
        _release(first)
    _release(second)
    assert status_of(first, second) == ["cancelled", "released"]
    assert EmailMessage.objects.filter(kind="inquiry").count() == 1


def test_release_round_after_two_practices_came_to_share_a_mailbox() -> None:
    SearchFactory()
    TherapistFactory(), TherapistFactory()
    round_ = rounds.plan_round(actor=None, at=AT, today=TODAY)
    _share_mailbox(*round_.inquiries.order_by("id"))
    result = _release_round(round_)
    assert (len(result.released), len(result.refused)) == (1, 1)
    assert EmailMessage.objects.filter(kind="inquiry").count() == 1


def test_release_without_address_and_number_is_refused() -> None:
    inquiry = plan()
    practice = inquiry.therapist.workplaces.get().practice
    type(practice).objects.filter(pk=practice.pk).update(email="", phone="")
    with refused():
        _release(inquiry)
    assert status_of(inquiry, inquiry.requests.get()) == ["draft", "planned"]


# rounds


@pytest.fixture
def draft_round() -> Any:
    """Three inquiries with two requests each."""
    for _count in range(2):
        SearchFactory()
    for _count in range(3):
        TherapistFactory()
    return rounds.plan_round(actor=None, at=AT, today=TODAY)


def test_release_round_lets_everything_out_and_closes(draft_round: Any) -> None:
    drafts = list(draft_round.inquiries.order_by("id"))
    result = _release_round(draft_round)
    assert (result.released, result.refused) == (drafts, [])
    assert status_of(draft_round, *drafts) == ["released"] * (len(drafts) + 1)
    assert steps(draft_round) == [("", "draft"), ("draft", "released")]
    assert EmailMessage.objects.filter(kind="inquiry").count() == len(drafts)


def test_release_round_in_parts_stays_a_draft_until_the_last(draft_round: Any) -> None:
    first, *others = draft_round.inquiries.order_by("id")
    result = _release_round(draft_round, inquiry_ids=[first.pk])
    assert result.released == [first]
    assert status_of(draft_round, *others) == ["draft"] * (1 + len(others))
    _release_round(draft_round)
    assert status_of(draft_round) == ["released"]


def test_release_round_one_refused_does_not_stop_the_others(draft_round: Any) -> None:
    bad, *good = draft_round.inquiries.order_by("id")
    status.block(therapist=bad.therapist, reason="ill", until=None, actor=None, at=AT)
    result = _release_round(draft_round)
    assert result.released == good
    ((inquiry, reason),) = result.refused
    assert (inquiry, bool(reason)) == (bad, True)
    assert status_of(draft_round, bad) == ["released", "cancelled"]


def test_release_round_with_nothing_left_is_discarded(draft_round: Any) -> None:
    for inquiry in draft_round.inquiries.all():
        status.block(therapist=inquiry.therapist, reason="ill", until=None, actor=None, at=AT)
    result = _release_round(draft_round)
    assert result.released == []
    assert status_of(draft_round) == [RoundStatus.DISCARDED]


def test_release_round_twice_does_nothing(draft_round: Any) -> None:
    _release_round(draft_round)
    again = _release_round(draft_round)
    assert (again.released, again.refused) == ([], [])


def test_release_round_without_drafts_is_discarded() -> None:
    round_ = RoundFactory()
    _release_round(round_)
    assert status_of(round_) == [RoundStatus.DISCARDED]


def test_nothing_leaves_without_a_release(draft_round: Any) -> None:
    assert draft_round.inquiries.count() == 3
    assert EmailMessage.objects.count() == 0
    assert PhoneCall.objects.count() == 0


def test_release_to_an_address_that_came_back_plans_a_call() -> None:
    inquiry = plan(SearchFactory())
    practice = inquiry.therapist.practices.get()
    addresses.mark_undeliverable(address=practice.email, reply="550 nobody", at=AT)
    _release(inquiry)
    assert letters_to(inquiry.therapist, "inquiry") == []
    assert (fresh(inquiry).channel, len(waiting_calls(inquiry))) == ("phone", 1)


def test_contact_days_after_the_release_moves_the_end_of_the_interval() -> None:
    """A call made on the fifth day: the seven days begin with the talk, not with the click."""
    inquiry = plan(SearchFactory())
    _release(inquiry)
    inquiries.mark_sent(inquiry=inquiry, at=AT + timedelta(days=5))
    window = fresh(inquiry).contact_window
    assert (window.lower, window.upper) == (AT, AT + timedelta(days=12))


def test_message_on_the_machine_counts_to_the_minute_though_the_inquiry_was_given_up() -> None:
    """On the seventh day by the calendar, two minutes before the interval is over."""
    therapist, called_at = by_phone(), AT + timedelta(days=1)
    inquiry = plan(therapist=therapist)
    _release(inquiry)
    reach(inquiry, CallOutcome.MESSAGE_LEFT, at=called_at)
    inquiries.end_unsent(inquiry=inquiry, actor=None, at=called_at, reason="given up")
    over_at = called_at + timedelta(days=7)
    second = plan(therapist=therapist, at=over_at - timedelta(minutes=2))
    with refused():
        _release(second, at=over_at - timedelta(minutes=2))
    assert fresh(second).status == "draft"
    assert _release(second, at=over_at).status == "released"


def test_letter_is_not_renewed_for_ever() -> None:
    """One renewal brings it in line with what is left; refused again, the therapist is called."""
    inquiry = plan()
    _release(inquiry)
    left = RequestFactory(inquiry=inquiry, status="planned")
    for expected in ("queued", "refused"):
        (letter,) = letters_to(inquiry.therapist, "inquiry")
        bring(letter, EmailStatus.SENDING)
        move(letter, to=EmailStatus.REFUSED, actor=None, at=AT, fields={"refusal": Refusal.OUTDATED})
        release.after_failed_email(inquiry=inquiry, actor=None, at=AT, today=TODAY, reason="not sent")
        assert fresh(letter).status == expected
    assert left.pk in fresh(letter).inquiry_contact.request_ids
    assert len(waiting_calls(inquiry)) == 1
