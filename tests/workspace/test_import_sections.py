from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.utils import translation

from apps.accounts.models import User
from apps.core.parameters import current
from apps.scraping.services import runs, upkeep
from apps.workspace import import_sections
from apps.workspace.worklist import Moment, Section
from tests.factories.import_world import imported
from tests.factories.scraping import running, source

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def moment(at: datetime) -> Moment:
    return Moment(at=at, today=at.date(), parameters=current(at=at))


def texts(section: Section) -> list[tuple[str, str, int]]:
    return [(str(task.text), task.url, task.days) for task in section.tasks]


def test_import_runs_shows_trouble_until_somebody_has_taken_note(
    at: datetime, moment: Moment, coordinator: User
) -> None:
    two_days_ago = at - timedelta(days=2)
    failed = runs.fail(run=running(), message="broken", at=two_days_ago)
    other = running(source=source(key="kv", name="KV"), is_unusual=True)
    unusual = runs.end_cancelled(run=other, at=at)
    assert texts(import_sections.import_runs(moment)) == [
        ("Register: failed", failed.get_absolute_url(), 2),
        ("KV: unusual volume", unusual.get_absolute_url(), 0),
    ]
    upkeep.take_note(run=failed, actor=coordinator)
    assert [text for text, _url, _days in texts(import_sections.import_runs(moment))] == [
        "KV: unusual volume"
    ]


def test_import_reviews_counts_what_waits_by_source(at: datetime, moment: Moment) -> None:
    world = imported(at=at - timedelta(days=4))
    pk = world.run.source_id
    assert texts(import_sections.import_reviews(moment)) == [
        ("Register: 1 record to review", f"/quellen/review/?source={pk}", 4),
        ("Register: 1 proposed change", f"/quellen/changes/?source={pk}", 4),
    ]


def test_import_sections_are_silent_where_nothing_waits(moment: Moment) -> None:
    assert import_sections.import_runs(moment).tasks == []
    assert import_sections.import_reviews(moment).tasks == []
