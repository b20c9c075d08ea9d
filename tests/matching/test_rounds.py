"""Planning a round. A plain checker looks at the rows afterwards and knows nothing of the engine."""

from collections import Counter
from datetime import date, timedelta
from math import asin, cos, radians, sin, sqrt
from typing import Any

import pytest

from apps.accounts.models import User
from apps.core.errors import StaleState
from apps.matching.enums import InquiryStatus, RequestStatus, RoundStatus, SearchStatus
from apps.matching.models import Inquiry, PlacementRequest, PlacementSearch, Round, TherapistExclusion
from apps.matching.services import release, rounds
from apps.patients.enums import Purpose
from apps.patients.services import consents
from apps.therapists.models import ContactPause
from apps.therapists.services import status
from tests.factories.matching import InquiryFactory, RequestFactory, RoundFactory, SearchFactory
from tests.factories.patients import ConsentFactory, PatientFactory
from tests.factories.therapists import ContactPauseFactory, TherapistFactory
from tests.matching.acts import (
    AT,
    TODAY,
    asked,
    by_phone,
    change_parameter,
    fresh,
    let_out,
    operations,
    pairs,
    plan,
    refused,
    reject,
    status_of,
    steps,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def _plan_round(actor: Any = None) -> Round:
    return rounds.plan_round(actor=actor, at=AT, today=TODAY)


def _add(search: Any, therapist: Any, today: date = TODAY) -> PlacementRequest:
    return rounds.add_request(search=search, therapist=therapist, actor=None, at=AT, today=today)


# the checker


def _km(one: Any, other: Any) -> float:
    """Great circle; an unknown place is infinitely far."""
    if None in (one.latitude, other.latitude):
        return float("inf")
    lat1, lon1, lat2, lon2 = map(radians, (one.latitude, one.longitude, other.latitude, other.longitude))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371 * asin(sqrt(half))


def _group(therapist: Any) -> list[Any]:
    return list(therapist.contact_group.therapists.all())


def _wrong_with_therapist(therapist: Any, inquiry: Inquiry) -> list[str]:
    group = _group(therapist)
    others = Inquiry.objects.filter(therapist__in=group).exclude(pk=inquiry.pk)
    pauses = ContactPause.objects.filter(therapist__in=group, lifted_at=None)
    contacts = [
        moment
        for one in group
        for moment in (one.last_email_at, one.last_call_at, one.last_talk_at)
        if moment
    ]
    contacts += [other.last_contact_at for other in others if other.last_contact_at]
    checks = {
        "not active": therapist.status != "active",
        "not verified": therapist.review_status != "verified",
        "objected": therapist.do_not_contact_since is not None,
        "open inquiry": any(other.status in ("draft", "released", "sent") for other in others),
        "pause": any(pause.starts_on <= TODAY <= pause.until for pause in pauses),
        "recent contact": any((TODAY - moment.date()).days < 7 for moment in contacts),
    }
    return [name for name, is_wrong in checks.items() if is_wrong]


def _wrong_with_pair(request: PlacementRequest) -> list[str]:
    search, patient, therapist = request.search, request.search.patient, request.therapist
    before = PlacementRequest.objects.filter(search__patient=patient, therapist=therapist)
    given = set(patient.consents.filter(withdrawn_on=None).values_list("purpose", flat=True))
    practice = therapist.workplaces.get(is_main=True).practice
    age = (TODAY - patient.birth_date).days / 365.25
    checks = {
        "search not active": search.status != "active",
        "consent": not {"health_data", "pseudonymous"} <= given,
        "too far": _km(patient, practice) > patient.max_distance_km,
        "excluded": TherapistExclusion.objects.filter(patient=patient, therapist=therapist).exists(),
        "locked": any(row.locked_until and row.locked_until >= TODAY for row in before),
        "no seat": patient.insurance_kind == "gkv" and therapist.seat == "none",
        "age": age >= 21 and not therapist.approvals.filter(age_group="adults").exists(),
        "method": bool(patient.wished_methods)
        and not therapist.approvals.filter(method__in=patient.wished_methods).exists(),
        "patient's wish": patient.wished_gender not in ("any", therapist.gender),
    }
    return [name for name, is_wrong in checks.items() if is_wrong]


def complaints(round_: Round) -> list[str]:
    """Every rule of DOMAIN sections 5 and 6 that a line of the round breaks."""
    found = []
    for inquiry in round_.inquiries.all():
        lines = list(inquiry.requests.filter(status="planned"))
        if not 1 <= len(lines) <= 6:
            found.append(f"{inquiry}: {len(lines)} requests")
        found += [f"{inquiry}: {wrong}" for wrong in _wrong_with_therapist(inquiry.therapist, inquiry)]
        found += [f"{line}: {wrong}" for line in lines for wrong in _wrong_with_pair(line)]
    per_search = Counter(
        PlacementRequest.objects.filter(status__in=["planned", "released", "sent"]).values_list(
            "search", flat=True
        )
    )
    found += [f"search {search}: {count} open" for search, count in per_search.items() if count > 10]
    groups = Counter(round_.inquiries.values_list("therapist__contact_group", flat=True))
    return found + [f"group {group}: {count} inquiries" for group, count in groups.items() if count > 1]


def _people_who_must_not_be_planned_for() -> list[PlacementSearch]:
    moved = PatientFactory(searching=True, latitude=48.14, longitude=11.58)
    nowhere = PatientFactory(searching=True, latitude=None, longitude=None, precision="none")
    silent = PatientFactory(searching=True, consents=[Purpose.HEALTH_DATA])
    found = [SearchFactory(patient=patient) for patient in (moved, nowhere, silent)]
    found.append(SearchFactory(paused=True))
    found.append(SearchFactory(paused_from=TODAY, paused_until=TODAY, pause_reason="today only"))
    found.append(SearchFactory(status=SearchStatus.TRIAL))
    return found


def _therapists_nobody_may_contact() -> list[Any]:
    pause = ContactPauseFactory(starts_on=TODAY - DAY, until=TODAY)
    return [
        TherapistFactory(review_status="unreviewed"),
        TherapistFactory(status="inactive"),
        TherapistFactory(status="blocked", blocked_reason="ill", blocked_since=TODAY),
        TherapistFactory(do_not_contact_since=TODAY),
        TherapistFactory(last_call_at=AT - 6 * DAY),
        TherapistFactory(seat="none"),
        TherapistFactory(practice__latitude=None, practice__longitude=None, practice__precision="none"),
        TherapistFactory(practice__email="", practice__phone=""),
        TherapistFactory(approvals=[("VT", "minors", "individual")]),
        pause.therapist,
        TherapistFactory(contact_group=pause.therapist.contact_group),
        InquiryFactory().therapist,
    ]


def test_plan_round_breaks_no_rule_and_uses_everybody_it_may() -> None:
    unplannable, untouchable = _people_who_must_not_be_planned_for(), _therapists_nobody_may_contact()
    searches = [SearchFactory(started_on=TODAY - number * DAY) for number in range(8)]
    wish = PatientFactory(searching=True, wished_gender="male", wished_methods=["ST"])
    choosy = SearchFactory(patient=wish)
    free = [TherapistFactory() for _count in range(3)]
    TherapistFactory(contact_group=free[0].contact_group)
    rested = TherapistFactory(last_email_at=AT - 7 * DAY)
    fitting = TherapistFactory(gender="male", approvals=[("ST", "adults", "individual")])
    TherapistExclusion.objects.create(patient=searches[0].patient, therapist=free[1], source="patient")
    answered = InquiryFactory(therapist=free[2], status="answered", last_contact_at=AT - 20 * DAY)
    RequestFactory(search=searches[1], inquiry=answered, status="rejected", locked_until=TODAY)
    round_ = _plan_round()
    assert complaints(round_) == []
    planned = pairs(PlacementRequest.objects.filter(inquiry__round=round_))
    assert {search for search, _therapist in planned} == {row.pk for row in (*searches, choosy)}
    assert not {row.pk for row in unplannable} & {search for search, _therapist in planned}
    used = {therapist for _search, therapist in planned}
    assert not {row.pk for row in untouchable} & used
    assert {free[1].pk, free[2].pk, rested.pk, fitting.pk} <= used
    assert (choosy.pk, fitting.pk) in planned
    assert (searches[0].pk, free[1].pk) not in planned
    assert (searches[1].pk, free[2].pk) not in planned


def test_checker_sees_what_is_wrong() -> None:
    """The checker itself is not blind: each breach is named."""
    therapist = TherapistFactory(review_status="unreviewed", last_call_at=AT)
    far = SearchFactory(patient=PatientFactory(searching=True, latitude=48.14, longitude=11.58, consents=()))
    round_ = RoundFactory()
    inquiry = InquiryFactory(round=round_, therapist=therapist, status="draft")
    for search in (far, *(SearchFactory() for _count in range(6))):
        RequestFactory(inquiry=inquiry, search=search, status="planned")
    text = " ".join(complaints(round_))
    for word in ("7 requests", "not verified", "recent contact", "too far", "consent"):
        assert word in text


def test_plan_round_writes_what_it_saw(coordinator: User) -> None:
    SearchFactory()
    therapist = TherapistFactory()
    round_ = _plan_round(coordinator)
    assert (round_.status, round_.planned_for, round_.created_by) == ("draft", TODAY, coordinator)
    assert (round_.searches_count, round_.therapists_count, round_.candidates_count) == (1, 1, 1)
    assert (len(round_.result_hash), round_.parameters_version) == (64, 0)
    request = PlacementRequest.objects.get()
    assert (request.status, request.therapist, request.is_manual) == ("planned", therapist, False)
    assert request.inquiry.contact_group == therapist.contact_group
    assert set(request.score_parts) == {"acceptance", "distance", "hours", "email"}
    facts = request.plan_facts
    assert (facts["rank"], facts["option_count"], facts["waiting_days"]) == (1, 1, 21)
    assert facts["reasons"] == ["first_request", "only_option"]
    assert (request.distance_km, request.common_minutes) == (1.2, 1500)
    assert len(operations(AT)) == 1
    assert steps(request) == [("", "planned")]


def test_plan_round_names_the_version_of_the_parameters() -> None:
    change_parameter("max_requests_per_inquiry", 2)
    for _count in range(3):
        SearchFactory()
    TherapistFactory()
    round_ = _plan_round()
    assert round_.parameters_version > 0
    assert PlacementRequest.objects.count() == 2


def test_plan_round_puts_at_most_six_longest_waiting_into_one_inquiry() -> None:
    searches = [SearchFactory(started_on=TODAY - 10 * number * DAY) for number in range(1, 9)]
    TherapistFactory()
    _plan_round()
    planned = {request.search_id for request in PlacementRequest.objects.all()}
    assert Inquiry.objects.count() == 1
    assert planned == {search.pk for search in searches[2:]}


def test_plan_round_keeps_ten_open_requests_per_search() -> None:
    search = SearchFactory()
    for _count in range(3):
        asked(search)
    for _count in range(9):
        TherapistFactory()
    _plan_round()
    states = Counter(search.requests.values_list("status", flat=True))
    assert states == {"sent": 3, "planned": 7}


def test_plan_round_asks_one_of_a_shared_mailbox() -> None:
    SearchFactory()
    therapist = TherapistFactory()
    TherapistFactory(contact_group=therapist.contact_group)
    _plan_round()
    assert Inquiry.objects.count() == 1


def test_plan_round_takes_the_phone_where_no_address_may_be_used() -> None:
    SearchFactory()
    silent = by_phone()
    forbidden = TherapistFactory(email_permission_since=None, email_permission_how="")
    change_parameter("email_policy", "permission")
    written = TherapistFactory()
    _plan_round()
    channels = dict(Inquiry.objects.values_list("therapist", "channel"))
    assert channels == {silent.pk: "phone", forbidden.pk: "phone", written.pk: "email"}


def test_plan_round_with_a_draft_waiting_is_refused() -> None:
    _plan_round()
    with refused():
        _plan_round()
    assert Round.objects.count() == 1


def test_plan_round_with_nobody_is_an_empty_draft() -> None:
    round_ = _plan_round()
    assert (round_.searches_count, round_.therapists_count, round_.inquiries.count()) == (0, 0, 0)


def test_plan_round_beside_an_inquiry_of_the_same_moment_is_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between looking and writing somebody fills an inquiry for the same therapist by hand."""
    search, therapist = SearchFactory(), TherapistFactory()
    look = rounds._plan

    def slow(*args: Any) -> Any:
        plan(SearchFactory(), therapist=therapist)
        return look(*args)

    monkeypatch.setattr(rounds, "_plan", slow)
    with pytest.raises(StaleState):
        _plan_round()
    assert (Round.objects.count(), search.requests.count()) == (0, 0)


# dropping and adding by hand


def test_drop_request_takes_one_line_out(coordinator: User) -> None:
    inquiry = plan(SearchFactory(), SearchFactory())
    first, second = inquiry.requests.order_by("id")
    rounds.drop_request(request=first, actor=coordinator, at=AT)
    assert status_of(first, second, inquiry) == ["dropped", "planned", "draft"]
    row = first.history.order_by("-id").first()
    assert (row.old, row.new, row.actor, bool(row.reason)) == ("planned", "dropped", coordinator, True)


def test_drop_request_last_line_cancels_the_inquiry() -> None:
    inquiry = plan()
    rounds.drop_request(request=inquiry.requests.get(), actor=None, at=AT)
    assert status_of(inquiry) == ["cancelled"]


def test_drop_request_with_an_old_click_is_stale() -> None:
    """The page was loaded before somebody released the inquiry."""
    request = plan().requests.get()
    release.release_inquiry(inquiry=request.inquiry, actor=None, at=AT, today=TODAY)
    with pytest.raises(StaleState):
        rounds.drop_request(request=request, actor=None, at=AT)
    assert status_of(request, request.inquiry) == ["released", "released"]


def test_add_request_fills_the_open_draft() -> None:
    therapist = TherapistFactory()
    first, second = _add(SearchFactory(), therapist), _add(SearchFactory(), therapist)
    assert first.inquiry == second.inquiry
    assert (second.is_manual, second.status, second.inquiry.round) == (True, "planned", None)
    assert (second.distance_km, second.common_minutes) == (1.2, 1500)
    assert second.score > 0


def test_add_request_fills_the_draft_of_a_round() -> None:
    SearchFactory()
    therapist = TherapistFactory()
    round_ = _plan_round()
    request = _add(SearchFactory(), therapist)
    assert request.inquiry.round == round_


def test_add_request_after_dropping_the_line_brings_it_back() -> None:
    inquiry = plan(SearchFactory(), SearchFactory())
    request = inquiry.requests.earliest("id")
    rounds.drop_request(request=request, actor=None, at=AT)
    again = _add(request.search, inquiry.therapist)
    assert (again, again.status, again.is_manual, again.ended_at) == (request, "planned", True, None)
    assert steps(request) == [("", "planned"), ("planned", "dropped"), ("dropped", "planned")]


def test_add_request_seventh_is_refused() -> None:
    therapist = TherapistFactory()
    for _count in range(6):
        _add(SearchFactory(), therapist)
    with refused():
        _add(SearchFactory(), therapist)
    assert PlacementRequest.objects.count() == 6


def test_add_request_eleventh_of_a_search_is_refused() -> None:
    search = SearchFactory()
    for _count in range(10):
        RequestFactory(search=search)
    with refused():
        _add(search, TherapistFactory())
    assert search.requests.count() == 10


def _blocked() -> Any:
    therapist = TherapistFactory()
    status.block(therapist=therapist, reason="ill", until=None, actor=None, at=AT)
    return therapist


@pytest.mark.parametrize(
    "therapist",
    [
        _blocked,
        lambda: TherapistFactory(review_status="unreviewed"),
        lambda: TherapistFactory(do_not_contact_since=TODAY),
        lambda: TherapistFactory(seat="none"),
        lambda: TherapistFactory(practice__latitude=52.52, practice__longitude=13.4),
        lambda: TherapistFactory(last_email_at=AT - 6 * DAY),
        lambda: ContactPauseFactory().therapist,
        lambda: let_out().therapist,
        lambda: TherapistFactory(contact_group=plan().contact_group),
        lambda: TherapistFactory(practice__email="", practice__phone=""),
    ],
)
def test_add_request_keeps_the_same_rules(therapist: Any) -> None:
    search, one = SearchFactory(), therapist()
    with refused() as error:
        _add(search, one)
    assert str(error.value.message) != ""
    assert search.requests.count() == 0


def test_add_request_names_every_reason() -> None:
    therapist = TherapistFactory(seat="none", review_status="unreviewed")
    with refused() as error:
        _add(SearchFactory(), therapist)
    assert str(error.value.message).count(".") == 2


@pytest.mark.parametrize(
    "fields", [{"paused": True}, {"ended": True}, {"paused_from": TODAY, "pause_reason": "from today"}]
)
def test_add_request_for_a_search_that_is_not_active_is_refused(fields: dict[str, Any]) -> None:
    search = SearchFactory(**fields)
    with refused():
        _add(search, TherapistFactory())
    assert search.requests.count() == 0


@pytest.mark.parametrize("purpose", [Purpose.HEALTH_DATA, Purpose.PSEUDONYMOUS])
def test_add_request_without_a_consent_is_refused(purpose: Purpose) -> None:
    search = SearchFactory()
    consents.withdraw(patient=search.patient, purpose=purpose, on=TODAY, at=AT)
    with refused():
        _add(search, TherapistFactory())
    ConsentFactory(patient=search.patient, purpose=purpose, given_on=TODAY)
    assert _add(search, TherapistFactory()).status == RequestStatus.PLANNED


def test_add_request_to_a_locked_therapist_is_refused_until_the_lock_ends() -> None:
    request = asked()
    reject(request)
    with refused():
        _add(request.search, request.therapist, TODAY + 28 * DAY)
    assert _add(request.search, request.therapist, TODAY + 29 * DAY).status == "planned"


# discarding


def test_discard_throws_the_rest_away() -> None:
    SearchFactory()
    TherapistFactory(), TherapistFactory()
    round_ = _plan_round()
    later = AT + DAY
    rounds.discard(round_=round_, actor=None, at=later)
    assert status_of(round_) == [RoundStatus.DISCARDED]
    assert set(Inquiry.objects.values_list("status", flat=True)) == {InquiryStatus.CANCELLED}
    assert set(PlacementRequest.objects.values_list("status", flat=True)) == {RequestStatus.DROPPED}
    assert len(operations(later)) == 1
    assert _plan_round().inquiries.count() == 2


def test_discard_after_a_part_went_out_keeps_that_part() -> None:
    SearchFactory()
    TherapistFactory(), TherapistFactory()
    round_ = _plan_round()
    first, second = round_.inquiries.order_by("id")
    release.release_inquiry(inquiry=first, actor=None, at=AT, today=TODAY)
    rounds.discard(round_=round_, actor=None, at=AT)
    assert status_of(round_, first, second) == ["released", "released", "cancelled"]
    with pytest.raises(StaleState):
        rounds.discard(round_=fresh(round_), actor=None, at=AT)
