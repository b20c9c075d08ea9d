from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.models import User
from apps.therapists.enums import ReviewStatus
from apps.therapists.models import Therapist
from tests.factories.therapists import TherapistFactory


def verify(*args: str) -> str:
    out = StringIO()
    call_command("verify_therapists", *args, stdout=out)
    return out.getvalue().strip()


def test_named_records_are_verified_in_the_name_of_the_person(coordinator: User) -> None:
    first, second = (TherapistFactory(review_status=ReviewStatus.UNREVIEWED) for _number in range(2))
    assert verify(str(first.pk), "--user", coordinator.username) == "verified=1"
    assert Therapist.objects.get(pk=first.pk).review_status == ReviewStatus.VERIFIED
    assert Therapist.objects.get(pk=second.pk).review_status == ReviewStatus.UNREVIEWED
    assert first.history.last().actor == coordinator


def test_all_records_are_verified_once(coordinator: User) -> None:
    TherapistFactory.create_batch(2, review_status=ReviewStatus.UNREVIEWED)
    assert verify("--all", "--user", coordinator.username) == "verified=2"
    assert verify("--all", "--user", coordinator.username) == "verified=0"


def test_viewer_may_not_verify(viewer: User) -> None:
    with pytest.raises(CommandError, match="may review"):
        verify("--all", "--user", viewer.username)


def test_nobody_named_is_an_error(coordinator: User) -> None:
    with pytest.raises(CommandError, match="--all"):
        verify("--user", coordinator.username)
