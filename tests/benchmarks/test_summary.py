import json
from pathlib import Path

import pytest

from benchmarks import summary


@pytest.mark.parametrize(
    ("value", "text"), [(3.0, "3"), (11_586_008.0, "11,586,008"), (0.01234, "0.0123"), (289.25, "289.2")]
)
def test_shown(value: float, text: str) -> None:
    assert summary.shown(value) == text


def test_table_tells_goals_met_and_missed() -> None:
    figures = {
        "matching.full.match_over_floor": 8.0,
        "matching.full.peak_rss_mb": 301.5,
        "matching.full.seconds": 0.5,
    }
    assert summary.table(figures).splitlines()[-4:] == [
        "matching.full",
        f"  {'match_over_floor':42}{'8':>14}   goal ≤ 12: met",
        f"  {'peak_rss_mb':42}{'301.5':>14}   goal ≤ 300: NOT MET",
        f"  {'seconds':42}{'0.5':>14}",
    ]


def test_table_of_another_size_without_goals() -> None:
    assert "goal" not in summary.table({"matching.page.p95_ms": 8.0, "matching.mid.seconds": 0.1})


def test_write_part_leaves_the_summary_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(summary, "RESULTS", tmp_path)
    summary.write({"b.c": 2.0, "a.seconds": 1.23456789}, is_whole=False)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["partial.json", "partial.txt"]
    assert json.loads((tmp_path / "partial.json").read_text()) == {"a.seconds": 1.2346, "b.c": 2.0}
