"""What a relaxed wish would change, and where."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation

from apps.matching.engine.relaxation import RELAXATIONS
from apps.matching.models import TherapistExclusion
from apps.matching.what_if import WhatIf, what_ifs
from apps.patients.models import Patient
from apps.patients.sections import FORM_FIELDS
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import current

pytestmark = pytest.mark.django_db
NOTHING = dict.fromkeys(RELAXATIONS, 0)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def _found(patient: Patient, **gains: int) -> list[WhatIf]:
    return what_ifs(gains=NOTHING | gains, patient=patient, parameters=current())


def _changes(**fields: Any) -> dict[str, str]:
    return {str(row.label): row.change for row in _found(PatientFactory(**fields))}


def test_all_relaxed_wishes_are_told_those_that_bring_most_first() -> None:
    found = _found(PatientFactory(), any_hours=3, group_also=7)
    assert [row.gain for row in found] == [7, 3, *[0] * (len(RELAXATIONS) - 2)]
    assert [str(row.label) for row in found[:2]] == ["group therapy as well", "any hours"]


def test_change_names_new_and_old() -> None:
    changes = _changes(
        max_distance_km=25, wished_methods=["VT"], wished_gender="female", group_wish="only", languages=["ar"]
    )
    assert changes == {
        "5 km farther": "up to 30 instead of 25 km",
        "10 km farther": "up to 35 instead of 25 km",
        "20 km farther": "up to 45 instead of 25 km",
        "any method": "any instead of behavioural (VT)",
        "any gender of the therapist": "any gender instead of female",
        "group therapy as well": "group therapy too instead of only group therapy",
        "any language": "any instead of Arabic",
        "any hours": "any instead of 25 hours a week",
        "without the list of excluded therapists": "",
    }


def test_wish_that_is_open_already_changes_nothing_and_has_no_link() -> None:
    patient = PatientFactory(wished_methods=[], wished_gender="any", group_wish="also", availability=())
    rows = {str(row.label): row for row in _found(patient)}
    for label in ("any method", "any gender of the therapist", "group therapy as well", "any hours"):
        assert (rows[label].change, rows[label].url) == ("", "")


def test_limit_in_minutes_is_widened_by_the_time_it_takes() -> None:
    changes = _changes(max_distance_km=None, max_travel_minutes=60, travel_mode="bicycle")
    assert changes["5 km farther"] == "up to 85 instead of 60 minutes"
    both = _changes(max_distance_km=10, max_travel_minutes=60, travel_mode="bicycle")
    assert both["5 km farther"] == "up to 15 instead of 10 km, up to 85 instead of 60 minutes"


def test_without_a_limit_the_default_is_widened() -> None:
    assert _changes(max_distance_km=None, max_travel_minutes=None)["5 km farther"] == (
        "up to 30 instead of 25 km"
    )


def test_excluded_therapists_are_counted() -> None:
    patient = PatientFactory()
    TherapistExclusion.objects.create(patient=patient, therapist=TherapistFactory(), source="patient")
    row = next(row for row in _found(patient) if "excluded" in str(row.label))
    assert (row.change, row.url) == ("1 therapist is excluded now", "")


def test_links_lead_to_fields_of_the_form() -> None:
    patient = PatientFactory(wished_methods=["VT"], wished_gender="female", max_distance_km=None)
    urls = {row.url for row in _found(patient)} - {""}
    edit, hours = (reverse(f"patients:{name}", args=[patient.pk]) for name in ("edit", "availability"))
    fields = {url.partition("#div_id_")[2] for url in urls if url.startswith(edit)}
    assert fields == {"max_distance_km", "wished_methods", "wished_gender", "group_wish", "languages"}
    assert fields < set(FORM_FIELDS)
    assert urls - {f"{edit}#div_id_{field}" for field in fields} == {hours}
