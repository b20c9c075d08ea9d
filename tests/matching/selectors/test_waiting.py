"""Whom to offer a free place, and why not the others."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.matching.engine.reasons import Reason
from apps.matching.models import PlacementSearch
from apps.matching.selectors.waiting import FreePlace, Offer, lines_of, offer_place
from apps.therapists.models import Therapist
from tests.factories.matching import InquiryFactory, RequestFactory, SearchFactory
from tests.factories.therapists import ContactPauseFactory, TherapistFactory
from tests.matching.acts import TODAY, current, plan

pytestmark = pytest.mark.django_db
LATER = date(2027, 1, 15)
TALKS, GROUPS = ("VT", "adults", "individual"), ("VT", "adults", "group")


def _offer(therapist: Therapist, **place: Any) -> Offer:
    return offer_place(
        therapist=therapist,
        place=FreePlace(**{"from_on": TODAY} | place),
        today=TODAY,
        parameters=current(),
    )


def _fitting(offer: Offer) -> list[int]:
    return offer.searches.id[offer.fitting].tolist()


def test_longest_waiting_come_first() -> None:
    therapist = TherapistFactory()
    short, long = SearchFactory(), SearchFactory(started_on=date(2026, 8, 3))
    young = SearchFactory(patient__birth_date=date(2012, 1, 1))
    offer = _offer(therapist)
    assert _fitting(offer) == [long.pk, short.pk]
    assert offer.reject_counts == [(Reason.AGE_NOT_TREATED, 1)]
    assert [line.search.pk for line in lines_of(offer, offer.others_in_reach)] == [young.pk]


def test_age_is_that_of_the_day() -> None:
    search = SearchFactory(patient__birth_date=date(2009, 1, 15))
    therapist = TherapistFactory(approvals=[TALKS])
    assert _fitting(_offer(therapist)) == []
    assert _fitting(_offer(therapist, from_on=LATER)) == [search.pk]
    assert _fitting(_offer(therapist, from_on=LATER - timedelta(days=1))) == []


def test_day_that_has_passed_is_today() -> None:
    search = SearchFactory(patient__birth_date=date(2008, 11, 23))
    assert _fitting(_offer(TherapistFactory(approvals=[TALKS]), from_on=date(2020, 1, 1))) == [search.pk]


def test_only_the_setting_of_the_place_is_offered() -> None:
    no, also, only = (SearchFactory(patient__group_wish=wish) for wish in ("no", "also", "only"))
    therapist = TherapistFactory(approvals=[TALKS, GROUPS])
    assert _fitting(_offer(therapist, setting="either")) == [no.pk, also.pk, only.pk]
    assert _fitting(_offer(therapist, setting="individual")) == [no.pk, also.pk]
    assert _fitting(_offer(therapist, setting="group")) == [also.pk, only.pk]


@pytest.mark.parametrize(("setting", "wish"), [("individual", "no"), ("either", "no"), ("group", "also")])
def test_place_counts_as_known(setting: str, wish: str) -> None:
    SearchFactory(patient__group_wish=wish)
    approvals = [TALKS, GROUPS]
    silent = TherapistFactory(approvals=approvals)
    known = TherapistFactory(approvals=approvals, free_individual_from=TODAY, free_group_from=TODAY)
    (silent_line,), (known_line,) = (
        lines_of(offer, offer.fitting)
        for offer in (_offer(silent, setting=setting), _offer(known, setting=setting))
    )
    assert silent_line.parts["acceptance"] == known_line.parts["acceptance"]


def test_limits_of_contact_are_told_and_hide_nobody() -> None:
    pause = ContactPauseFactory()
    colleague = TherapistFactory(contact_group=pause.therapist.contact_group)
    InquiryFactory(therapist=colleague, status="sent")
    search = SearchFactory()
    offer = _offer(colleague)
    assert _fitting(offer) == [search.pk]
    assert offer.limits == (Reason.CONTACT_PAUSE, Reason.OPEN_INQUIRY)


def test_own_draft_is_no_limit() -> None:
    therapist = TherapistFactory()
    plan(therapist=therapist)
    assert _offer(therapist).limits == ()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"review_status": "unreviewed"}, Reason.NOT_REVIEWED),
        ({"do_not_contact_since": date(2026, 1, 1)}, Reason.DO_NOT_CONTACT),
    ],
)
def test_other_marks_of_the_therapist_stand_against_everybody(fields: dict[str, Any], reason: Reason) -> None:
    SearchFactory()
    offer = _offer(TherapistFactory(**fields))
    assert (_fitting(offer), offer.reject_counts) == ([], [(reason, 1)])


def test_block_that_ends_before_the_day_is_none() -> None:
    search = SearchFactory()
    blocked = {"status": "blocked", "blocked_reason": "ill", "blocked_since": date(2026, 11, 1)}
    therapist = TherapistFactory(**blocked, blocked_until=LATER - timedelta(days=1))
    assert _fitting(_offer(therapist, from_on=LATER)) == [search.pk]
    assert _fitting(_offer(therapist, from_on=LATER - timedelta(days=1))) == []
    assert _fitting(_offer(TherapistFactory(**blocked), from_on=LATER)) == []


def test_pauses_of_searches_are_those_of_the_day() -> None:
    pause = {"paused_from": date(2026, 11, 20), "pause_reason": "away"}
    back = SearchFactory(status="paused", paused_until=LATER - timedelta(days=1), **pause)
    SearchFactory(status="paused", paused_until=LATER, **pause)
    SearchFactory(paused=True)
    away_then = SearchFactory(paused_from=LATER, paused_until=LATER, pause_reason="away")
    withdrawn = SearchFactory(status="paused", paused_until=LATER - timedelta(days=1), **pause)
    withdrawn.patient.consents.filter(purpose="pseudonymous").update(withdrawn_on=TODAY)
    therapist = TherapistFactory()
    assert _fitting(_offer(therapist, from_on=LATER)) == [back.pk]
    assert _fitting(_offer(therapist)) == [away_then.pk]


def test_others_are_those_in_reach() -> None:
    therapist = TherapistFactory(wished_gender="male")
    near = SearchFactory()
    SearchFactory(patient__latitude=53.55, patient__longitude=9.99)
    offer = _offer(therapist)
    assert [line.search.pk for line in lines_of(offer, offer.others_in_reach)] == [near.pk]
    assert (offer.out_of_reach_count, offer.reject_counts) == (1, [(Reason.PATIENT_GENDER, 1)])
    assert offer.failing(Reason.PATIENT_GENDER).tolist() == offer.others_in_reach.tolist()
    assert offer.failing(Reason.NO_SEAT).tolist() == []


def test_case_is_found_wherever_it_is() -> None:
    fits, far = SearchFactory(), SearchFactory(patient__latitude=53.55, patient__longitude=9.99)
    offer = _offer(TherapistFactory())
    for search, reasons in ((fits, ()), (far, (Reason.TOO_FAR,))):
        (line,) = lines_of(offer, offer.named(search.patient.case_code.lower()))
        assert (line.search.pk, line.reasons) == (search.pk, reasons)
    assert offer.named("no such code").tolist() == []


def test_search_that_ends_meanwhile_is_left_out() -> None:
    search = SearchFactory()
    offer = _offer(TherapistFactory())
    PlacementSearch.objects.filter(pk=search.pk).delete()
    assert lines_of(offer, offer.fitting) == []


def test_rejection_locks_the_pair_for_a_place_as_well() -> None:
    row = RequestFactory(status="rejected", locked_until=TODAY)
    assert _offer(row.therapist).reject_counts == [(Reason.LOCKED_AFTER_REJECTION, 1)]


@pytest.mark.parametrize("count", [1, 3])
def test_lines_need_one_query(count: int) -> None:
    for _count in range(count):
        SearchFactory()
    offer = _offer(TherapistFactory())
    with CaptureQueriesContext(connection) as captured:
        codes = {line.search.patient.case_code for line in lines_of(offer, offer.fitting)}
    assert (len(codes), len(captured)) == (count, 1)
