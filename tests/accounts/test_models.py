from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import IntegrityError

from apps.accounts.enums import Role
from apps.accounts.models import User
from apps.accounts.services import create_staff
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def test_migration_makes_the_group_of_every_role() -> None:
    Group.objects.all().delete()
    roles = import_module("apps.accounts.migrations.0002_roles")
    for _again in range(2):
        roles.create(apps, None)
        assert set(Group.objects.values_list("name", flat=True)) == set(Role.values)


def test_roles_are_steps(outsider: User, viewer: User, coordinator: User, manager: User) -> None:
    steps = [
        (user.can_view, user.can_work, user.can_manage) for user in (outsider, viewer, coordinator, manager)
    ]
    assert steps == [
        (False, False, False),
        (True, False, False),
        (True, True, False),
        (True, True, True),
    ]


def test_superuser_has_every_role() -> None:
    user = User.objects.create_superuser("root", "root@example.org", PASSWORD)
    assert user.roles == frozenset(Role.values)
    assert user.can_manage


@pytest.mark.parametrize("is_superuser", [False, True])
def test_closed_account_has_no_role(manager: User, is_superuser: bool) -> None:
    manager.is_active, manager.is_superuser = False, is_superuser
    assert manager.roles == frozenset()
    assert not (manager.can_view or manager.can_work or manager.can_manage)


def test_group_of_another_name_is_no_role(outsider: User) -> None:
    outsider.groups.add(Group.objects.create(name="boss"))
    assert outsider.roles == frozenset()


def test_several_roles_add_up() -> None:
    user = create_staff(
        username="both",
        email="both@example.org",
        password=PASSWORD,
        roles=[Role.VIEWER, Role.COORDINATOR],
    )
    assert user.roles == {"viewer", "coordinator"}
    assert (user.can_work, user.can_manage) == (True, False)


def test_name_on_the_page_falls_back_to_the_user_name(viewer: User) -> None:
    assert viewer.display_name == "Viewer"
    viewer.first_name = ""
    assert viewer.display_name == "viewer"


def test_address_belongs_to_one_account(viewer: User) -> None:
    with pytest.raises(IntegrityError, match="email"):
        create_staff(username="other", email="viewer@example.org", password=PASSWORD, roles=[])
