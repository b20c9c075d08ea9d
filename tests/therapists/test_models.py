"""What the database itself refuses, and how rows read."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from apps.therapists.models import (
    Approval,
    ContactPause,
    Practice,
    Therapist,
    TherapistHistory,
    WeeklyHours,
    Workplace,
)
from tests.factories.therapists import (
    ApprovalFactory,
    ContactPauseFactory,
    PracticeFactory,
    TherapistFactory,
    WorkplaceFactory,
)

pytestmark = pytest.mark.django_db


def assert_refused(constraint: str, act: Any) -> None:
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        act()
    assert constraint in str(error.value)


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("therapist_status_known", {"status": "retired"}),
        ("therapist_review_known", {"review_status": "glanced"}),
        ("therapist_gender_known", {"gender": "guess"}),
        ("therapist_seat_known", {"seat": "most"}),
        ("therapist_blocked_with_reason", {"status": "blocked"}),
        ("therapist_blocked_with_reason", {"status": "blocked", "blocked_reason": "moving"}),
        ("therapist_blocked_with_reason", {"status": "blocked", "blocked_since": date(2026, 11, 23)}),
        (
            "therapist_blocked_in_order",
            {"blocked_since": date(2026, 11, 23), "blocked_until": date(2026, 11, 22)},
        ),
        ("therapist_age_wish_in_order", {"wished_age_from": 30, "wished_age_to": 20}),
        ("therapist_permission_whole", {"email_permission_since": None}),
        ("therapist_permission_whole", {"email_permission_how": ""}),
    ],
)
def test_therapist_constraint_refuses(constraint: str, values: dict[str, Any]) -> None:
    therapist = TherapistFactory()
    assert_refused(constraint, lambda: Therapist.objects.filter(pk=therapist.pk).update(**values))


@pytest.mark.parametrize(
    "values",
    [
        {"status": "blocked", "blocked_reason": "moving", "blocked_since": date(2026, 11, 23)},
        {"wished_age_from": 30, "wished_age_to": 0},
        {"wished_age_from": 30, "wished_age_to": 30},
        {"email_permission_since": None, "email_permission_how": ""},
    ],
)
def test_therapist_constraint_accepts(values: dict[str, Any]) -> None:
    therapist = TherapistFactory()
    assert Therapist.objects.filter(pk=therapist.pk).update(**values) == 1


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("practice_plz_form", {"plz": "0410"}),
        ("practice_plz_form", {"plz": "ABCDE"}),
        ("practice_place_whole", {"latitude": None}),
        ("practice_place_whole", {"longitude": None}),
        ("practice_place_whole", {"latitude": 91.0}),
        ("practice_place_whole", {"longitude": 181.0}),
    ],
)
def test_practice_constraint_refuses(constraint: str, values: dict[str, Any]) -> None:
    practice = PracticeFactory()
    assert_refused(constraint, lambda: Practice.objects.filter(pk=practice.pk).update(**values))


def test_workplace_once_per_practice() -> None:
    therapist = TherapistFactory()
    practice = therapist.practices.get()
    assert_refused("workplace_once", lambda: _workplace(therapist, practice, is_main=False))


def test_workplace_has_one_main() -> None:
    therapist = TherapistFactory()
    assert_refused("workplace_one_main", lambda: _workplace(therapist, PracticeFactory(), is_main=True))


def test_workplace_keeps_its_practice() -> None:
    therapist = TherapistFactory()
    with pytest.raises(ProtectedError):
        therapist.practices.get().delete()


def test_approval_is_unique() -> None:
    therapist = TherapistFactory(approvals=[("VT", "adults", "individual")])
    assert_refused("approval_once", lambda: ApprovalFactory(therapist=therapist))


@pytest.mark.parametrize("values", [{"method": "XX"}, {"age_group": "all"}, {"setting": "couple"}])
def test_approval_knows_its_words(values: dict[str, str]) -> None:
    TherapistFactory()
    assert_refused("approval_known", lambda: Approval.objects.update(**values))


def test_hours_know_their_kind() -> None:
    TherapistFactory(working_hours=(), phone_hours=[(0, 480, 540)])
    assert_refused("hours_kind_known", lambda: WeeklyHours.objects.update(kind="lunch"))


@pytest.mark.parametrize("kind", ["phone", "working"])
@pytest.mark.parametrize(
    ("weekday", "start", "end"), [(7, 480, 540), (0, 540, 540), (0, 540, 480), (0, 0, 1441)]
)
def test_hours_lie_inside_a_day(kind: str, weekday: int, start: int, end: int) -> None:
    therapist = TherapistFactory(working_hours=(), phone_hours=())
    assert_refused("phone_hours_in_order", lambda: _hours(therapist, kind, weekday, start, end))


@pytest.mark.parametrize("kind", ["phone", "working"])
def test_hours_of_one_kind_do_not_overlap(kind: str) -> None:
    therapist = TherapistFactory(working_hours=(), phone_hours=())
    _hours(therapist, kind, 0, 480, 600)
    assert_refused(f"{kind}_hours_no_overlap", lambda: _hours(therapist, kind, 0, 590, 660))


def test_hours_may_touch_and_differ_by_day_kind_and_therapist() -> None:
    therapist, other = TherapistFactory.create_batch(2, working_hours=(), phone_hours=())
    _hours(therapist, "phone", 0, 480, 600)
    _hours(therapist, "phone", 0, 600, 660)
    _hours(therapist, "phone", 1, 480, 600)
    _hours(therapist, "working", 0, 480, 600)
    _hours(other, "phone", 0, 480, 600)
    assert WeeklyHours.objects.count() == 5


def test_pause_ends_after_it_begins() -> None:
    pause = ContactPauseFactory()
    assert_refused("pause_in_order", lambda: _update(pause, until=date(2026, 11, 22)))


def test_pause_knows_its_reason() -> None:
    pause = ContactPauseFactory()
    assert_refused("pause_reason_known", lambda: _update(pause, reason="mood"))


def test_contact_group_keeps_while_it_has_therapists() -> None:
    therapist = TherapistFactory()
    with pytest.raises(ProtectedError):
        therapist.contact_group.delete()


def test_therapist_reads_as_a_name() -> None:
    therapist = TherapistFactory(title="Dr.", first_name="Eva", last_name="Linde")
    assert str(therapist) == "Linde, Eva"
    assert therapist.full_name == "Dr. Eva Linde"
    assert therapist.get_absolute_url() == f"/therapists/{therapist.pk}/"


def test_therapist_without_first_name_reads_as_last_name() -> None:
    assert str(Therapist(last_name="Linde")) == "Linde"


def test_rows_read_as_text() -> None:
    therapist = TherapistFactory(practice__name="", practice__street="Lindenstraße 1", working_hours=())
    place = therapist.workplaces.get()
    assert str(place) == str(place.practice) == "Lindenstraße 1, 04109 Leipzig"
    assert str(therapist.contact_group) == f"#{therapist.contact_group_id}"
    assert str(therapist.approvals.get()).startswith("VT · ")
    assert str(ContactPauseFactory(therapist=therapist)) == "2026-11-23 – 2026-12-21"
    assert str(TherapistHistory(old="active", new="blocked")) == "active → blocked"


def test_changes_leave_an_audit_row_with_the_old_and_the_new() -> None:
    therapist = TherapistFactory(last_name="Linde")
    therapist.last_name = "Buche"
    therapist.save(update_fields=["last_name"])
    names = therapist.events.order_by("pgh_id").values_list("last_name", flat=True)
    assert list(names) == ["Linde", "Buche"]


def test_main_practice_comes_first() -> None:
    therapist = TherapistFactory(practice=False)
    second = WorkplaceFactory(therapist=therapist, is_main=False)
    main = WorkplaceFactory(therapist=therapist, is_main=True)
    assert list(therapist.workplaces.all()) == [main, second]


def test_history_is_in_order_of_time() -> None:
    therapist = TherapistFactory()
    for day in (2, 1):
        therapist.history.create(
            old="a", new=str(day), at=datetime(2026, 11, day, tzinfo=UTC), operation="0" * 32
        )
    assert [row.new for row in therapist.history.all()] == ["1", "2"]


def _workplace(therapist: Therapist, practice: Practice, *, is_main: bool) -> Workplace:
    return Workplace.objects.create(therapist=therapist, practice=practice, is_main=is_main)


def _hours(therapist: Therapist, kind: str, weekday: int, start: int, end: int) -> WeeklyHours:
    return WeeklyHours.objects.create(
        therapist=therapist, kind=kind, weekday=weekday, start_minute=start, end_minute=end
    )


def _update(pause: ContactPause, **values: Any) -> None:
    ContactPause.objects.filter(pk=pause.pk).update(**values)
