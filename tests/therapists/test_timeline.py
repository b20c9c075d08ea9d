from datetime import datetime, timedelta

import pytest

from apps.accounts.models import User
from apps.therapists import timeline
from apps.therapists.models import Therapist
from apps.therapists.services import contact, records, status
from tests.factories.therapists import ContactPauseFactory, TherapistFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def therapist(at: datetime, coordinator: User) -> Therapist:
    practice = {"name": "Praxis", "plz": "04109", "city": "Leipzig"}
    return records.create(
        data={"last_name": "Linde"}, practices=[practice], approvals=[], actor=coordinator, at=at
    )


def test_timeline_tells_the_story_newest_first(therapist: Therapist, at: datetime, coordinator: User) -> None:
    hour = timedelta(hours=1)
    status.verify(therapist=therapist, actor=coordinator, at=at + hour)
    status.block(therapist=therapist, reason="moving", until=None, actor=coordinator, at=at + 2 * hour)
    status.object_to_contact(therapist=therapist, on=at.date(), actor=None, at=at + 3 * hour, reason="phone")
    entries = timeline.entries(therapist)
    assert [(entry["icon"], entry["reason"], entry["actor"]) for entry in entries] == [
        ("x", "phone", ""),
        ("lock", "moving", "Coordinator"),
        ("check", "", "Coordinator"),
        ("therapists", "", "Coordinator"),
    ]


def test_timeline_shows_a_lifted_pause(therapist: Therapist, at: datetime) -> None:
    pause = ContactPauseFactory(therapist=therapist, note="back early")
    assert len(timeline.entries(therapist)) == 1
    contact.lift_pause(pause=pause, at=at + timedelta(days=1))
    newest = timeline.entries(therapist)[0]
    assert (newest["icon"], newest["reason"]) == ("play", "back early")


def test_timeline_names_changed_fields_without_values(
    therapist: Therapist, at: datetime, coordinator: User
) -> None:
    records.update(therapist=therapist, changes={"internal_note": "secret"}, actor=coordinator, at=at)
    entry = next(entry for entry in timeline.entries(therapist) if entry["icon"] == "edit")
    assert str(Therapist._meta.get_field("internal_note").verbose_name) in entry["text"]
    assert "secret" not in entry["text"]
    assert entry["actor"] == "Coordinator"


def test_timeline_needs_the_same_queries_however_long(at: datetime, django_assert_num_queries) -> None:
    therapist = TherapistFactory()
    for number in range(3):
        ContactPauseFactory(therapist=therapist)
        records.update(therapist=therapist, changes={"title": f"{number}"}, actor=None, at=at)
    with django_assert_num_queries(3):
        timeline.entries(therapist)
