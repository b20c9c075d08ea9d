from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.core.errors import StaleState
from apps.events.models import DomainEvent
from apps.therapists.models import ContactPause, Therapist
from apps.therapists.services import contact
from tests.factories.therapists import ContactPauseFactory, TherapistFactory

pytestmark = pytest.mark.django_db


def told() -> list[tuple[str, str, Any]]:
    return [(event.type, event.subject_id, event.payload) for event in DomainEvent.objects.order_by("id")]


def pause(at: datetime, **values: Any) -> ContactPause:
    day = date(2026, 11, 23)
    given = {"starts_on": day, "until": day, "reason": "holiday", "note": " ill "}
    return contact.pause(**({"therapist": TherapistFactory()} | given | values), at=at)


def test_pause_is_a_row_and_an_event(at: datetime) -> None:
    row = pause(at)
    fresh = ContactPause.objects.get()
    assert fresh == row
    assert (fresh.starts_on, fresh.until) == (date(2026, 11, 23), date(2026, 11, 23))
    assert (fresh.reason, fresh.note, fresh.lifted_at) == ("holiday", "ill", None)
    assert told() == [("therapist.paused", str(row.therapist_id), {})]


@pytest.mark.parametrize(
    ("values", "field"), [({"until": date(2026, 11, 22)}, "until"), ({"reason": "mood"}, "reason")]
)
def test_pause_refuses_what_is_wrong(at: datetime, values: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as error:
        pause(at, **values)
    assert field in error.value.error_dict
    assert not ContactPause.objects.exists()


def test_lift_pause_keeps_the_row(at: datetime) -> None:
    row = ContactPauseFactory()
    contact.lift_pause(pause=row, at=at)
    assert ContactPause.objects.get().lifted_at == row.lifted_at == at
    assert told() == [("therapist.changed", str(row.therapist_id), {"changed": ["pauses"]})]


def test_lift_pause_twice_is_refused(at: datetime) -> None:
    row = ContactPauseFactory()
    contact.lift_pause(pause=row, at=at)
    with pytest.raises(StaleState):
        contact.lift_pause(pause=row, at=at + timedelta(hours=1))
    assert ContactPause.objects.get().lifted_at == at


@pytest.mark.parametrize(
    ("note", "field"),
    [
        (contact.note_email, "last_email_at"),
        (contact.note_call, "last_call_at"),
        (contact.note_talk, "last_talk_at"),
    ],
)
def test_note_only_moves_forward(at: datetime, note: Callable[..., None], field: str) -> None:
    therapist = TherapistFactory()
    before = therapist.updated_at
    note(therapist=therapist, at=at)
    note(therapist=therapist, at=at - timedelta(days=1))
    fresh = Therapist.objects.get()
    assert getattr(fresh, field) == getattr(therapist, field) == at
    assert fresh.updated_at == before
    note(therapist=therapist, at=at + timedelta(days=1))
    assert getattr(therapist, field) == at + timedelta(days=1)
