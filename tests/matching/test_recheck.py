"""Unsent requests are looked at again: what no longer fits goes, the rest stays as it was."""

from datetime import timedelta
from typing import Any

import pytest

from apps.communication.enums import CallOutcome
from apps.matching.models import TherapistExclusion
from apps.matching.services import recheck
from apps.patients.enums import Purpose
from apps.patients.models import Consent
from apps.therapists.models import Therapist
from tests.factories.matching import SearchFactory
from tests.factories.therapists import ContactPauseFactory, TherapistFactory
from tests.matching.acts import (
    AT,
    TODAY,
    asked,
    by_phone,
    fresh,
    let_out,
    letters_to,
    operations,
    plan,
    reach,
    status_of,
    waiting_calls,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def _of_patient(patient: Any, at: Any = AT) -> int:
    return recheck.recheck_patient(patient_id=patient.pk, at=at, today=at.date())


def _of_therapist(therapist: Any, at: Any = AT) -> int:
    return recheck.recheck_therapist(therapist_id=therapist.pk, at=at, today=at.date())


def test_recheck_leaves_what_still_fits() -> None:
    search = SearchFactory()
    inquiries = [plan(search), let_out(search), let_out(search, therapist=by_phone())]
    for count in (_of_patient(search.patient), recheck.recheck_all(at=AT, today=TODAY)):
        assert count == 0
    assert status_of(*inquiries) == ["draft", "released", "released"]


def test_recheck_of_a_moved_patient_takes_all_unsent_out() -> None:
    search = SearchFactory()
    sent, draft, waits = asked(search), plan(search), let_out(search)
    called = let_out(search, therapist=by_phone())
    type(search.patient).objects.filter(pk=search.patient_id).update(latitude=48.14, longitude=11.58)
    assert _of_patient(search.patient) == 3
    assert status_of(sent, draft, waits, called) == ["sent", "cancelled", "cancelled", "cancelled"]
    assert [email.status for email in letters_to(waits.therapist, "inquiry")] == ["cancelled"]
    assert waiting_calls(called) == []
    (row,) = waits.history.filter(new="cancelled")
    assert row.reason != ""


def test_recheck_shrinks_the_letter_to_those_who_still_fit() -> None:
    stays, goes = SearchFactory(), SearchFactory()
    inquiry = let_out(stays, goes)
    (letter,) = letters_to(inquiry.therapist, "inquiry")
    assert "für 2 Personen" in letter.text
    Consent.objects.filter(patient=goes.patient, purpose=Purpose.PSEUDONYMOUS).update(withdrawn_on=TODAY)
    assert _of_patient(goes.patient) == 1
    (letter,) = letters_to(inquiry.therapist, "inquiry")
    assert "für eine Person" in letter.text
    assert goes.patient.case_code not in letter.text
    assert stays.patient.case_code in letter.text
    assert status_of(inquiry, letter) == ["released", "queued"]


def test_recheck_of_a_therapist_looks_at_colleagues_too() -> None:
    """A pause of one holds for everybody behind the mailbox."""
    therapist = TherapistFactory()
    colleague = TherapistFactory(contact_group=therapist.contact_group)
    inquiry = let_out(therapist=colleague)
    other = let_out()
    ContactPauseFactory(therapist=therapist)
    assert _of_therapist(therapist) == 1
    assert status_of(inquiry, other) == ["cancelled", "released"]


@pytest.mark.parametrize(
    "change",
    [
        {"status": "blocked", "blocked_reason": "ill", "blocked_since": TODAY},
        {"status": "inactive"},
        {"do_not_contact_since": TODAY},
        {"seat": "none"},
        {"review_status": "unreviewed"},
        {"wished_gender": "male"},
    ],
)
def test_recheck_of_a_changed_therapist_takes_unsent_out(change: dict[str, Any]) -> None:
    inquiry, draft = let_out(), plan()
    for one in (inquiry, draft):
        Therapist.objects.filter(pk=one.therapist_id).update(**change)
    assert recheck.recheck_all(at=AT, today=TODAY) == 2
    assert status_of(inquiry, draft) == ["cancelled", "cancelled"]


def test_recheck_after_an_exclusion_takes_unsent_out() -> None:
    inquiry = plan()
    search = inquiry.requests.get().search
    TherapistExclusion.objects.create(patient=search.patient, therapist=inquiry.therapist, source="patient")
    assert _of_patient(search.patient) == 1
    assert status_of(inquiry) == ["cancelled"]


@pytest.mark.parametrize("outcome", [CallOutcome.NOT_REACHED, CallOutcome.MESSAGE_LEFT])
def test_recheck_does_not_mistake_our_own_tries_for_another_contact(outcome: CallOutcome) -> None:
    """Yesterday's call reached nobody; the next one is planned and must survive the night."""
    inquiry = let_out(therapist=by_phone())
    reach(inquiry, outcome)
    (again,) = waiting_calls(inquiry)
    assert recheck.recheck_all(at=AT + DAY, today=TODAY + DAY) == 0
    assert status_of(inquiry, again) == ["released", "planned"]


def test_recheck_drops_a_draft_to_somebody_talked_to_since() -> None:
    inquiry = plan()
    Therapist.objects.filter(pk=inquiry.therapist_id).update(last_talk_at=AT)
    assert recheck.recheck_all(at=AT, today=TODAY) == 1
    assert status_of(inquiry) == ["cancelled"]


def test_recheck_sees_an_age_that_came_overnight() -> None:
    """Twenty-one on Tuesday: from then on adults only."""
    search = SearchFactory(patient__birth_date=TODAY.replace(year=2005) + DAY)
    therapist = TherapistFactory(approvals=[("VT", "minors", "individual")])
    inquiry = plan(search, therapist=therapist)
    assert recheck.recheck_all(at=AT, today=TODAY) == 0
    assert recheck.recheck_all(at=AT + DAY, today=TODAY + DAY) == 1
    assert status_of(inquiry) == ["cancelled"]


def test_recheck_of_one_inquiry_is_one_operation() -> None:
    inquiry = let_out()
    Therapist.objects.filter(pk=inquiry.therapist_id).update(seat="none")
    later = AT + DAY
    _of_therapist(inquiry.therapist, at=later)
    assert len(operations(later)) == 1
    assert fresh(inquiry).ended_at == later
