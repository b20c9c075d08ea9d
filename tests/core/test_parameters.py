from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, ProgrammingError, transaction
from django.db.models import ProtectedError

from apps.accounts.models import User
from apps.core import parameters
from apps.core.models import ParameterChange
from apps.core.parameters import DEFINITIONS, change, check, current

pytestmark = pytest.mark.django_db

NUMBERS = [name for name, definition in DEFINITIONS.items() if not definition.choices]


def test_defaults_are_those_of_the_domain(at: datetime) -> None:
    found = current(at=at)
    assert found.version == 0
    assert found.values == {
        "max_requests_per_inquiry": 6,
        "min_requests_per_inquiry": 1,
        "contact_interval_days": 7,
        "contact_pause_days": 28,
        "pair_lock_days": 28,
        "follow_up_days": 7,
        "expire_days": 14,
        "open_requests_per_search": 10,
        "call_minutes": 5,
        "calls_per_hour": 8,
        "emails_per_hour": 600,
        "reply_link_days": 60,
        "identity_link_days": 7,
        "default_max_distance_km": 25,
        "least_common_minutes": 50,
        "least_weekly_hours": 20,
        "two_year_window_months": 24,
        "email_policy": "published",
        "retention_months": 6,
        "registration_retention_days": 30,
        "weight_acceptance": 0.45,
        "weight_distance": 0.25,
        "weight_hours": 0.20,
        "weight_email": 0.10,
        "acceptance_smoothing": 8,
    }


@pytest.mark.parametrize("name", DEFINITIONS)
def test_every_default_passes_its_own_check(name: str) -> None:
    assert check(name, DEFINITIONS[name].default) == DEFINITIONS[name].default


def test_ranking_weights_of_the_defaults_add_up_to_one() -> None:
    weights = [definition.default for name, definition in DEFINITIONS.items() if name.startswith("weight_")]
    assert sum(weights) == pytest.approx(1)


def test_change_is_in_force_from_its_moment_on(manager: User, at: datetime) -> None:
    row = change(name="call_minutes", value=7, actor=manager, at=at, reason=" longer talks ")
    assert (row.changed_by, row.reason, row.valid_from) == (manager, "longer talks", at)
    assert current(at=at).call_minutes == 7
    assert current(at=at).version == row.pk
    assert current(at=at - timedelta(seconds=1)).call_minutes == 5
    assert current(at=at - timedelta(seconds=1)).version == 0


def test_newest_change_counts_and_old_moments_keep_their_values(manager: User, at: datetime) -> None:
    for days, minutes in ((0, 7), (2, 9), (1, 8)):
        moment = at + timedelta(days=days)
        change(name="call_minutes", value=minutes, actor=manager, at=moment, reason="x")
    assert [current(at=at + timedelta(days=days)).call_minutes for days in range(4)] == [7, 8, 9, 9]


def test_of_two_changes_at_one_moment_the_later_row_counts(manager: User, at: datetime) -> None:
    change(name="call_minutes", value=7, actor=manager, at=at, reason="x")
    change(name="call_minutes", value=8, actor=manager, at=at, reason="x")
    assert current(at=at).call_minutes == 8


def test_future_value_is_not_yet_in_force(manager: User, at: datetime) -> None:
    change(name="call_minutes", value=7, actor=manager, at=at + timedelta(days=1), reason="from tomorrow")
    assert (current(at=at).call_minutes, current(at=at).version) == (5, 0)
    assert current(at=at + timedelta(days=1)).call_minutes == 7


def test_version_grows_with_every_change(manager: User, at: datetime) -> None:
    versions = [
        change(name=name, value=4, actor=manager, at=at, reason="x").pk
        for name in ("call_minutes", "calls_per_hour")
    ]
    assert current(at=at).version == max(versions)


def test_all_values_take_one_query(manager: User, at: datetime, django_assert_num_queries: Any) -> None:
    change(name="call_minutes", value=7, actor=manager, at=at, reason="x")
    with django_assert_num_queries(1):
        current(at=at)


def test_row_of_a_parameter_that_is_gone_is_passed_over(manager: User, at: datetime) -> None:
    ParameterChange.objects.create(name="gone", value=1, valid_from=at, changed_by=manager, reason="x")
    assert current(at=at).version == 0
    assert "gone" not in current(at=at).values


def test_unknown_name_is_an_attribute_error(at: datetime) -> None:
    with pytest.raises(AttributeError, match="call_minuets"):
        _ = current(at=at).call_minuets


@pytest.mark.parametrize("name", NUMBERS)
def test_limits_are_inclusive_and_hold(name: str) -> None:
    definition = DEFINITIONS[name]
    low, high = definition.smallest, definition.largest
    assert (check(name, low), check(name, high)) == (low, high)
    for outside in (low - 1, high + 1):
        with pytest.raises(ValidationError) as caught:
            check(name, outside)
        assert list(caught.value.message_dict) == ["value"]


@pytest.mark.parametrize("value", ["", "many", None, True, "nan", "inf", [7], "6.5", "6,5"])
def test_what_is_no_whole_number_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        check("call_minutes", value)


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e400", "zero"])
def test_what_is_no_number_is_refused_for_weights(value: object) -> None:
    with pytest.raises(ValidationError):
        check("weight_email", value)


def test_numbers_get_the_type_of_their_default() -> None:
    assert (check("call_minutes", "7"), check("weight_email", "0,2"), check("weight_email", 1)) == (
        7,
        0.2,
        1.0,
    )
    assert isinstance(check("weight_email", 1), float)


@pytest.mark.parametrize("value", ["always", "", None, 1])
def test_choice_outside_the_list_is_refused(value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        check("email_policy", value)
    assert "published, permission" in caught.value.message_dict["value"][0]


def test_choice_of_the_list_is_taken() -> None:
    assert check("email_policy", "permission") == "permission"


def test_unknown_parameter_is_refused() -> None:
    with pytest.raises(ValidationError) as caught:
        check("no_such_thing", 1)
    assert list(caught.value.message_dict) == ["name"]


@pytest.mark.parametrize("reason", ["", "   "])
def test_change_needs_a_reason(manager: User, at: datetime, reason: str) -> None:
    with pytest.raises(ValidationError) as caught:
        change(name="call_minutes", value=7, actor=manager, at=at, reason=reason)
    assert list(caught.value.message_dict) == ["reason"]
    assert not ParameterChange.objects.exists()


def test_database_wants_a_reason_too(manager: User, at: datetime) -> None:
    with pytest.raises(IntegrityError, match="parameter_has_reason"), transaction.atomic():
        ParameterChange.objects.create(
            name="call_minutes", value=7, valid_from=at, changed_by=manager, reason=""
        )


@pytest.fixture
def row(manager: User, at: datetime) -> ParameterChange:
    return parameters.change(name="call_minutes", value=7, actor=manager, at=at, reason="x")


def test_database_refuses_to_change_an_old_value(row: ParameterChange) -> None:
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        ParameterChange.objects.filter(pk=row.pk).update(value=9)
    row.refresh_from_db()
    assert row.value == 7


def test_database_refuses_to_delete_an_old_value(row: ParameterChange) -> None:
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        ParameterChange.objects.filter(pk=row.pk).delete()
    assert ParameterChange.objects.filter(pk=row.pk).exists()


def test_who_changed_a_value_cannot_be_deleted(row: ParameterChange, manager: User) -> None:
    """An account is closed (is_active), never wiped from an append-only log."""
    with pytest.raises(ProtectedError):
        manager.delete()
