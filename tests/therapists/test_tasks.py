from datetime import date, timedelta

import pytest
from celery import current_app

from apps.therapists.models import Therapist
from apps.therapists.tasks import unblock_due
from config.schedule import BEAT_SCHEDULE
from tests.factories.therapists import TherapistFactory


@pytest.mark.django_db
def test_unblock_due_ends_blocks_and_ignores_unknown_arguments() -> None:
    yesterday = date.today() - timedelta(days=2)
    TherapistFactory(status="blocked", blocked_reason="x", blocked_since=yesterday, blocked_until=yesterday)
    unblock_due(added_in_a_later_version=1)
    assert Therapist.objects.get().status == "active"


def test_unblock_due_is_in_the_timetable_under_its_name() -> None:
    assert unblock_due.name == "therapists.unblock_due"
    assert unblock_due.name in {entry["task"] for entry in BEAT_SCHEDULE.values()}
    assert unblock_due.name in current_app.tasks
