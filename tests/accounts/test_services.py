import pytest
from django.contrib.auth.models import Group

from apps.accounts.enums import Role
from apps.accounts.models import User
from apps.accounts.services import create_staff
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def test_create_staff_makes_an_account_with_roles() -> None:
    user = create_staff(
        username="clara",
        email="Clara@Example.org",
        password=PASSWORD,
        roles=[Role.COORDINATOR],
        first_name="Clara",
        last_name="Ahorn",
    )
    saved = User.objects.get(pk=user.pk)
    assert (saved.username, saved.email, saved.get_full_name()) == (
        "clara",
        "Clara@example.org",
        "Clara Ahorn",
    )
    assert (saved.is_staff, saved.is_superuser, saved.is_active) == (True, False, True)
    assert saved.roles == {"coordinator"}
    assert saved.check_password(PASSWORD)
    assert PASSWORD not in saved.password


def test_create_staff_without_a_role_may_nothing() -> None:
    user = create_staff(username="x", email="x@example.org", password=PASSWORD, roles=[])
    assert user.roles == frozenset()


def test_create_staff_makes_a_missing_group() -> None:
    Group.objects.all().delete()
    create_staff(username="x", email="x@example.org", password=PASSWORD, roles=[Role.VIEWER])
    assert list(Group.objects.values_list("name", flat=True)) == ["viewer"]
