"""The SQL rival's own tables, in the schema `rival`: everything a query can use, ready to be compared.

Built from the product's tables by SQL (folder sql/) without the engine; only the expected acceptance is the
engine's answer. Building is preparation and is never timed.

Hours are multiranges over the minutes of the week, with a gap between days so that days never join. `starts`
holds every minute at which a common stretch of the least length could begin: two schedules share such a
stretch exactly where their `starts` overlap. `minutes` has one bit per minute of the week, for the sum.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from django.db import connection

from apps.core import icd
from apps.core.enums import Language
from apps.matching.engine.matching import evaluate
from apps.matching.engine.travel import MINUTES_PER_KM, OVERHEAD_MINUTES, TRAVEL_MODES
from apps.matching.selectors.world import World
from apps.patients.models import Patient
from apps.therapists.models import Therapist

SQL = Path(__file__).parent / "sql"
METHODS = ("VT", "TP", "AP", "ST")
GROUP_WISHES = ("no", "also", "only")
PLAIN = (SQL / "plain.sql").read_text()
TUNED = (SQL / "tuned.sql").read_text()


def build(world: World, *, email_policy: str) -> None:
    """Build the rival's tables for the day and parameters of this world."""
    parameters, today = world.parameters, world.today
    figures = {
        "today": today,
        "shortest": parameters.least_common_minutes,
        "default_km": parameters.default_max_distance_km,
        "email_policy": email_policy,
        "languages": sorted(Language.values, key=lambda code: code != "de"),
    }
    for name in ("functions", "therapists", "searches"):
        _run(name, figures)
    _update("search", {"approvals": "int"}, _approvals())
    _update("search", {"diagnosis": "int4range"}, _diagnoses())
    _update("search", {"overhead": "float8", "per_km": "float8"}, _travel())
    _update("therapist", {"wishes": "int4multirange"}, _wishes())
    for wish, chances in acceptance(world).items():
        _update("therapist", {f"acceptance_{wish}": "float8"}, chances.items())
    low, high = _window()
    _run("finish", {"low": low, "width": high - low})


def query_values(world: World, top: int) -> dict[str, Any]:
    """The values of sql/plain.sql and sql/tuned.sql."""
    parameters = world.parameters
    return {
        "today": world.today,
        "contacted_before": world.today - timedelta(days=parameters.contact_interval_days),
        "acceptance": parameters.weight_acceptance,
        "distance": parameters.weight_distance,
        "hours": parameters.weight_hours,
        "email": parameters.weight_email,
        "shortest": parameters.least_common_minutes,
        "top": top,
    }


def _run(name: str, values: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute((SQL / f"{name}.sql").read_text(), values)


def _update(table: str, columns: dict[str, str], rows: Iterable[Sequence[Any]]) -> None:
    """Set columns (name: type) of rival.<table> from rows of (id, value, …)."""
    names = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    setting = ", ".join(f"{name} = part.{name}" for name in columns)
    complete = list(rows)  # they may come from queries of their own, which cannot run during COPY
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE part (id int, {names})")
        with cursor.copy("COPY part FROM STDIN") as copy:
            for row in complete:
                copy.write_row(row)
        cursor.execute(f"UPDATE rival.{table} SET {setting} FROM part WHERE part.id = {table}.id")  # noqa: S608
        cursor.execute("DROP TABLE part")


def _searches(*columns: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)} FROM rival.search ORDER BY id")  # noqa: S608
        return cursor.fetchall()


def _approvals() -> Iterable[tuple[int, int]]:
    for number, age, methods, group_wish in _searches("id", "age", "methods", "group_wish"):
        yield number, approval_mask(age, methods, group_wish)


def approval_mask(age: int | None, methods: Sequence[str], group_wish: str) -> int:
    """The approvals of which a therapist needs one: bit = method + 4 if for minors + 8 if for groups."""
    if age is None:
        return 0
    age_groups = [group for group, fits in enumerate((age >= 18, age < 21)) if fits]
    settings = [setting for setting, fits in enumerate((group_wish != "only", group_wish != "no")) if fits]
    wished = [METHODS.index(method) for method in methods or METHODS]
    return sum(1 << m + 4 * a + 8 * s for m in wished for a in age_groups for s in settings)


def _diagnoses() -> Iterable[tuple[int, str | None]]:
    diagnosis = dict(Patient.objects.values_list("pk", "diagnosis"))
    for number, patient in _searches("id", "patient_id"):
        code = icd.normalise(diagnosis[patient] or "")
        yield number, _range(code) if code else None


def _wishes() -> Iterable[tuple[int, str]]:
    """A wish that nobody can read stays a wish, one that nothing meets."""
    for number, wishes in Therapist.objects.values_list("pk", "wished_diagnoses"):
        if any(wish.strip() for wish in wishes):
            codes = [code for wish in wishes if (code := icd.normalise(wish))]
            yield number, "{" + ",".join(_range(code) for code in codes) + "}"


def _range(code: str) -> str:
    return "[{},{}]".format(*icd.code_range(code))


def _travel() -> Iterable[tuple[int, float, float]]:
    for number, mode in _searches("id", "travel_mode"):
        place = TRAVEL_MODES.index(mode)
        yield number, float(OVERHEAD_MINUTES[place]), float(MINUTES_PER_KM[place])


def acceptance(world: World) -> dict[str, dict[int, float]]:
    """Ask the engine about one search of each group wish (the chance depends on nothing else of a search).

    Return for each wish that occurs: therapist id → expected acceptance.
    """
    searches, therapists = world.search_columns, world.therapist_columns
    chances = {}
    for code, wish in enumerate(GROUP_WISHES):
        places = np.flatnonzero(searches.group_wish == code)
        if places.size:
            judged = evaluate(searches, int(places[0]), therapists, world.parameters, world.today)
            chances[wish] = dict(zip(therapists.id.tolist(), judged.parts.acceptance.tolist(), strict=True))
    return chances


def _window() -> tuple[int, int]:
    """The minutes of the day in which anybody is ever there: bits outside would be zeros."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(min(mod(lower(piece), 1500)), 0),"
            " coalesce(max(mod(upper(piece) - 1, 1500)) + 1, 1)"
            " FROM (SELECT hours FROM rival.therapist UNION ALL SELECT hours FROM rival.search) AS week,"
            " unnest(hours) AS piece"
        )
        return cursor.fetchone()
