from datetime import timedelta

import pytest

from apps.core.doctor import Level
from apps.scraping import doctor
from apps.scraping.enums import RunStatus
from apps.scraping.models import ImportRun
from tests.factories.scraping import AT, end, running

pytestmark = pytest.mark.django_db


def seen(minutes: int) -> list[tuple[Level, str]]:
    return [(finding.level, finding.text) for finding in doctor.look(AT + timedelta(minutes=minutes))]


def test_run_that_nobody_takes_up_is_a_warning_until_it_ends() -> None:
    run = running()
    assert seen(10) == [(Level.OK, "There are none.")]
    assert seen(11) == [(Level.WARNING, "1 run has lost its worker and nobody takes it up.")]
    end(run)
    assert seen(11) == [(Level.OK, "There are none.")]


def test_waiting_run_waits_since_it_was_queued() -> None:
    assert doctor.queued_since(AT) is None
    run = running(status=RunStatus.QUEUED)
    ImportRun.objects.filter(pk=run.pk).update(updated_at=AT)
    assert doctor.queued_since(AT) == AT
