"""Permissions to fetch: recorded with grounds, replaced, withdrawn, and what they open."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from apps.accounts.models import User
from apps.core.errors import Refused, StaleState
from apps.scraping.models import FetchPermission, Source
from apps.scraping.selectors.sources import why_not_fetch
from apps.scraping.services import permissions

pytestmark = pytest.mark.django_db

NOBODY = "Nobody has recorded a permission to fetch from this source."


@pytest.fixture
def source() -> Source:
    return Source.objects.create(
        key="register", name="Register", adapter="arztsuche", url="https://register.example.org/api/data"
    )


def _record(source: Source, actor: User, at: datetime, **fields: Any) -> FetchPermission:
    known: dict[str, Any] = {
        "given_by": " Kammer, Herr Muster ",
        "given_on": date(2026, 11, 2),
        "until": date(2026, 12, 31),
        "grounds": "Contract of 2026-11-02, folder 7",
        "today": at.date(),
    }
    return permissions.record(source=source, actor=actor, at=at, **known | fields)


def test_recorded_permission_opens_the_source(source: Source, manager: User, at: datetime) -> None:
    assert why_not_fetch(source=source, at=at) == NOBODY
    permission = _record(source, manager, at)
    assert why_not_fetch(source=source, at=at) == ""
    assert (permission.given_by, permission.recorded_by) == ("Kammer, Herr Muster", manager)


def test_permission_counts_to_its_last_day(source: Source, manager: User, at: datetime) -> None:
    _record(source, manager, at, until=at.date())
    assert why_not_fetch(source=source, at=at.replace(hour=23)) == ""
    assert why_not_fetch(source=source, at=at + timedelta(days=1)) == NOBODY


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"given_by": " "}, "Please say who gave the permission and where it can be read again."),
        ({"grounds": ""}, "Please say who gave the permission and where it can be read again."),
        ({"given_on": date(2026, 11, 24)}, "The permission is dated in the future."),
        ({"until": date(2026, 11, 22)}, "This permission has run out already."),
    ],
)
def test_incomplete_permission_is_refused(
    source: Source, manager: User, at: datetime, fields: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Refused) as refusal:
        _record(source, manager, at, **fields)
    assert str(refusal.value.message) == reason
    assert not FetchPermission.objects.exists()


def test_newer_permission_replaces_the_one_before(source: Source, manager: User, at: datetime) -> None:
    before = _record(source, manager, at)
    _record(source, manager, at, until=None)
    before.refresh_from_db()
    assert (before.withdrawn_at, before.withdrawn_reason) == (at, "Replaced by a newer permission.")
    assert why_not_fetch(source=source, at=at + timedelta(days=400)) == ""


def test_withdrawn_permission_closes_the_source(source: Source, manager: User, at: datetime) -> None:
    permission = _record(source, manager, at)
    permissions.withdraw(permission=permission, reason=" Called off ", actor=manager, at=at)
    permission.refresh_from_db()
    assert permission.withdrawn_reason == "Called off"
    assert why_not_fetch(source=source, at=at) == NOBODY
    with pytest.raises(StaleState):
        permissions.withdraw(permission=permission, reason="Again", actor=manager, at=at)


def test_withdrawal_needs_a_reason(source: Source, manager: User, at: datetime) -> None:
    permission = _record(source, manager, at)
    with pytest.raises(Refused):
        permissions.withdraw(permission=permission, reason=" ", actor=manager, at=at)
    assert why_not_fetch(source=source, at=at) == ""


def test_person_may_end_the_rest_of_a_source(source: Source, manager: User, at: datetime) -> None:
    _record(source, manager, at)
    source.resting_until, source.resting_reason = at + timedelta(hours=5), "Refused"
    source.save()
    assert why_not_fetch(source=source, at=at) == (
        "The source refused and rests until 23.11.2026 14:00: Refused"
    )
    permissions.end_rest(source=source, actor=manager, at=at)
    source.refresh_from_db()
    assert why_not_fetch(source=source, at=at) == ""
    with pytest.raises(StaleState):
        permissions.end_rest(source=source, actor=manager, at=at)


def test_nobody_asks_without_a_contact(source: Source, manager: User, at: datetime, settings: Any) -> None:
    _record(source, manager, at)
    settings.SCRAPER_CONTACT = ""
    assert why_not_fetch(source=source, at=at) == (
        "Sources must be able to reach who asks them: the setting SCRAPER_CONTACT is empty."
    )
