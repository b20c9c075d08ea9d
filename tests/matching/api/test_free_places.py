from datetime import date

import pytest

from tests.factories.matching import SearchFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.api.conftest import seen

pytestmark = pytest.mark.django_db


def test_longest_waiting_come_first(caller):
    late, early = SearchFactory(), SearchFactory(started_on=date(2026, 10, 1))
    therapist = TherapistFactory()
    body = {"therapist_id": therapist.pk, "from_on": "2026-11-23", "setting": "individual"}
    told = caller.post("/free-places", body).json()
    assert [row["search_id"] for row in told["patients"]] == [early.pk, late.pk]
    assert [row["rank"] for row in told["patients"]] == [1, 2]
    assert (told["fitting_count"], told["setting"], told["from_on"]) == (2, "individual", "2026-11-23")
    purpose = ("API: match_free_place", "api:Website")
    assert sorted(seen()) == sorted([(late.patient_id, *purpose), (early.patient_id, *purpose)])


def test_only_those_told_are_noted(caller):
    early, _late = SearchFactory(started_on=date(2026, 10, 1)), SearchFactory()
    told = caller.post("/free-places", {"therapist_id": TherapistFactory().pk, "limit": 1}).json()
    assert ([row["search_id"] for row in told["patients"]], told["fitting_count"]) == ([early.pk], 2)
    assert [patient for patient, _purpose, _who in seen()] == [early.patient_id]


def test_method_of_the_place_counts(caller):
    SearchFactory(patient__wished_methods=["VT"])
    therapist = TherapistFactory()
    methods = sorted({row.method for row in therapist.approvals.all()})
    assert "VT" in methods
    fits = caller.post("/free-places", {"therapist_id": therapist.pk, "methods": ["VT"]}).json()
    assert fits["fitting_count"] == 1
    other = caller.post("/free-places", {"therapist_id": therapist.pk, "methods": ["AP"]}).json()
    assert (other["fitting_count"], [row["code"] for row in other["rejected"]]) == (0, ["age_not_treated"])


def test_hours_of_the_place_count(caller):
    SearchFactory()  # weekdays from eight to one
    body = {"therapist_id": TherapistFactory().pk}
    evening = {"weekday": 0, "start_minute": 18 * 60, "end_minute": 20 * 60}
    morning = {"weekday": 0, "start_minute": 9 * 60, "end_minute": 10 * 60}
    late = caller.post("/free-places", {**body, "hours": [evening]}).json()
    assert (late["fitting_count"], [row["code"] for row in late["rejected"]]) == (0, ["no_common_time"])
    (row,) = caller.post("/free-places", {**body, "hours": [evening, morning]}).json()["patients"]
    assert row["common_minutes"] == 60


def test_hours_must_be_in_order(caller):
    wrong = {"weekday": 0, "start_minute": 600, "end_minute": 600}
    answer = caller.post("/free-places", {"therapist_id": TherapistFactory().pk, "hours": [wrong]})
    assert (answer.status_code, [error["path"] for error in answer.json()["errors"]]) == (422, ["hours.0"])


def test_unknown_therapist_names_the_field(caller):
    answer = caller.post("/free-places", {"therapist_id": 999_999})
    assert [error["path"] for error in answer.json()["errors"]] == ["therapist_id"]


def test_diagnosis_is_only_a_code_without_health(plain_caller):
    SearchFactory()
    therapist = TherapistFactory(wished_diagnoses=["F20"])
    (rejected,) = plain_caller.post("/free-places", {"therapist_id": therapist.pk}).json()["rejected"]
    assert rejected == {"code": "diagnosis_not_wished", "sentence": "", "count": 1}
