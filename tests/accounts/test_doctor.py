from datetime import datetime
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.utils import translation

from apps.accounts import doctor
from apps.accounts.models import User
from apps.core.doctor import Level

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english() -> Any:
    with translation.override("en"):
        yield


def seen(at: datetime) -> list[tuple[Level, str]]:
    return [(finding.level, finding.text) for finding in doctor.look(at)]


def test_superusers_without_second_factor_are_counted(at: datetime) -> None:
    assert seen(at) == [(Level.WARNING, "There is none: nobody can give rights.")]
    chief = User.objects.create_superuser("chief", "chief@example.org", "x")
    assert seen(at) == [(Level.WARNING, "1 superuser has no second factor.")]
    Authenticator.objects.create(user=chief, type=Authenticator.Type.RECOVERY_CODES, data={})
    assert seen(at) == [(Level.WARNING, "1 superuser has no second factor.")]
    Authenticator.objects.create(user=chief, type=Authenticator.Type.TOTP, data={})
    assert seen(at) == [(Level.OK, "All have a second factor (1).")]


@pytest.mark.parametrize(
    ("is_required", "remedy"),
    [
        (True, "Let them log in once: they are then led to set it up."),
        (False, "Set REQUIRE_SECOND_FACTOR=true; at the next log-in they are led to set it up."),
    ],
)
def test_remedy_follows_the_setting(at: datetime, settings: Any, is_required: bool, remedy: str) -> None:
    settings.REQUIRE_SECOND_FACTOR = is_required
    User.objects.create_superuser("chief", "chief@example.org", "x")
    assert [finding.remedy for finding in doctor.look(at)] == [remedy]
