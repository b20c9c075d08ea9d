"""From rows to the engine's records: every column from the right place, in a fixed number of queries."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.matching.engine.hours import Interval
from apps.matching.engine.records import SearchRecord, TherapistRecord
from apps.matching.models import TherapistExclusion
from apps.matching.selectors import loading, world
from apps.matching.selectors.search_columns import read_searches
from apps.matching.selectors.therapist_columns import read_therapists
from apps.patients.enums import Purpose
from apps.patients.models import Consent
from apps.therapists.enums import EmailPermission
from tests.factories.matching import InquiryFactory, RequestFactory, SearchFactory
from tests.factories.patients import ConsentFactory, PatientFactory
from tests.factories.therapists import (
    ContactPauseFactory,
    PracticeFactory,
    TherapistFactory,
    WorkplaceFactory,
)
from tests.matching.acts import AT, TODAY, change_parameter, current
from tests.matching.unpacked import search_records, therapist_records

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def _therapist(policy: str = "published", **fields: Any) -> TherapistRecord:
    row = TherapistFactory(**fields)
    (record,) = therapist_records(read_therapists(today=TODAY, email_policy=policy, ids=[row.pk]))
    return record


def _record_of(therapist: Any, **fields: Any) -> TherapistRecord:
    columns = world.load(today=TODAY, parameters=current(), **fields).therapist_columns
    return next(record for record in therapist_records(columns) if record.id == therapist.pk)


def _search(search: Any) -> SearchRecord:
    records = search_records(read_searches(loading.plannable(today=TODAY), today=TODAY))
    return next(record for record in records if record.id == search.pk)


# therapists


def test_therapist_record_carries_the_whole_row() -> None:
    row = TherapistFactory(
        wished_diagnoses=["F32"],
        wished_age_from=18,
        wished_age_to=60,
        wished_gender="female",
        prefers_group=True,
        free_individual_from=TODAY,
        free_group_from=TODAY + DAY,
        is_possibly_free=True,
        knows_agency=True,
        languages=["de", "tr"],
        approvals=[("VT", "adults", "individual"), ("TP", "minors", "group")],
        working_hours=[(0, 480, 600), (2, 480, 540)],
    )
    assert _record_of(row) == TherapistRecord(
        id=row.pk,
        latitude=51.3406,
        longitude=12.3747,
        gender="female",
        is_active=True,
        is_blocked=False,
        is_verified=True,
        do_not_contact=False,
        contact_group=row.contact_group_id,
        paused_until=None,
        last_contact_on=None,
        has_open_inquiry=False,
        has_seat=True,
        is_licensed=True,
        approvals=frozenset({("VT", "adults", "individual"), ("TP", "minors", "group")}),
        languages=frozenset({"de", "tr"}),
        working_hours=(Interval(0, 480, 600), Interval(2, 480, 540)),
        wished_diagnoses=("F32",),
        wished_age_from=18,
        wished_age_to=60,
        wished_gender="female",
        prefers_group=True,
        free_individual_from=date.min,
        free_group_from=date.min,
        possibly_has_places=True,
        knows_agency=True,
        has_email=True,
        region="04",
        practice=row.workplaces.get().practice_id,
        asked_count=0,
        accepted_count=0,
    )


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        ({"status": "inactive"}, "is_active", False),
        ({"status": "blocked", "blocked_reason": "ill", "blocked_since": TODAY}, "is_blocked", True),
        ({"review_status": "unreviewed"}, "is_verified", False),
        ({"do_not_contact_since": TODAY}, "do_not_contact", True),
        ({"seat": "half"}, "has_seat", True),
        ({"seat": "none"}, "has_seat", False),
        ({"is_licensed": False}, "is_licensed", False),
        ({"languages": []}, "languages", frozenset({"de"})),
        ({"working_hours": False}, "working_hours", None),
        ({"working_hours": ()}, "working_hours", None),
        ({"practice": False}, "latitude", None),
        ({"practice__email": ""}, "has_email", False),
    ],
)
def test_therapist_record_maps(fields: dict[str, Any], name: str, value: Any) -> None:
    assert getattr(_therapist(**fields), name) == value


@pytest.mark.parametrize(
    ("policy", "permission", "expected"),
    [
        ("published", False, True),
        ("permission", False, False),
        ("permission", True, True),
    ],
)
def test_therapist_record_has_email_only_as_the_policy_allows(
    policy: str, permission: bool, expected: bool
) -> None:
    fields = {"email_permission_since": TODAY if permission else None}
    how = EmailPermission.ORAL if permission else ""
    assert _therapist(policy, email_permission_how=how, **fields).has_email is expected


def test_therapist_record_takes_the_main_practice() -> None:
    row = TherapistFactory()
    WorkplaceFactory(therapist=row, practice=PracticeFactory(plz="99084", latitude=50.98), is_main=False)
    record = _record_of(row)
    assert (record.latitude, record.region) == (51.3406, "04")


@pytest.mark.parametrize(
    ("starts_on", "until", "lifted", "expected"),
    [
        (TODAY, TODAY, False, TODAY),
        (TODAY - DAY, TODAY - DAY, False, None),
        (TODAY + DAY, TODAY + DAY, False, None),
        (TODAY, TODAY + 9 * DAY, True, None),
    ],
)
def test_therapist_record_knows_the_pauses_in_force(
    starts_on: date, until: date, lifted: bool, expected: date | None
) -> None:
    pause = ContactPauseFactory(starts_on=starts_on, until=until, lifted_at=AT if lifted else None)
    assert _record_of(pause.therapist).paused_until == expected


def test_therapist_record_takes_the_longest_of_several_pauses() -> None:
    pause = ContactPauseFactory()
    ContactPauseFactory(therapist=pause.therapist, until=TODAY + DAY)
    assert _record_of(pause.therapist).paused_until == pause.until


@pytest.mark.parametrize("field", ["last_email_at", "last_call_at", "last_talk_at"])
def test_therapist_record_knows_the_newest_contact(field: str) -> None:
    others = dict.fromkeys(("last_email_at", "last_call_at", "last_talk_at"), AT - 20 * DAY)
    assert _therapist(**{**others, field: AT - 3 * DAY}).last_contact_on == TODAY - 3 * DAY


def test_therapist_record_day_of_a_contact_is_that_of_berlin() -> None:
    midnight = AT.replace(hour=0, minute=30)  # 23:30 of the day before in UTC
    assert _therapist(last_email_at=midnight).last_contact_on == TODAY


def test_therapist_record_counts_inquiries_as_contacts() -> None:
    inquiry = InquiryFactory(status="answered", last_contact_at=AT - 2 * DAY)
    record = _record_of(inquiry.therapist)
    assert (record.last_contact_on, record.has_open_inquiry) == (TODAY - 2 * DAY, False)


@pytest.mark.parametrize("status", ["draft", "released", "sent"])
def test_therapist_record_knows_the_open_inquiry_unless_told_to_ignore_it(status: str) -> None:
    inquiry = InquiryFactory(status=status)
    assert _record_of(inquiry.therapist).has_open_inquiry is True
    assert _record_of(inquiry.therapist, ignore_inquiries=[inquiry.pk]).has_open_inquiry is False


def test_therapist_record_counts_answers_and_silence_but_not_what_was_withdrawn() -> None:
    therapist = TherapistFactory()
    counted = ["accepted", "confirmed", "not_fitting", "conflict", "waitlisted", "rejected", "expired"]
    inquiry = InquiryFactory(therapist=therapist, status="answered")
    for status in (*counted, "sent", "withdrawn", "planned", "released", "dropped"):
        RequestFactory(inquiry=inquiry, status=status)
    record = _record_of(therapist)
    assert (record.asked_count, record.accepted_count) == (7, 4)


# searches


def test_search_record_carries_the_whole_case() -> None:
    patient = PatientFactory(
        searching=True,
        wished_gender="female",
        wished_methods=["VT", "ST"],
        group_wish="also",
        languages=["de", "en"],
        travel_mode="bicycle",
        max_distance_km=12,
        max_travel_minutes=30,
        diagnosis="F32.1",
        availability=[(1, 480, 600)],
    )
    search = SearchFactory(patient=patient, is_kostenerstattung=True)
    excluded, locked = TherapistFactory(), TherapistFactory()
    TherapistExclusion.objects.create(patient=patient, therapist=excluded, source="patient")
    done = InquiryFactory(therapist=locked, status="answered")
    RequestFactory(search=search, inquiry=done, status="rejected", locked_until=TODAY)
    for status in ("planned", "released", "sent", "withdrawn", "expired"):
        RequestFactory(search=search, status=status)
    assert _search(search) == SearchRecord(
        id=search.pk,
        patient_id=patient.pk,
        latitude=51.3397,
        longitude=12.3913,
        birth_date=date(1990, 5, 17),
        gender="female",
        insurance="gkv",
        is_kostenerstattung=True,
        diagnosis="F32.1",
        wished_gender="female",
        wished_methods=frozenset({"VT", "ST"}),
        group_wish="also",
        languages=frozenset({"de", "en"}),
        availability=(Interval(1, 480, 600),),
        travel_mode="bicycle",
        max_distance_km=12.0,
        max_travel_minutes=30,
        excluded_therapists=frozenset({excluded.pk}),
        locked_therapists=frozenset({locked.pk}),
        started_on=date(2026, 11, 2),
        open_requests=3,
    )


def test_search_record_lock_is_over_the_day_after() -> None:
    request = RequestFactory(status="rejected", locked_until=TODAY - DAY)
    assert _search(request.search).locked_therapists == frozenset()


def test_search_record_lock_holds_in_the_next_search_of_the_patient() -> None:
    request = RequestFactory(status="rejected", locked_until=TODAY, search__ended=True)
    newer = SearchFactory(patient=request.search.patient)
    assert _search(newer).locked_therapists == frozenset({request.therapist_id})


def test_search_record_of_unknown_hours_and_no_limit() -> None:
    patient = PatientFactory(searching=True, availability=(), max_distance_km=None, diagnosis="")
    record = _search(SearchFactory(patient=patient))
    assert (record.availability, record.max_distance_km, record.diagnosis) == (None, None, None)


def test_search_records_come_longest_waiting_first() -> None:
    days = [date(2026, 10, 5), date(2026, 9, 1), date(2026, 10, 5)]
    first, second, third = (SearchFactory(started_on=day) for day in days)
    found = read_searches(loading.plannable(today=TODAY), today=TODAY)
    assert found.id.tolist() == [second.pk, first.pk, third.pk]


# who may be planned for


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, True),
        ({"paused": True}, False),
        ({"ended": True}, False),
        ({"status": "trial"}, False),
        ({"status": "placed", "ended_on": TODAY}, False),
        ({"paused_from": TODAY, "pause_reason": "x"}, False),
        ({"paused_from": TODAY + DAY, "pause_reason": "x"}, True),
        ({"paused_from": TODAY - DAY, "paused_until": TODAY, "pause_reason": "x"}, False),
        ({"paused_from": TODAY - 2 * DAY, "paused_until": TODAY - DAY, "pause_reason": "x"}, True),
    ],
)
def test_plannable_is_an_active_search_without_a_pause_of_the_day(
    fields: dict[str, Any], expected: bool
) -> None:
    search = SearchFactory(**fields)
    assert loading.plannable(today=TODAY).filter(pk=search.pk).exists() is expected


@pytest.mark.parametrize("purpose", [Purpose.HEALTH_DATA, Purpose.PSEUDONYMOUS])
def test_plannable_needs_both_consents_in_force(purpose: Purpose) -> None:
    search = SearchFactory()
    consent = Consent.objects.filter(patient=search.patient, purpose=purpose)
    consent.update(withdrawn_on=TODAY)
    assert loading.plannable(today=TODAY).count() == 0
    again = ConsentFactory(patient=search.patient, purpose=purpose, given_on=TODAY + DAY)
    assert loading.plannable(today=TODAY).count() == 0
    Consent.objects.filter(pk=again.pk).update(given_on=TODAY)
    assert list(loading.plannable(today=TODAY)) == [search]


# the world


def test_world_of_one_therapist_holds_everybody_behind_the_mailbox() -> None:
    therapist = TherapistFactory()
    colleague = TherapistFactory(contact_group=therapist.contact_group)
    TherapistFactory()
    loaded = world.load(today=TODAY, parameters=current(), therapist_ids=[therapist.pk])
    assert loaded.therapist_columns.id.tolist() == [therapist.pk, colleague.pk]


def test_world_takes_the_operating_parameters() -> None:
    change_parameter("contact_interval_days", 11)
    change_parameter("weight_hours", "0.3")
    loaded = world.load(today=TODAY, parameters=current())
    assert (loaded.parameters.contact_interval_days, loaded.parameters.weight_hours) == (11, 0.3)
    assert (loaded.parameters.max_requests_per_inquiry, loaded.parameters.open_requests_per_search) == (6, 10)


def test_world_without_rows_is_empty() -> None:
    loaded = world.load(today=TODAY, parameters=current())
    assert (len(loaded.search_columns), len(loaded.therapist_columns)) == (0, 0)


@pytest.mark.parametrize("count", [1, 3])
def test_world_needs_the_same_queries_for_any_number_of_rows(count: int) -> None:
    for _count in range(count):
        request = RequestFactory(status="rejected", locked_until=TODAY)
        TherapistExclusion.objects.create(
            patient=request.search.patient, therapist=request.therapist, source="staff"
        )
        ContactPauseFactory(therapist=request.therapist)
    parameters = current()
    with CaptureQueriesContext(connection) as captured:
        loaded = world.load(today=TODAY, parameters=parameters)
    assert (len(loaded.search_columns), len(loaded.therapist_columns)) == (count, count)
    assert len(captured) == 13
