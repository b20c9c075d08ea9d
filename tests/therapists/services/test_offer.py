from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.core.weekly import Interval
from apps.events.models import DomainEvent
from apps.therapists.models import Therapist
from apps.therapists.services import records
from apps.therapists.services.offer import merged
from tests.factories.therapists import PracticeFactory, TherapistFactory

pytestmark = pytest.mark.django_db


def changed() -> list[Any]:
    return [(event.type, event.payload["changed"]) for event in DomainEvent.objects.order_by("id")]


def hours(therapist: Therapist, kind: str) -> list[Interval]:
    return [row.interval for row in therapist.hours.filter(kind=kind)]


def test_set_approvals_replaces_and_keeps_what_stays(at: datetime) -> None:
    therapist = TherapistFactory(approvals=[("VT", "adults", "individual"), ("VT", "adults", "group")])
    kept = therapist.approvals.get(setting="individual")
    wanted = [("VT", "adults", "individual"), ("ST", "minors", "individual")]
    records.set_approvals(therapist=therapist, approvals=wanted, at=at)
    assert set(therapist.approvals.values_list("method", "age_group", "setting")) == set(wanted)
    assert therapist.approvals.get(method="VT") == kept
    assert changed() == [("therapist.changed", ["approvals"])]


def test_set_approvals_unchanged_is_silent(at: datetime) -> None:
    therapist = TherapistFactory()
    records.set_approvals(therapist=therapist, approvals=[("VT", "adults", "individual")] * 2, at=at)
    assert changed() == []


@pytest.mark.parametrize("word", [("V", "adults", "group"), ("VT", "old", "group"), ("VT", "adults", "pair")])
def test_set_approvals_refuses_unknown_words(at: datetime, word: tuple[str, str, str]) -> None:
    therapist = TherapistFactory()
    with pytest.raises(ValidationError) as error:
        records.set_approvals(therapist=therapist, approvals=[word], at=at)
    assert list(error.value.error_dict) == ["approvals"]
    assert therapist.approvals.count() == 1


def test_set_hours_merges_what_touches(at: datetime) -> None:
    therapist = TherapistFactory(phone_hours=())
    given = [Interval(2, 600, 660), Interval(0, 540, 600), Interval(0, 480, 540), Interval(2, 630, 700)]
    records.set_hours(therapist=therapist, kind="phone", intervals=given, at=at)
    assert hours(therapist, "phone") == [(0, 480, 600), (2, 600, 700)]
    assert changed() == [("therapist.changed", ["phone_hours"])]


def test_set_hours_leaves_the_other_kind(at: datetime) -> None:
    therapist = TherapistFactory(phone_hours=[(0, 480, 540)], working_hours=[(1, 480, 600)])
    records.set_hours(therapist=therapist, kind="phone", intervals=[Interval(3, 480, 540)], at=at)
    assert hours(therapist, "working") == [(1, 480, 600)]


def test_set_hours_none_makes_working_hours_unknown(at: datetime) -> None:
    therapist = TherapistFactory()
    records.set_hours(therapist=therapist, kind="working", intervals=None, at=at)
    assert therapist.is_working_hours_known is False
    assert Therapist.objects.get().is_working_hours_known is False
    assert hours(therapist, "working") == []
    assert changed() == [("therapist.changed", ["working_hours"])]


def test_set_hours_makes_working_hours_known(at: datetime) -> None:
    therapist = TherapistFactory(working_hours=False)
    records.set_hours(therapist=therapist, kind="working", intervals=[Interval(0, 480, 540)], at=at)
    assert Therapist.objects.get().is_working_hours_known is True


@pytest.mark.parametrize("kind", ["phone", "working"])
def test_set_hours_unchanged_is_silent(at: datetime, kind: str) -> None:
    therapist = TherapistFactory(phone_hours=[(0, 480, 540)], working_hours=[(0, 480, 540)])
    records.set_hours(therapist=therapist, kind=kind, intervals=[Interval(0, 480, 540)], at=at)
    assert changed() == []


def test_set_week_sets_both(at: datetime) -> None:
    therapist = TherapistFactory()
    records.set_week(therapist=therapist, phone=[Interval(4, 480, 540)], working=None, at=at)
    assert hours(therapist, "phone") == [(4, 480, 540)]
    assert therapist.is_working_hours_known is False


@pytest.mark.parametrize("wrong", [(0, 540, 540), (0, -1, 30), (0, 0, 1441), (7, 0, 60), (-1, 0, 60)])
def test_merged_refuses_what_lies_outside_a_day(wrong: tuple[int, int, int]) -> None:
    with pytest.raises(ValidationError):
        merged([Interval(*wrong)])


def test_set_workplaces_replaces_and_orders(at: datetime) -> None:
    therapist = TherapistFactory()
    old, new = therapist.practices.get(), PracticeFactory()
    records.set_workplaces(therapist=therapist, practices=[new, old], at=at)
    places = therapist.workplaces.values_list("practice", "is_main")
    assert list(places) == [(new.pk, True), (old.pk, False)]
    assert changed() == [("therapist.moved", ["practices"])]


def test_set_workplaces_takes_a_mapping(at: datetime) -> None:
    therapist = TherapistFactory()
    data = {"name": "Praxis Buche", "plz": "04109", "city": "Leipzig"}
    records.set_workplaces(therapist=therapist, practices=[data], at=at)
    assert therapist.practices.get().name == "Praxis Buche"


def test_set_workplaces_regroups(at: datetime) -> None:
    one, other = TherapistFactory.create_batch(2)
    shared = one.practices.get()
    records.set_workplaces(therapist=other, practices=[shared], at=at)
    assert other.contact_group_id == one.contact_group_id
    records.set_workplaces(therapist=other, practices=[PracticeFactory()], at=at)
    assert other.contact_group_id != one.contact_group_id


def test_set_workplaces_unchanged_is_silent(at: datetime) -> None:
    therapist = TherapistFactory()
    records.set_workplaces(therapist=therapist, practices=[therapist.practices.get()], at=at)
    assert changed() == []


def test_set_workplaces_needs_one(at: datetime) -> None:
    therapist = TherapistFactory()
    with pytest.raises(ValidationError) as error:
        records.set_workplaces(therapist=therapist, practices=[], at=at)
    assert list(error.value.error_dict) == ["practices"]
    assert therapist.workplaces.count() == 1
