"""Candidates of a search with reasons, and why any other therapist is none."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.matching.engine.reasons import Reason
from apps.matching.models import PlacementSearch
from apps.matching.selectors.candidates import Judgement, SearchView, explain, look_at, named
from tests.factories.matching import SearchFactory
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import TODAY, change_parameter, current, plan

pytestmark = pytest.mark.django_db


def _look(search: PlacementSearch, **fields: Any) -> SearchView:
    return look_at(search=search, today=TODAY, parameters=current(), **fields)


def _explain(search: PlacementSearch, *therapists: Any) -> list[Judgement]:
    ids = [therapist.pk for therapist in therapists]
    return explain(search=search, therapist_ids=ids, today=TODAY, parameters=current())


def test_look_at_ranks_and_shows_the_parts() -> None:
    search = SearchFactory()
    far = TherapistFactory(practice__latitude=51.45)
    near = TherapistFactory()
    silent = TherapistFactory(practice__email="", practice__latitude=51.45)
    view = _look(search)
    assert [one.therapist for one in view.candidates] == [near, far, silent]
    assert (view.candidate_count, view.therapist_count) == (3, 3)
    best = view.candidates[0]
    assert (best.reasons, best.is_candidate, best.distance_km, best.common_minutes) == ((), True, 1.2, 1500)
    assert [one.parts["email"] for one in view.candidates] == [1.0, 1.0, 0.0]
    parameters = current()
    total = sum(parameters.values[f"weight_{name}"] * value for name, value in best.parts.items())
    weights = sum(parameters.values[f"weight_{name}"] for name in best.parts)
    assert best.score == pytest.approx(total / weights, abs=1e-3)


def test_look_at_gives_at_most_the_limit_but_counts_all() -> None:
    search = SearchFactory()
    for _count in range(3):
        TherapistFactory()
    view = _look(search, limit=2)
    assert (len(view.candidates), view.candidate_count) == (2, 3)


def test_look_at_gives_one_page_with_the_spots_of_all() -> None:
    search = SearchFactory()
    people = [TherapistFactory() for _count in range(5)]
    view = _look(search, page=2, rows_a_page=2)
    assert [one.therapist for one in view.candidates] == people[2:4]
    assert (view.first_rank, view.page, view.page_count, view.shown_count) == (3, 2, 3, 5)
    assert [spot.rank for spot in view.spots] == [1, 2, 3, 4, 5]
    last = _look(search, page=9, rows_a_page=2)
    assert ([one.therapist for one in last.candidates], last.page) == (people[4:], 3)


def test_look_at_takes_a_draft_for_another_search_as_still_open() -> None:
    therapist = TherapistFactory()
    planned = plan(therapist=therapist)
    assert [one.therapist for one in _look(SearchFactory()).candidates] == [therapist]
    view = _look(planned.requests.get().search)
    assert (view.candidates, view.reject_counts) == ([], [(Reason.OPEN_INQUIRY, 1)])


def test_look_at_and_explain_agree() -> None:
    search = SearchFactory()
    TherapistFactory(practice__latitude=51.45, working_hours=False)
    for judgement in _look(search).candidates:
        (explained,) = _explain(search, judgement.therapist)
        assert (explained.score, explained.parts) == (judgement.score, judgement.parts)
        assert (explained.distance_km, explained.common_minutes) == (
            judgement.distance_km,
            judgement.common_minutes,
        )


def test_look_at_equal_scores_come_in_order_of_their_ids() -> None:
    search = SearchFactory()
    same = [TherapistFactory() for _count in range(3)]
    assert [one.therapist for one in _look(search).candidates] == same


def test_look_at_marks_unknown_hours_and_ranks_them_lower() -> None:
    search = SearchFactory()
    unknown, known = TherapistFactory(working_hours=False), TherapistFactory()
    view = _look(search)
    assert [one.therapist for one in view.candidates] == [known, unknown]
    assert [one.is_hours_unknown for one in view.candidates] == [False, True]
    assert view.candidates[1].common_minutes is None


def test_look_at_counts_why_the_others_fail_but_not_those_far_away() -> None:
    search = SearchFactory()
    for _count in range(2):
        TherapistFactory(review_status="unreviewed")
    TherapistFactory(seat="none")
    TherapistFactory(practice__latitude=52.5)
    view = _look(search)
    assert view.candidates == []
    assert view.reject_counts == [(Reason.NOT_REVIEWED, 2), (Reason.NO_SEAT, 1)]


def test_look_at_tells_what_a_relaxed_wish_brings() -> None:
    patient = PatientFactory(searching=True, wished_methods=["ST"], wished_gender="male", max_distance_km=5)
    search = SearchFactory(patient=patient)
    systemic = ("ST", "adults", "individual")
    TherapistFactory(gender="male")
    TherapistFactory(approvals=[systemic])
    TherapistFactory(approvals=[systemic])
    TherapistFactory(gender="male", approvals=[systemic], practice__latitude=51.3406 + 9 / 111)
    view = _look(search)
    assert view.candidate_count == 0
    gains = {name: count for name, count in view.gains.items() if count}
    assert gains == {
        "distance_plus_5_km": 1,
        "distance_plus_10_km": 1,
        "distance_plus_20_km": 1,
        "any_method": 1,
        "any_therapist_gender": 2,
    }
    assert view.blocking == Reason.THERAPIST_GENDER


def test_look_at_without_therapists_is_empty() -> None:
    view = _look(SearchFactory())
    assert (view.candidates, view.candidate_count, view.therapist_count) == ([], 0, 0)


def test_explain_gives_every_reason_in_the_order_asked() -> None:
    search = SearchFactory()
    good = TherapistFactory()
    bad = TherapistFactory(seat="none", review_status="unreviewed", practice__latitude=52.5)
    judgements = _explain(search, bad, good)
    assert [one.therapist for one in judgements] == [bad, good]
    assert judgements[0].reasons == (Reason.TOO_FAR, Reason.NOT_REVIEWED, Reason.NO_SEAT)
    assert (judgements[0].is_candidate, judgements[1].is_candidate) == (False, True)


def test_explain_without_a_place_says_so() -> None:
    therapist = TherapistFactory(
        practice__latitude=None, practice__longitude=None, practice__precision="none"
    )
    (judgement,) = _explain(SearchFactory(), therapist)
    assert judgement.reasons == (Reason.LOCATION_UNKNOWN,)
    assert (judgement.distance_km, judgement.travel_minutes) == (None, None)


def test_explain_holds_the_limits_of_the_group_against_a_colleague() -> None:
    therapist = TherapistFactory()
    colleague = TherapistFactory(contact_group=therapist.contact_group)
    plan(therapist=therapist)
    (judgement,) = _explain(SearchFactory(), colleague)
    assert judgement.reasons == (Reason.OPEN_INQUIRY,)


def test_explain_of_an_unknown_therapist_is_nothing() -> None:
    assert explain(search=SearchFactory(), therapist_ids=[0], today=TODAY, parameters=current()) == []


def test_explain_uses_the_parameters_of_the_moment() -> None:
    search = SearchFactory(patient__max_distance_km=None, patient__max_travel_minutes=None)
    therapist = TherapistFactory(practice__latitude=51.3406 + 20 / 111)
    assert _explain(search, therapist)[0].reasons == ()
    change_parameter("default_max_distance_km", 10)
    assert _explain(search, therapist)[0].reasons == (Reason.TOO_FAR,)


def test_named_finds_the_nearest_first_and_unknown_places_last() -> None:
    lost = TherapistFactory(
        last_name="Esche", practice__latitude=None, practice__longitude=None, practice__precision="none"
    )
    far = TherapistFactory(last_name="Esche", practice__latitude=52.5)
    near = TherapistFactory(last_name="Eschenbach")
    TherapistFactory(last_name="Birke")
    patient = PatientFactory()
    assert named(text="esche", patient=patient, most=8) == [near.pk, far.pk, lost.pk]
    assert named(text="esche", patient=patient, most=1) == [near.pk]
    homeless = PatientFactory(latitude=None, longitude=None, precision="none")
    assert named(text="esche", patient=homeless, most=2) == [lost.pk, far.pk]


@pytest.mark.parametrize("count", [1, 3])
def test_look_at_needs_the_same_queries_for_any_number_of_therapists(count: int) -> None:
    search = SearchFactory()
    for _count in range(count):
        TherapistFactory()
    parameters = current()
    with CaptureQueriesContext(connection) as captured:
        view = look_at(search=search, today=TODAY, parameters=parameters)
        names = [one.therapist.workplaces.all()[0].practice.name for one in view.candidates]
    assert len(names) == count
    assert len(captured) == 17
