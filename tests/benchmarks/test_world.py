"""The invented world is the same every time and fills every table."""

from itertools import pairwise

import numpy as np
import pytest
from django.db.models import Count

from apps.matching.models import Inquiry, PlacementRequest, PlacementSearch, TherapistExclusion
from apps.matching.selectors.loading import plannable
from apps.patients.models import Patient
from apps.therapists.models import Practice, Therapist, WeeklyHours
from benchmarks import fill
from benchmarks.sizes import SEED, SIZES, TODAY
from benchmarks.world.draws import Draw
from benchmarks.world.therapists import draw_therapists
from benchmarks.world.towns import PLACES, towns
from benchmarks.world.weeks import WORKING, hours


def test_towns_lie_in_germany() -> None:
    places = towns(SEED)
    assert len(places.name) == PLACES
    assert 47.0 < places.latitude.min() < places.latitude.max() < 55.2
    assert 5.5 < places.longitude.min() < places.longitude.max() < 15.3


def test_therapists_drawn_twice_are_the_same() -> None:
    first, second = (draw_therapists(Draw(SEED, "therapists"), towns(SEED), 50).rows for _time in range(2))
    assert first == second


def test_hours_of_one_person_never_overlap() -> None:
    rows = hours(Draw(SEED, "weeks"), WORKING, np.ones(200, dtype=bool))
    stretches = sorted(
        zip(rows["person"], rows["weekday"], rows["start_minute"], rows["end_minute"], strict=True)
    )
    assert all(a[:2] != b[:2] or a[3] < b[2] for a, b in pairwise(stretches))
    assert any(start % 10 for _person, _day, start, _end in stretches)


@pytest.mark.django_db
def test_fill_every_table() -> None:
    fill.fill(SIZES["tiny"])
    assert Therapist.objects.count() == 300
    assert plannable(today=TODAY).count() == 80
    assert (Patient.objects.count(), PlacementSearch.objects.filter(status="active").count()) == (84, 81)
    assert {patient.diagnosis for patient in Patient.objects.all()} > {"F32.1", "F33.1"}
    for model in (Practice, WeeklyHours, TherapistExclusion, Inquiry, PlacementRequest):
        assert model.objects.exists()


@pytest.mark.django_db
def test_fill_some_share_a_contact_group() -> None:
    fill.fill(SIZES["tiny"])
    groups = Therapist.objects.values("contact_group").annotate(size=Count("id"))
    assert groups.filter(size__gt=1).exists()


@pytest.mark.django_db
def test_fill_new_rows_get_new_ids() -> None:
    fill.fill(SIZES["tiny"])
    practice = Practice.objects.create(plz="04103", city="Leipzig")
    assert Practice.objects.filter(pk__gt=practice.pk).count() == 0
