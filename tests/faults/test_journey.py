"""The judge of the journeys sees what is lost, strange or out of order; time passes for dead workers only."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from apps.events.envelope import envelope
from apps.events.models import DomainEvent
from apps.events.services import publish
from apps.gateway.enums import Scope
from apps.gateway.models import WebhookDelivery, WebhookSubscription
from apps.gateway.services import claiming, clients, webhooks
from faults import journey_check, journey_hooks, journey_steps
from faults.outcome import Outcome
from tests.factories.matching import RoundFactory

pytestmark = pytest.mark.django_db

Told = list[dict[str, Any]]


@pytest.fixture
def told(at: datetime) -> Told:
    """A whole round, and a patient of whom two things were told."""
    round_ = RoundFactory()
    with transaction.atomic():
        publish(type="round.draft", subject_id=round_.pk, at=at, payload={"from": "", "to": "draft"})
        payload = {"from": "draft", "to": "released"}
        publish(type="round.released", subject_id=round_.pk, at=at, payload=payload)
        publish(type="patient.created", subject_id="1", at=at)
        publish(type="patient.moved", subject_id="1", at=at, payload={"changed": ["plz"]})
    return [envelope(event) for event in DomainEvent.objects.order_by("pk")]


def judged(told: Told) -> Outcome:
    outcome = Outcome("F22", 1)
    journey_check.judge(outcome, "here", told)
    return outcome


def test_judge_is_content_with_everything_in_order(told: Told) -> None:
    assert judged(told).is_ok


def test_judge_counts_what_was_lost_and_doubled(told: Told) -> None:
    outcome = judged([told[0], told[1], told[2], told[2]])
    assert (outcome.lost, outcome.double) == (1, 1)


def test_judge_sees_an_event_nobody_published(told: Told) -> None:
    stranger = told[2] | {"event_id": "00000000-0000-0000-0000-000000000000", "subject_id": "7"}
    assert judged([*told, stranger]).broken == ["here: an event nobody published"]


def test_judge_sees_two_events_of_a_subject_in_the_wrong_order(told: Told) -> None:
    outcome = judged([told[0], told[1], told[3], told[2]])
    assert outcome.broken == ["here: order of a subject broken"]


def test_judge_lets_events_of_different_subjects_overtake(told: Told) -> None:
    assert judged([told[2], told[0], told[3], told[1]]).is_ok


def test_judge_names_the_row_whose_step_was_not_told(told: Told) -> None:
    pk = told[0]["subject_id"]
    assert judged(told[1:]).broken == [f"here: steps missing or out of order: round {pk}"]


def test_receiver_keeps_the_first_appearance_of_each(told: Told) -> None:
    assert journey_check.first_appearances([*told[:2], told[0], told[1], told[2]]) == told[:3]


def test_every_story_is_told_by_its_steps() -> None:
    assert journey_check.OF_SEARCH.keys() == set(journey_steps.STORIES)


@pytest.fixture
def webhook(settings: Any) -> WebhookSubscription:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    client = clients.create(name="Website", scopes=[Scope.WEBHOOKS_WRITE])
    return webhooks.create(client=client, url="http://127.0.0.1:20000/hook", event_types=["*"])


def test_time_passes_for_dead_workers_and_not_for_the_living(webhook: WebhookSubscription) -> None:
    now = timezone.now()
    with transaction.atomic():
        for number in range(3):
            publish(type="patient.created", subject_id=str(number), at=now)
    dead, living, pausing = WebhookDelivery.objects.order_by("pk")
    worker_since = now - timedelta(seconds=10)
    rows = WebhookDelivery.objects.all()
    lease_of_the_living = worker_since + claiming.LEASE
    rows.filter(pk=dead.pk).update(claimed_until=lease_of_the_living - timedelta(seconds=1))
    rows.filter(pk=living.pk).update(claimed_until=lease_of_the_living)
    rows.filter(pk=pausing.pk).update(next_attempt_at=now + timedelta(hours=1))
    WebhookSubscription.objects.update(rests_until=now + timedelta(hours=1))
    journey_hooks.let_time_pass(worker_since)
    for row in (dead, living, pausing, webhook):
        row.refresh_from_db()
    assert (dead.claimed_until, living.claimed_until) == (None, lease_of_the_living)
    assert pausing.next_attempt_at <= timezone.now()
    assert webhook.rests_until is None
