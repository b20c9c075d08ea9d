from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.therapists import selectors
from apps.therapists.models import ContactGroup, Therapist
from apps.therapists.services import records
from tests.factories.therapists import (
    ContactPauseFactory,
    PracticeFactory,
    TherapistFactory,
    WorkplaceFactory,
)

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
BLOCKED = {
    "status": "blocked",
    "blocked_reason": "moving",
    "blocked_since": TODAY,
    "blocked_until": TODAY + DAY,
}
UNREVIEWED = {"review_status": "unreviewed"}
INACTIVE = {"status": "inactive"}
OBJECTED = {"do_not_contact_since": TODAY}
NO_PERMISSION = {"email_permission_since": None, "email_permission_how": ""}


@pytest.mark.parametrize(
    ("values", "policy", "address"),
    [
        ({}, "published", "a@example.org"),
        ({}, "permission", "a@example.org"),
        (NO_PERMISSION, "published", "a@example.org"),
        (NO_PERMISSION, "permission", None),
        (OBJECTED, "published", None),
        (OBJECTED, "permission", None),
    ],
)
def test_may_be_emailed(values: dict[str, Any], policy: str, address: str | None) -> None:
    therapist = TherapistFactory(practice__email="a@example.org", **values)
    assert selectors.may_be_emailed(therapist=therapist, policy=policy) == address


def test_may_be_emailed_uses_the_main_practice_only() -> None:
    therapist = TherapistFactory(practice__email="")
    WorkplaceFactory(therapist=therapist, is_main=False, practice__email="other@example.org")
    assert selectors.may_be_emailed(therapist=therapist, policy="published") is None


def test_may_be_emailed_without_practice() -> None:
    assert selectors.may_be_emailed(therapist=TherapistFactory(practice=False), policy="published") is None


def test_may_be_emailed_knows_no_other_policy() -> None:
    with pytest.raises(ValueError, match="always"):
        selectors.may_be_emailed(therapist=TherapistFactory(), policy="always")


def test_phone_of_prefers_the_main_practice() -> None:
    therapist = TherapistFactory(practice=False)
    WorkplaceFactory(therapist=therapist, is_main=False, practice__phone="+493411111111")
    WorkplaceFactory(therapist=therapist, is_main=True, practice__phone="+493412222222")
    assert selectors.phone_of(therapist) == "+493412222222"


def test_phone_of_falls_back_to_another_practice() -> None:
    therapist = TherapistFactory(practice__phone="")
    WorkplaceFactory(therapist=therapist, is_main=False, practice__phone="+493411111111")
    assert selectors.phone_of(therapist) == "+493411111111"


def test_phone_of_nobody_is_empty() -> None:
    assert selectors.phone_of(TherapistFactory(practice=False)) == ""


def test_main_practice_falls_back_to_any() -> None:
    therapist = TherapistFactory(practice=False)
    assert selectors.main_practice(therapist) is None
    place = WorkplaceFactory(therapist=therapist, is_main=False)
    assert selectors.main_practice(therapist) == place.practice


def test_salutation_line_reads_the_record() -> None:
    therapist = TherapistFactory(salutation="ms", title="Dr. phil. Dipl.-Psych.", last_name="Müller")
    assert selectors.salutation_line(therapist) == "Sehr geehrte Frau Dr. Müller"


def test_salutation_line_does_not_guess_from_gender_or_name() -> None:
    therapist = TherapistFactory(salutation="none", gender="female", first_name="Eva", last_name="Linde")
    assert selectors.salutation_line(therapist) == "Guten Tag Eva Linde"


@pytest.mark.parametrize(
    ("values", "is_in_force"),
    [
        ({"starts_on": TODAY, "until": TODAY}, True),
        ({"starts_on": TODAY - DAY, "until": TODAY + DAY}, True),
        ({"starts_on": TODAY - DAY, "until": TODAY - DAY}, False),
        ({"starts_on": TODAY + DAY, "until": TODAY + DAY}, False),
        ({"lifted_at": datetime.fromisoformat("2026-11-23T08:00+01:00")}, False),
    ],
)
def test_pauses_in_force(values: dict[str, Any], is_in_force: bool) -> None:
    pause = ContactPauseFactory(**values)
    assert list(selectors.pauses_in_force(TODAY)) == ([pause] if is_in_force else [])


STATES = [
    ({}, "contactable", None),
    (UNREVIEWED, "unreviewed", None),
    (BLOCKED, "blocked", TODAY + DAY),
    (BLOCKED | UNREVIEWED, "blocked", TODAY + DAY),
    (INACTIVE, "inactive", None),
    (INACTIVE | UNREVIEWED, "inactive", None),
    (OBJECTED, "objected", None),
    (OBJECTED | BLOCKED, "objected", None),
    (OBJECTED | INACTIVE, "objected", None),
    (OBJECTED | UNREVIEWED, "objected", None),
]


@pytest.mark.parametrize(("values", "code", "until"), STATES)
def test_contact_state(values: dict[str, Any], code: str, until: date | None) -> None:
    state = selectors.contact_state(TherapistFactory(**values), TODAY)
    assert (state.code, state.until) == (code, until)
    assert state.label == selectors.CONTACT_STATES[code]


@pytest.mark.parametrize(("values", "code", "until"), STATES)
@pytest.mark.parametrize("is_paused", [False, True])
def test_in_contact_state_agrees_with_contact_state(
    values: dict[str, Any], code: str, until: date | None, is_paused: bool
) -> None:
    therapist = TherapistFactory(**values)
    if is_paused:
        ContactPauseFactory(therapist=therapist)
    rows = selectors.therapist_list(TODAY)
    found = [state for state in selectors.CONTACT_STATES if selectors.in_contact_state(rows, state).exists()]
    assert found == [selectors.contact_state(therapist, TODAY).code]
    assert found == [selectors.contact_state(rows.get(), TODAY).code]


