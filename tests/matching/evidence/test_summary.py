"""Counting, against sums made by hand."""

import pytest

from apps.accounts.models import User
from apps.matching.evidence.rows import rows
from apps.matching.evidence.summary import Summary, rule_for, summarise
from apps.matching.models import EvidenceRule, PlacementSearch
from tests.factories.patients import InsurerFactory
from tests.factories.therapists import PracticeFactory, TherapistFactory
from tests.matching.evidence.histories import FIRST, LAST, called, declined, emailed, ended, moment, requested

pytestmark = pytest.mark.django_db


def counted(search: PlacementSearch, *, least: int = 5) -> Summary:
    found = rows(patient=search.patient, first=FIRST, last=LAST, longest_wait_weeks=12)
    return summarise(found, least=least)


def test_seven_requests_at_six_practices(search: PlacementSearch, coordinator: User) -> None:
    """Two therapists share one practice, one therapist is asked twice, one has no seat, one is open."""
    shared = PracticeFactory()
    first, second = TherapistFactory(practice=shared), TherapistFactory(practice=shared)
    twice = TherapistFactory()
    for day, therapist in ((3, first), (4, second), (5, twice), (16, twice)):
        declined(search, by=coordinator, day=day, therapist=therapist)
    for day in (6, 9):
        over = requested(search, by=coordinator, at=moment(day))
        emailed(over, by=coordinator, at=moment(day))
        ended(over, "expired", at=moment(day + 14))
    missed = requested(search, by=coordinator, at=moment(10))
    called(missed, "not_reached", by=coordinator, at=moment(10))
    called(missed, "not_reached", by=coordinator, at=moment(11))
    declined(search, by=coordinator, day=12, therapist=TherapistFactory(seat="none"))
    emailed(requested(search, by=coordinator, at=moment(13)), by=coordinator, at=moment(13))
    summary = counted(search)
    assert (summary.requests, summary.therapists, summary.practices) == (7, 6, 5)
    assert summary.outcomes == (("abgelehnt", 4), ("nicht erreicht", 1), ("keine Antwort", 2))
    assert summary.sentence == (
        "7 erfolglose Anfragen bei 5 Praxen mit Kassensitz (6 Therapeut:innen); "
        "die Kasse erwartet mindestens 5: erreicht"
    )


def test_one_therapist_asked_often_is_one(search: PlacementSearch, coordinator: User) -> None:
    therapist = TherapistFactory()
    for day in (3, 9, 16):
        declined(search, by=coordinator, day=day, therapist=therapist)
    summary = counted(search, least=2)
    assert (summary.requests, summary.therapists, summary.is_reached) == (3, 1, False)
    assert summary.sentence == (
        "3 erfolglose Anfragen bei 1 Praxis mit Kassensitz (1 Therapeut:in); "
        "die Kasse erwartet mindestens 2: nicht erreicht"
    )


def test_exactly_the_number_is_enough(search: PlacementSearch, coordinator: User) -> None:
    for day in (3, 4):
        declined(search, by=coordinator, day=day)
    assert [counted(search, least=least).is_reached for least in (2, 3)] == [True, False]


def test_nothing_is_zero(search: PlacementSearch) -> None:
    assert counted(search).sentence == (
        "0 erfolglose Anfragen bei 0 Praxen mit Kassensitz (0 Therapeut:innen); "
        "die Kasse erwartet mindestens 5: nicht erreicht"
    )


def test_rule_of_the_insurer_then_the_general_one_then_the_default(db: None) -> None:
    insurer, other = InsurerFactory(name="Ahornkasse"), InsurerFactory(name="Birkenkasse")
    assert (rule_for(insurer).least_attempts, rule_for(None).longest_wait_weeks) == (5, 12)
    EvidenceRule.objects.create(least_attempts=4, longest_wait_weeks=10)
    own = EvidenceRule.objects.create(insurer=insurer, least_attempts=8, longest_wait_weeks=6)
    assert rule_for(insurer) == own
    assert (rule_for(other).least_attempts, rule_for(None).least_attempts) == (4, 4)
