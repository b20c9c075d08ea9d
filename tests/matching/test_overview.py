"""All searches at once."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.matching.phrases import blocked_by
from apps.matching.selectors.lists import search_list, with_candidate_count
from apps.matching.selectors.overview import Overview, outlook, overview
from tests.factories.matching import SearchFactory
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import TODAY, current

pytestmark = pytest.mark.django_db


def _overview(**fields: Any) -> Overview:
    return overview(today=TODAY, parameters=current(), **fields)


def test_overview_counts_candidates_and_names_the_best() -> None:
    search = SearchFactory()
    near, far = TherapistFactory(), TherapistFactory(practice__latitude=51.45)
    TherapistFactory(review_status="unreviewed")
    result = _overview()
    (line,) = result.searches
    assert (line.search_id, line.case_code, line.candidate_count, line.blocked_by) == (
        search.pk,
        search.patient.case_code,
        2,
        None,
    )
    assert (result.therapist_count, result.candidate_count, result.without_candidates) == (3, 2, 0)
    assert [text.split("  ")[0] for text in line.lines] == [f"1. {near.full_name}", f"2. {far.full_name}"]
    assert line.lines[0].endswith("1.2 km  25.0 h")


def test_overview_marks_unknown_hours() -> None:
    SearchFactory()
    TherapistFactory(working_hours=False)
    assert _overview().searches[0].lines[0].endswith("1.2 km  ?")


@pytest.mark.parametrize(("top", "count"), [(0, 0), (1, 1), (2, 2), (5, 3)])
def test_overview_top_limits_the_lines_not_the_count(top: int, count: int) -> None:
    SearchFactory()
    for _count in range(3):
        TherapistFactory()
    (line,) = _overview(top=top).searches
    assert (len(line.lines), line.candidate_count) == (count, 3)


def test_overview_names_what_blocks_commonest_first() -> None:
    TherapistFactory()
    for wishes in ({"wished_methods": ["ST"]}, {"wished_methods": ["AP"]}, {"wished_gender": "male"}):
        SearchFactory(patient=PatientFactory(searching=True, **wishes))
    result = _overview()
    assert result.without_candidates == 3
    assert [count for _text, count in result.blocking] == [2, 1]
    assert len({text for text, _count in result.blocking}) == 2


def test_overview_leaves_out_searches_nobody_plans_for() -> None:
    SearchFactory(paused=True)
    SearchFactory(ended=True)
    SearchFactory(patient=PatientFactory(searching=True, consents=()))
    TherapistFactory()
    result = _overview()
    assert (result.searches, result.candidate_count, result.therapist_count) == ([], 0, 1)


def test_overview_of_nothing_is_empty() -> None:
    result = _overview()
    assert (result.searches, result.therapist_count, result.blocking) == ([], 0, [])


def test_outlook_counts_candidates_and_names_what_blocks() -> None:
    TherapistFactory()
    found = SearchFactory()
    choosy = SearchFactory(patient__wished_gender="male")
    paused = SearchFactory(paused=True)
    result = outlook(today=TODAY, parameters=current())
    assert result.counts == {found.pk: 1, choosy.pk: 0}
    assert [result.candidate_count(row.pk) for row in (found, choosy, paused)] == [1, 0, None]
    blocked = result.blocked_by([found.pk, choosy.pk, paused.pk])
    assert blocked == {choosy.pk: blocked_by("therapist_gender")}


def test_searches_are_sorted_by_counts_they_do_not_hold_themselves() -> None:
    few, many, unknown = SearchFactory(), SearchFactory(), SearchFactory()
    rows = with_candidate_count(search_list(), {few.pk: 2, many.pk: 10})
    found = {row.pk: row.candidate_count for row in rows.order_by("-candidate_count")}  # type: ignore[attr-defined]
    assert found == {unknown.pk: None, many.pk: 10, few.pk: 2}
    assert list(found) == [unknown.pk, many.pk, few.pk]


@pytest.mark.parametrize("count", [1, 3])
def test_overview_needs_the_same_queries_for_any_number_of_rows(count: int) -> None:
    for _count in range(count):
        SearchFactory()
        TherapistFactory()
    parameters = current()
    with CaptureQueriesContext(connection) as captured:
        result = overview(today=TODAY, parameters=parameters)
    assert result.candidate_count == count * count
    assert len(captured) == 15
