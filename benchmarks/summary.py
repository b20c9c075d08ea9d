"""The figures as a file and as a table a person can read."""

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
OF_FULL_SIZE = "matching.full.seconds"  # where this was measured, the goals apply
ANY_SIZE = ("matching.small.", "mail.", "import.")  # their goals do not depend on the size of the world

# name of a ratio or figure → what it must be, as agreed before anything was measured
GOALS: dict[str, tuple[str, float]] = {
    "matching.full.times_faster_than_sql": ("≥", 16),
    "matching.full.times_faster_than_orm_bbox": ("≥", 120),
    "matching.full.match_over_floor": ("≤", 12),
    "matching.full.peak_rss_mb": ("≤", 300),
    "matching.small.over_sql": ("≤", 2.5),
    "matching.interactive.p95_times_better_than_sql": ("≥", 3),
    "matching.interactive.what_if.p95_ms": ("≤", 50),
    "matching.page.p95_ms": ("≤", 100),
    "matching.incremental.share_of_full": ("≤", 0.01),
    "mail.tls_delay.times_faster_than_send_mail": ("≥", 4),
    "mail.tls_delay.times_faster_than_post_office": ("≥", 1.5),
    "mail.plain.times_faster_than_django_mailer": ("≥", 3),
    "import.times_faster_than_per_row": ("≥", 50),
    "import.times_faster_than_bulk_create": ("≥", 5),
    "import.again_over_first": ("≤", 1),
    **{f"api.{name}.p95_ms": ("≤", 60) for name in ("therapists", "practices", "patients", "searches")},
    **{f"api.{name}.p95_ms": ("≤", 60) for name in ("requests", "inquiries", "emails", "calls", "runs")},
}


def write(figures: dict[str, float], *, is_whole: bool) -> str:
    """Write summary.json and summary.txt (partial.* for a part of the benchmarks); return the table."""
    RESULTS.mkdir(exist_ok=True)
    name = "summary" if is_whole else "partial"
    rounded = {key: float(f"{value:.5g}") for key, value in sorted(figures.items())}
    (RESULTS / f"{name}.json").write_text(json.dumps(rounded, indent=1) + "\n", encoding="utf-8")
    text = table(rounded)
    (RESULTS / f"{name}.txt").write_text(text, encoding="utf-8")
    return text


def table(figures: dict[str, float]) -> str:
    """One line per figure, in groups, with the goal and whether it was met."""
    lines = [heading(), ""]
    group = ""
    for name, value in sorted(figures.items(), key=lambda item: item[0].rpartition(".")[::2]):
        if (found := name.rpartition(".")[0]) != group:
            lines += ["", found]
            group = found
        is_comparable = OF_FULL_SIZE in figures or name.startswith(ANY_SIZE)
        verdict = _verdict(name, value) if is_comparable else ""
        lines.append(f"  {name.rpartition('.')[2]:42}{shown(value):>14}{verdict}")
    return "\n".join(lines).rstrip() + "\n"


def heading() -> str:
    """When and on what kind of machine; medians of rounds in which all rivals took turns."""
    now = datetime.now(UTC)
    machine = f"{os.cpu_count()} processors, {platform.machine()}"
    return f"{now:%Y-%m-%d}, {machine}, Python {platform.python_version()}"


def shown(value: float) -> str:
    if value == int(value) and abs(value) < 1e12:
        return f"{int(value):,}"
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:.3g}"


def _verdict(name: str, value: float) -> str:
    if name not in GOALS:
        return ""
    sign, goal = GOALS[name]
    is_met = value >= goal if sign == "≥" else value <= goal
    return f"   goal {sign} {goal:g}: {'met' if is_met else 'NOT MET'}"
