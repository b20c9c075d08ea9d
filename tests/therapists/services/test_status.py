from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.accounts.models import User
from apps.core.errors import StaleState
from apps.events.models import DomainEvent
from apps.therapists.models import Therapist
from apps.therapists.services import status
from tests.factories.therapists import TherapistFactory

pytestmark = pytest.mark.django_db

BLOCKED = {"status": "blocked", "blocked_reason": "moving", "blocked_since": date(2026, 11, 2)}


def told() -> list[tuple[str, Any]]:
    return [(event.type, event.payload) for event in DomainEvent.objects.order_by("id")]


def story(therapist: Therapist) -> list[tuple[str, str, str]]:
    return [(row.old, row.new, row.reason) for row in therapist.history.all()]


def test_block_keeps_reason_and_days(at: datetime, today: date, coordinator: User) -> None:
    therapist = TherapistFactory()
    until = today + timedelta(days=10)
    status.block(therapist=therapist, reason=" moving ", until=until, actor=coordinator, at=at)
    fresh = Therapist.objects.get()
    assert (fresh.status, fresh.blocked_reason) == ("blocked", "moving")
    assert (fresh.blocked_since, fresh.blocked_until) == (today, until)
    assert therapist.status == "blocked"
    assert story(therapist) == [("active", "blocked", "moving")]
    assert therapist.history.get().actor == coordinator
    assert told() == [("therapist.blocked", {"from": "active", "to": "blocked"})]


@pytest.mark.parametrize("reason", ["", "  "])
def test_block_needs_a_reason(at: datetime, reason: str) -> None:
    therapist = TherapistFactory()
    with pytest.raises(ValidationError) as error:
        status.block(therapist=therapist, reason=reason, until=None, actor=None, at=at)
    assert list(error.value.error_dict) == ["reason"]
    assert Therapist.objects.get().status == "active"


def test_block_refuses_a_day_that_has_passed(at: datetime, today: date) -> None:
    therapist = TherapistFactory()
    with pytest.raises(ValidationError) as error:
        status.block(therapist=therapist, reason="x", until=today - timedelta(days=1), actor=None, at=at)
    assert list(error.value.error_dict) == ["until"]


def test_block_until_today_is_possible(at: datetime, today: date) -> None:
    therapist = TherapistFactory()
    status.block(therapist=therapist, reason="x", until=today, actor=None, at=at)
    assert therapist.blocked_until == today


def test_unblock_clears_the_block(at: datetime) -> None:
    therapist = TherapistFactory(**BLOCKED)
    status.unblock(therapist=therapist, actor=None, at=at)
    fresh = Therapist.objects.get()
    assert (fresh.status, fresh.blocked_reason) == ("active", "")
    assert (fresh.blocked_since, fresh.blocked_until) == (None, None)
    assert told() == [("therapist.active", {"from": "blocked", "to": "active"})]


@pytest.mark.parametrize("values", [{}, BLOCKED])
def test_deactivate_ends_a_block_too(at: datetime, values: dict[str, Any]) -> None:
    therapist = TherapistFactory(**values)
    status.deactivate(therapist=therapist, actor=None, at=at, reason="retired")
    fresh = Therapist.objects.get()
    assert (fresh.status, fresh.blocked_reason, fresh.blocked_since) == ("inactive", "", None)
    assert story(therapist)[0][1:] == ("inactive", "retired")


def test_reactivate_makes_active(at: datetime) -> None:
    therapist = TherapistFactory(status="inactive")
    status.reactivate(therapist=therapist, actor=None, at=at)
    assert Therapist.objects.get().status == "active"


