"""The last look: what the send layer itself refuses, for one message and for many at once."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from apps.communication import gates
from apps.communication.enums import (
    OVERRIDABLE,
    CallOutcome,
    CallPurpose,
    EmailStatus,
    LetterKind,
    Refusal,
)
from apps.communication.models import EmailMessage
from apps.communication.services import addresses, calls, queue
from apps.therapists.enums import PauseReason
from apps.therapists.models import Therapist
from apps.therapists.services import contact
from tests.communication.rows import call_at, queued
from tests.factories.therapists import TherapistFactory

pytestmark = pytest.mark.django_db

K = LetterKind
DAY = timedelta(days=1)


def letter_to(therapist: Therapist, at: datetime, kind: LetterKind = K.INQUIRY) -> EmailMessage:
    return queue.enqueue(
        letter=queue.Letter(kind=kind, subject="Anfrage", text="Guten Tag"),
        to_email="praxis@example.org",
        to_name=therapist.full_name,
        therapist=therapist,
        actor=None,
        at=at,
    )


def sent(email: EmailMessage, on: datetime, status: str = EmailStatus.SENT) -> EmailMessage:
    sent_at = on if status == EmailStatus.SENT else None
    EmailMessage.objects.filter(pk=email.pk).update(status=status, claimed_at=on, sent_at=sent_at)
    return email


def against(email: EmailMessage, at: datetime) -> set[str]:
    """Every reason of the gates of communication; those of matching know nothing of bare letters."""
    look = gates.Look.now(at)
    fresh = EmailMessage.objects.select_related("therapist").get(pk=email.pk)
    own = [entry for entry in gates._gates if entry[0].__module__ == gates.__name__]
    return {reason for check, kinds in own if fresh.kind in kinds for _pk, reason in check([fresh], look)}


@pytest.fixture
def therapist() -> Therapist:
    return TherapistFactory()


@pytest.fixture
def colleague(therapist: Therapist) -> Therapist:
    """Behind the same mailbox."""
    other = TherapistFactory(contact_group=therapist.contact_group)
    assert other.contact_group_id == therapist.contact_group_id
    return other


def test_nothing_stands_against_a_first_letter(therapist: Therapist, at: datetime) -> None:
    assert against(letter_to(therapist, at), at) == set()


@pytest.mark.parametrize("status", [EmailStatus.SENT, EmailStatus.UNCLEAR, EmailStatus.HANDING_OVER])
def test_interval_holds_for_everybody_behind_the_mailbox(
    therapist: Therapist, colleague: Therapist, at: datetime, status: str
) -> None:
    sent(letter_to(therapist, at), at - 7 * DAY + timedelta(seconds=1), status)
    assert against(letter_to(colleague, at), at) == {Refusal.CONTACT_INTERVAL}
    assert against(letter_to(colleague, at), at + timedelta(seconds=1)) == set()


@pytest.mark.parametrize("status", [EmailStatus.QUEUED, EmailStatus.REFUSED, EmailStatus.BOUNCED])
def test_interval_ignores_what_reached_nobody(therapist: Therapist, at: datetime, status: str) -> None:
    first = letter_to(therapist, at)
    values = {"refusal": "outdated"} if status == EmailStatus.REFUSED else {}
    EmailMessage.objects.filter(pk=first.pk).update(status=status, claimed_at=at - DAY, **values)
    assert against(letter_to(therapist, at), at) == set()


@pytest.mark.parametrize("kind", [K.WITHDRAWAL, K.REMINDER, K.ALTERNATIVES, K.IDENTITY, K.ANSWER])
def test_interval_ignores_letters_that_follow_from_an_inquiry(
    therapist: Therapist, at: datetime, kind: LetterKind
) -> None:
    sent(letter_to(therapist, at, kind), at - DAY)
    assert against(letter_to(therapist, at), at) == set()
    sent(letter_to(therapist, at), at - DAY)
    assert Refusal.CONTACT_INTERVAL not in against(letter_to(therapist, at, kind), at)


@pytest.mark.parametrize(
    ("outcome", "counts"),
    [(CallOutcome.REACHED, True), (CallOutcome.MESSAGE_LEFT, True), (CallOutcome.NOT_REACHED, False)],
)
def test_interval_counts_first_calls(
    therapist: Therapist, colleague: Therapist, at: datetime, outcome: CallOutcome, counts: bool
) -> None:
    call = call_at(at - 3 * DAY, therapist=therapist)
    calls.complete(call=call, outcome=outcome, note="", actor=None, at=at - 3 * DAY)
    assert (Refusal.CONTACT_INTERVAL in against(letter_to(colleague, at), at)) is counts


def test_interval_ignores_follow_up_calls(therapist: Therapist, at: datetime) -> None:
    call = call_at(at - 3 * DAY, therapist=therapist, purpose=CallPurpose.FOLLOW_UP)
    calls.complete(call=call, outcome=CallOutcome.REACHED, note="", actor=None, at=at - 3 * DAY)
    assert against(letter_to(therapist, at), at) == set()


def test_of_two_first_letters_on_their_way_the_older_goes(
    therapist: Therapist, colleague: Therapist, at: datetime
) -> None:
    older, newer = letter_to(therapist, at), letter_to(colleague, at)
    EmailMessage.objects.update(status=EmailStatus.SENDING, claimed_at=at)
    assert against(older, at) == set()
    assert against(newer, at) == {Refusal.CONTACT_INTERVAL}


def test_pause_of_a_colleague_counts(therapist: Therapist, colleague: Therapist, at: datetime) -> None:
    today = at.date()
    contact.pause(
        therapist=colleague, starts_on=today, until=today + 3 * DAY, reason=PauseReason.HOLIDAY, at=at
    )
    assert against(letter_to(therapist, at), at) == {Refusal.CONTACT_PAUSE}
    assert against(letter_to(therapist, at, K.REMINDER), at) == {Refusal.CONTACT_PAUSE}
    assert against(letter_to(therapist, at, K.WITHDRAWAL), at) == set()
    assert against(letter_to(therapist, at), at + 4 * DAY) == set()


@pytest.mark.parametrize("kind", gates.TO_THERAPISTS)
def test_objection_stops_every_letter(therapist: Therapist, at: datetime, kind: LetterKind) -> None:
    Therapist.objects.filter(pk=therapist.pk).update(do_not_contact_since=at.date())
    assert Refusal.OBJECTED in against(letter_to(therapist, at, kind), at)


@pytest.mark.parametrize("kind", list(gates.TO_THERAPISTS))
def test_address_that_came_back_stops_every_letter(
    therapist: Therapist, at: datetime, kind: LetterKind
) -> None:
    addresses.mark_undeliverable(address="PRAXIS@example.org", reply="550", at=at)
    assert Refusal.BOUNCED in against(letter_to(therapist, at, kind), at)


@pytest.mark.parametrize("kind", list(gates.TO_PATIENTS))
def test_patient_without_consent_gets_no_letter(at: datetime, kind: LetterKind) -> None:
    email = queued()
    EmailMessage.objects.filter(pk=email.pk).update(kind=kind)
    assert against(email, at) == set()
    email.patient.consents.all().delete()  # type: ignore[union-attr]
    assert against(email, at) == {Refusal.NO_CONSENT}


def test_every_kind_of_letter_is_looked_at() -> None:
    """A new kind that no gate knows would go out unseen; the test letter goes to ourselves."""
    known = frozenset(kind for _check, kinds in gates._gates for kind in kinds)
    assert known == set(LetterKind) - {K.TEST}


@pytest.mark.parametrize("rule", OVERRIDABLE)
def test_rule_set_aside_counts_for_this_message_alone(
    therapist: Therapist, at: datetime, monkeypatch: pytest.MonkeyPatch, rule: Refusal
) -> None:
    first, second = letter_to(therapist, at), letter_to(therapist, at)
    first.overridden = [rule]
    every = (lambda emails, look: [(email.pk, rule) for email in emails], frozenset(LetterKind))
    monkeypatch.setattr(gates, "_gates", [every])
    assert gates.refusals([first, second], at) == {second.pk: rule}


@pytest.mark.parametrize("rule", sorted(set(Refusal) - set(OVERRIDABLE)))
def test_consents_objections_and_releases_are_never_set_aside(
    therapist: Therapist, at: datetime, monkeypatch: pytest.MonkeyPatch, rule: Refusal
) -> None:
    email = letter_to(therapist, at)
    email.overridden = [rule]
    monkeypatch.setattr(gates, "_gates", [(lambda emails, look: [(email.pk, rule)], frozenset(LetterKind))])
    assert gates.refusals([email], at) == {email.pk: rule}


def test_look_at_many_needs_as_many_queries_as_at_one(at: datetime, django_assert_num_queries: Any) -> None:
    emails = [letter_to(TherapistFactory(), at) for _number in range(6)]

    def fresh(count: int) -> list[EmailMessage]:
        rows = EmailMessage.objects.select_related("therapist").filter(
            pk__in=[row.pk for row in emails[:count]]
        )
        return list(rows.prefetch_related("therapist__workplaces__practice"))

    for count in (1, 6):
        rows = fresh(count)
        with django_assert_num_queries(7):
            gates.refusals(rows, at)