def test_contact_state_counts_pauses_of_the_whole_group() -> None:
    group = ContactGroup.objects.create()
    therapist, colleague = TherapistFactory.create_batch(2, contact_group=group)
    ContactPauseFactory(therapist=colleague, until=TODAY + 3 * DAY)
    ContactPauseFactory(therapist=therapist, until=TODAY + DAY)
    state = selectors.contact_state(therapist, TODAY)
    assert (state.code, state.until) == ("paused", TODAY + 3 * DAY)


def test_contact_state_ignores_pauses_of_strangers() -> None:
    ContactPauseFactory()
    assert selectors.contact_state(TherapistFactory(), TODAY).code == "contactable"


def test_therapist_list_knows_place_and_pause() -> None:
    therapist = TherapistFactory(practice=False)
    WorkplaceFactory(therapist=therapist, is_main=False, practice__plz="06108", practice__city="Halle")
    WorkplaceFactory(therapist=therapist, is_main=True, practice__plz="04109", practice__city="Leipzig")
    ContactPauseFactory(therapist=therapist, until=TODAY + DAY)
    row = selectors.therapist_list(TODAY).get()
    assert (row.main_plz, row.main_city, row.paused_until) == ("04109", "Leipzig", TODAY + DAY)


def test_therapist_list_needs_no_query_per_row() -> None:
    TherapistFactory.create_batch(3)
    with CaptureQueriesContext(connection) as captured:
        for row in selectors.therapist_list(TODAY):
            selectors.contact_state(row, TODAY)
            selectors.may_be_emailed(therapist=row, policy="published")
            selectors.phone_of(row)
            list(row.approvals.all())
    assert len(captured) == 3


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("linde", True),
        ("eva", True),
        ("eva linde", True),
        ("heilraum", True),
        ("04109", True),
        ("041", True),
        ("leip", True),
        ("linde leipzig", True),
        ("109", False),
        ("linde halle", False),
        ("buche", False),
        ("%", False),
        ("", True),
    ],
)
def test_matching_text(text: str, is_found: bool) -> None:
    TherapistFactory(first_name="Eva", last_name="Linde", practice__name="Heilraum")
    assert selectors.matching_text(Therapist.objects.all(), text).exists() is is_found


def test_matching_text_finds_a_therapist_of_two_practices_once() -> None:
    therapist = TherapistFactory(practice__city="Leipzig")
    WorkplaceFactory(therapist=therapist, is_main=False, practice__city="Leipzig")
    assert list(selectors.matching_text(Therapist.objects.all(), "leipzig")) == [therapist]


def test_unreviewed_is_a_queue_of_active_records() -> None:
    second, first = TherapistFactory.create_batch(2, **UNREVIEWED)
    TherapistFactory()
    for values in (INACTIVE, BLOCKED, OBJECTED):
        TherapistFactory(**UNREVIEWED, **values)
    Therapist.objects.filter(pk=first.pk).update(created_at=second.created_at - DAY)
    assert list(selectors.unreviewed()) == [first, second]


def test_hours_come_in_order_and_by_kind() -> None:
    therapist = TherapistFactory(phone_hours=[(2, 480, 540), (0, 600, 660)], working_hours=[(1, 0, 60)])
    assert selectors.hours(therapist, "phone") == [(0, 600, 660), (2, 480, 540)]
    assert selectors.hours(therapist, "working") == [(1, 0, 60)]


@pytest.mark.parametrize(
    ("phone_hours", "is_doubtful"),
    [([], False), ([(0, 480, 579)], True), ([(0, 480, 580)], False), ([(0, 480, 530), (1, 480, 530)], False)],
)
def test_phone_time_below_a_hundred_minutes_is_doubtful(phone_hours: Any, is_doubtful: bool) -> None:
    assert selectors.is_phone_time_doubtful(TherapistFactory(phone_hours=phone_hours)) is is_doubtful


def test_colleagues_are_the_others_of_the_group() -> None:
    group = ContactGroup.objects.create()
    therapist, other = TherapistFactory.create_batch(2, contact_group=group, practice=PracticeFactory())
    TherapistFactory()
    assert list(selectors.colleagues(therapist)) == [other]


def test_pauses_of_group_show_everybody_and_everything() -> None:
    group = ContactGroup.objects.create()
    therapist, other = TherapistFactory.create_batch(2, contact_group=group)
    old = ContactPauseFactory(therapist=other, starts_on=TODAY - 9 * DAY, until=TODAY - DAY)
    new = ContactPauseFactory(therapist=therapist)
    ContactPauseFactory()
    assert list(selectors.pauses_of_group(therapist)) == [new, old]


def test_record_changes_name_fields_and_person(at: datetime, coordinator: User) -> None:
    therapist = TherapistFactory(title="")
    records.update(therapist=therapist, changes={"title": "Dr.", "seat": "half"}, actor=coordinator, at=at)
    (change,) = selectors.record_changes(therapist)
    assert (change["user_id"], change["fields"]) == (coordinator.pk, ["title", "seat"])


def test_record_changes_leave_states_to_the_history() -> None:
    therapist = TherapistFactory()
    Therapist.objects.filter(pk=therapist.pk).update(status="inactive")
    assert selectors.record_changes(therapist) == []