@pytest.mark.parametrize(
    ("act", "values"),
    [
        (status.unblock, {}),
        (status.unblock, {"status": "inactive"}),
        (status.reactivate, {}),
        (status.reactivate, BLOCKED),
        (status.deactivate, {"status": "inactive"}),
        (status.verify, {"review_status": "verified"}),
        (status.unverify, {"review_status": "unreviewed"}),
    ],
)
def test_old_click_is_refused(at: datetime, act: Callable[..., Any], values: dict[str, Any]) -> None:
    therapist = TherapistFactory(**values)
    with pytest.raises(StaleState):
        act(therapist=therapist, actor=None, at=at)
    assert story(therapist) == []
    assert told() == []


@pytest.mark.parametrize("values", [BLOCKED, {"status": "inactive"}])
def test_block_from_another_state_is_refused(at: datetime, values: dict[str, Any]) -> None:
    therapist = TherapistFactory(**values)
    with pytest.raises(StaleState):
        status.block(therapist=therapist, reason="x", until=None, actor=None, at=at)


def test_old_instance_does_not_undo_what_somebody_else_did(at: datetime) -> None:
    therapist = TherapistFactory(**BLOCKED)
    old_instance = Therapist.objects.get()
    status.unblock(therapist=therapist, actor=None, at=at)
    with pytest.raises(StaleState):
        status.unblock(therapist=old_instance, actor=None, at=at)


def test_unblock_due_takes_only_blocks_that_are_over(at: datetime, today: date) -> None:
    over = TherapistFactory(**BLOCKED, blocked_until=today - timedelta(days=1))
    last_day = TherapistFactory(**BLOCKED, blocked_until=today)
    endless = TherapistFactory(**BLOCKED)
    assert status.unblock_due(today=today, at=at) == 1
    states = dict(Therapist.objects.values_list("pk", "status"))
    assert states == {over.pk: "active", last_day.pk: "blocked", endless.pk: "blocked"}
    assert over.history.get().actor is None
    assert status.unblock_due(today=today, at=at) == 0


def test_verify_lets_a_therapist_be_contacted(at: datetime, coordinator: User) -> None:
    therapist = TherapistFactory(review_status="unreviewed", reviewed_at=None)
    status.verify(therapist=therapist, actor=coordinator, at=at)
    fresh = Therapist.objects.get()
    assert (fresh.review_status, fresh.reviewed_at) == ("verified", at)
    assert (therapist.review_status, therapist.reviewed_at) == ("verified", at)
    assert story(therapist) == [("unreviewed", "verified", "")]
    assert told() == [("therapist.verified", {"from": "unreviewed", "to": "verified"})]


def test_unverify_takes_the_review_back(at: datetime) -> None:
    therapist = TherapistFactory()
    status.unverify(therapist=therapist, actor=None, at=at, reason="wrong person")
    fresh = Therapist.objects.get()
    assert (fresh.review_status, fresh.reviewed_at) == ("unreviewed", None)
    assert story(therapist) == [("verified", "unreviewed", "wrong person")]
    assert told() == [("therapist.changed", {"changed": ["review_status"]})]


@pytest.mark.parametrize("values", [{}, BLOCKED, {"status": "inactive"}, {"review_status": "unreviewed"}])
def test_objection_is_recorded_in_every_state(at: datetime, today: date, values: dict[str, Any]) -> None:
    therapist = TherapistFactory(**values)
    status.object_to_contact(therapist=therapist, on=today, actor=None, at=at, reason="by e-mail")
    assert Therapist.objects.get().do_not_contact_since == today
    assert therapist.do_not_contact_since == today
    assert story(therapist) == [(therapist.status, "objected", "by e-mail")]
    assert told() == [("therapist.objected", {})]


def test_objection_twice_keeps_the_first_day(at: datetime, today: date) -> None:
    therapist = TherapistFactory(do_not_contact_since=today - timedelta(days=5))
    status.object_to_contact(therapist=therapist, on=today, actor=None, at=at, reason="again")
    assert Therapist.objects.get().do_not_contact_since == today - timedelta(days=5)
    assert therapist.do_not_contact_since == today - timedelta(days=5)
    assert (story(therapist), told()) == ([], [])
