from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from apps.core.doctor import Level
from apps.matching import doctor
from apps.matching.engine import compiled
from apps.matching.models import MatchRun


@pytest.fixture(autouse=True)
def english() -> Any:
    with translation.override("en"):
        yield


def test_engine_of_another_version_is_a_warning(
    tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled.config, "CACHE_DIR", str(tmp_path / "new"))
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "kernel.select_best-1.py311.nbi").touch()
    assert [finding.level for finding in doctor.look_at_engine(at)] == [Level.WARNING]
    (tmp_path / "old").rename(tmp_path / "new")
    assert [finding.level for finding in doctor.look_at_engine(at)] == [Level.OK]


@pytest.mark.django_db
def test_night_run_that_did_not_come_is_an_error(at: datetime) -> None:
    def seen(hours: float) -> list[tuple[Level, str]]:
        found = doctor.look_at_timetable(at + timedelta(hours=hours))
        return [(finding.level, finding.text) for finding in found]

    assert seen(0) == [(Level.OK, "The first night run is still to come.")]
    MatchRun.objects.create(day=at.date(), shard_count=1, started_at=at)
    assert seen(2) == [(Level.OK, "The night run was called.")]
    assert seen(2.1) == [(Level.WARNING, "The last night run has not ended.")]
    MatchRun.objects.update(finished_at=at, result_hash="x")
    assert seen(25) == [(Level.OK, "The night run was called.")]
    text = "No night run since 23.11.2026: nothing calls for the work of the timetable."
    assert seen(25.1) == [(Level.ERROR, text)]
