from datetime import date

import pytest

from apps.patients.models import Insurer, Symptom
from tests.factories.patients import InsurerFactory, PatientFactory
from tests.patients.api.asking import URL, accesses, paths, post

pytestmark = pytest.mark.django_db

READ, HEALTH = "patients:read", "health:read"


def test_insurers_stand_by_name(calling):
    InsurerFactory(name="Zypressenkasse", kind="pkv")
    items = calling(READ).get(f"{URL}/insurers").json()["items"]
    assert len(items) == Insurer.objects.count()
    assert ("Zypressenkasse", "pkv") in [(one["name"], one["kind"]) for one in items]


def test_symptoms_are_the_maintained_list(calling):
    items = calling(READ).get(f"{URL}/symptoms").json()["items"]
    assert {one["code"] for one in items} == set(Symptom.objects.values_list("code", flat=True))
    assert set(items[0]) == {"code", "name_de", "name_en", "is_active"}


def test_duplicates_tell_who_and_why(calling):
    patient = PatientFactory(
        first_name="Mara", last_name="Klein", status="search_cancelled", started_on=date(2026, 1, 5)
    )
    PatientFactory()
    answer = post(
        calling(READ),
        "/duplicates",
        {"first_name": "Mara", "last_name": "Klein", "birth_date": "1990-05-17"},
        **{"Accept-Language": "en"},
    )
    (found,) = answer.json()["items"]
    assert (found["patient"]["id"], found["has_ended"]) == (patient.pk, True)
    assert [one["code"] for one in found["reasons"]] == ["last_name_same", "first_name_same", "birth_date"]
    assert found["reasons"][0]["text"] == "The last name is the same."
    assert accesses() == [(patient.pk, "API: find_duplicates", "Website")]


def test_duplicates_by_kvnr_need_the_scope_of_health_data(calling):
    patient = PatientFactory(kvnr="A123456780")
    assert post(calling(READ), "/duplicates", {"kvnr": "A123456780"}).status_code == 403
    answer = post(calling(READ, HEALTH, name="Partner"), "/duplicates", {"kvnr": "a 123456780"})
    assert [one["patient"]["id"] for one in answer.json()["items"]] == [patient.pk]


def test_duplicates_of_nobody_known(calling):
    PatientFactory()
    assert post(calling(READ), "/duplicates", {}).json() == {"items": []}
    assert accesses() == []


@pytest.mark.parametrize(
    ("body", "wrong"), [({"phone": "\x00"}, ["phone"]), ({"birth_date": "9999-12-31"}, ["birth_date"])]
)
def test_duplicates_name_the_wrong_field(calling, body, wrong):
    assert paths(post(calling(READ), "/duplicates", body)) == wrong
