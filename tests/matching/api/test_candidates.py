import pytest

from apps.core.enums import WishedGender
from apps.matching.models import TherapistExclusion
from tests.factories.matching import SearchFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.api.conftest import seen

pytestmark = pytest.mark.django_db


def test_candidates_come_ranked_with_the_parts_of_their_scores(caller):
    search = SearchFactory()
    therapists = [TherapistFactory() for _count in range(3)]
    told = caller.get(f"/searches/{search.pk}/candidates", limit=2).json()
    assert (told["candidate_count"], told["therapist_count"], told["blocked_by"]) == (3, 3, None)
    assert [row["rank"] for row in told["candidates"]] == [1, 2]
    assert {row["therapist_id"] for row in told["candidates"]} < {row.pk for row in therapists}
    for row in told["candidates"]:
        assert [part["code"] for part in row["parts"]] == ["acceptance", "distance", "hours", "email"]
        total = sum(part["value"] * part["weight"] for part in row["parts"])
        assert row["score"] == pytest.approx(total, abs=0.0002)
    scores = [row["score"] for row in told["candidates"]]
    assert scores == sorted(scores, reverse=True)
    assert seen() == [(search.patient_id, "API: list_candidates", "api:Website")]


def test_rejected_are_counted_by_reason(caller):
    search = SearchFactory()
    TherapistFactory(wished_diagnoses=["F20"])
    told = caller.get(f"/searches/{search.pk}/candidates").json()
    assert (told["candidates"], told["candidate_count"]) == ([], 0)
    (rejected,) = told["rejected"]
    assert (rejected["code"], rejected["count"]) == ("diagnosis_not_wished", 1)
    assert rejected["sentence"] != ""


def test_candidates_of_an_ended_search_are_refused(caller):
    search = SearchFactory(ended=True)
    assert caller.get(f"/searches/{search.pk}/candidates").status_code == 409
    assert caller.get(f"/searches/{search.pk}/what-if").status_code == 409


def test_explain_a_candidate(caller):
    search, therapist = SearchFactory(), TherapistFactory()
    told = caller.get(f"/searches/{search.pk}/candidates/{therapist.pk}").json()
    assert (told["is_candidate"], told["reasons"], told["name"]) == (True, [], therapist.full_name)
    assert seen() == [(search.patient_id, "API: explain_candidate", "api:Website")]


def test_explain_names_every_failed_rule(caller):
    search = SearchFactory(patient__wished_gender=WishedGender.MALE)
    therapist = TherapistFactory(gender="female", wished_diagnoses=["F20"], status="inactive")
    told = caller.get(f"/searches/{search.pk}/candidates/{therapist.pk}").json()
    assert [(reason["rule"], reason["code"]) for reason in told["reasons"]] == [
        (2, "therapist_inactive"),
        (7, "therapist_gender"),
        (8, "diagnosis_not_wished"),
    ]
    assert "F20" in told["reasons"][2]["facts"]
    assert "F32.1" in told["reasons"][2]["facts"]


def test_health_is_not_told_without_its_scope(plain_caller):
    search = SearchFactory(patient__wished_gender=WishedGender.MALE)
    therapist = TherapistFactory(gender="female", wished_diagnoses=["F20"])
    TherapistExclusion.objects.create(
        patient=search.patient, therapist=therapist, source="patient", reason="was there for anxiety"
    )
    answer = plain_caller.get(f"/searches/{search.pk}/candidates/{therapist.pk}")
    reasons = {reason["code"]: reason for reason in answer.json()["reasons"]}
    assert set(reasons) == {"excluded_by_patient", "therapist_gender", "diagnosis_not_wished"}
    assert (reasons["diagnosis_not_wished"]["sentence"], reasons["diagnosis_not_wished"]["facts"]) == ("", "")
    assert reasons["excluded_by_patient"]["facts"] == ""
    assert reasons["therapist_gender"]["facts"] != ""
    assert "F32" not in answer.text
    assert "anxiety" not in answer.text


def test_score_is_the_same_without_health(caller, plain_caller):
    search, therapist = SearchFactory(), TherapistFactory()
    path = f"/searches/{search.pk}/candidates/{therapist.pk}"
    assert caller.get(path).json() == plain_caller.get(path).json()


def test_explain_somebody_without_a_place(caller):
    search = SearchFactory(patient__latitude=None, patient__longitude=None)
    therapist = TherapistFactory()
    told = caller.get(f"/searches/{search.pk}/candidates/{therapist.pk}").json()
    assert [reason["code"] for reason in told["reasons"]] == ["location_unknown"]
    assert (told["distance_km"], told["travel_minutes"]) == (None, None)


def test_explain_an_unknown_therapist_is_404(caller):
    assert caller.get(f"/searches/{SearchFactory().pk}/candidates/999999").status_code == 404


def test_what_if_counts_more_candidates(caller):
    search = SearchFactory(patient__wished_gender=WishedGender.MALE)
    TherapistFactory(gender="female")
    told = caller.get(f"/searches/{search.pk}/what-if").json()
    assert told["candidate_count"] == 0
    gains = {wish["code"]: wish["gain"] for wish in told["wishes"]}
    assert gains["any_therapist_gender"] == 1
    assert told["wishes"][0]["code"] == "any_therapist_gender"
    assert set(gains) == {
        *("distance_plus_5_km", "distance_plus_10_km", "distance_plus_20_km", "any_method"),
        *("any_therapist_gender", "group_also", "any_language", "any_hours", "no_exclusions"),
    }


def test_candidates_cost_the_same_for_many(caller, django_assert_max_num_queries):
    search = SearchFactory()
    for count in (3, 27):
        for _count in range(count):
            TherapistFactory()
        with django_assert_max_num_queries(45):
            assert caller.get(f"/searches/{search.pk}/candidates", limit=50).status_code == 200
