"""Roles → rights: the guards of the pages and the permissions of the admin."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from apps.accounts.models import User
from apps.accounts.permissions import MANAGED_APPS, managing, viewing, working
from apps.core.admin import TrailAdmin
from apps.core.errors import NotAllowed

pytestmark = pytest.mark.django_db

OURS = ["geocoding", "patients", "therapists", "communication", "scraping", "matching"]
MANAGED = ["accounts", "auth", "core", "events", "gateway", "mfa", "account"]
# role → the rights on rows of daily work, and on what only the management touches
TABLE = {
    "outsider": ("", ""),
    "viewer": ("view", ""),
    "coordinator": ("view add change", ""),
    "manager": ("view add change delete", "view add change delete"),
}
ACTS = ("view", "add", "change", "delete")
GUARDS = {"viewing": viewing, "working": working, "managing": managing}
MAY = {
    "outsider": set(),
    "viewer": {"viewing"},
    "coordinator": {"viewing", "working"},
    "manager": {"viewing", "working", "managing"},
}


@pytest.fixture
def staff(outsider: User, viewer: User, coordinator: User, manager: User) -> dict[str, User]:
    return {user.username: user for user in (outsider, viewer, coordinator, manager)}


@pytest.mark.parametrize("role", TABLE)
@pytest.mark.parametrize("app", [*OURS, *MANAGED])
def test_permissions_follow_the_table(staff: dict[str, User], role: str, app: str) -> None:
    expected = TABLE[role][app in MANAGED].split()
    assert [act for act in ACTS if staff[role].has_perm(f"{app}.{act}_thing")] == expected
    assert staff[role].has_module_perms(app) == bool(expected)


def test_every_app_of_the_admin_stands_in_the_table() -> None:
    assert set(MANAGED) == MANAGED_APPS
    assert {model._meta.app_label for model in admin.site._registry} <= {*OURS, *MANAGED}


@pytest.mark.parametrize("role", ["outsider", "viewer", "coordinator"])
def test_unknown_permission_is_the_managements(staff: dict[str, User], role: str) -> None:
    assert not staff[role].has_perm("patients.export_everything")
    assert staff["manager"].has_perm("patients.export_everything")


@pytest.mark.parametrize("role", TABLE)
def test_closed_account_has_no_permission(staff: dict[str, User], role: str) -> None:
    user = User.objects.get(pk=staff[role].pk)
    user.is_active = False
    rights = [user.has_perm(f"{app}.{act}_thing") for app in (*OURS, *MANAGED) for act in ACTS]
    assert not any(rights)
    assert not any(user.has_module_perms(app) for app in (*OURS, *MANAGED))


def test_strangers_have_no_permission() -> None:
    assert not AnonymousUser().has_perm("patients.view_patient")
    assert not AnonymousUser().has_module_perms("patients")


@pytest.mark.parametrize("role", TABLE)
def test_admin_index_lists_what_the_role_may_see(staff: dict[str, User], client: Client, role: str) -> None:
    client.force_login(staff[role], backend="apps.accounts.permissions.RoleBackend")
    listed = {row["app_label"] for row in client.get("/admin/").context["app_list"]}
    registered = {model._meta.app_label for model in admin.site._registry}
    daily, managed = ("view" in rights for rights in TABLE[role])
    assert listed == {label for label in registered if (managed if label in MANAGED_APPS else daily)}


@pytest.mark.parametrize("role", TABLE)
@pytest.mark.parametrize("model", sorted(admin.site._registry, key=lambda model: model._meta.label))
def test_admin_lists_open_for_the_table(
    staff: dict[str, User], client: Client, role: str, model: type
) -> None:
    client.force_login(staff[role], backend="apps.accounts.permissions.RoleBackend")
    meta = model._meta
    url = f"/admin/{meta.app_label}/{meta.model_name}/"
    is_managed = meta.app_label in MANAGED_APPS or isinstance(admin.site._registry[model], TrailAdmin)
    assert client.get(url).status_code == (200 if "view" in TABLE[role][is_managed] else 403)
    if "add" not in TABLE[role][is_managed]:
        assert client.get(f"{url}add/").status_code == 403
        assert client.post(f"{url}add/", {}).status_code == 403


@pytest.mark.parametrize("guard", GUARDS)
@pytest.mark.parametrize("role", MAY)
def test_guard_lets_the_right_roles_through(staff: dict[str, User], guard: str, role: str) -> None:
    def page(request: HttpRequest, pk: int) -> HttpResponse:
        return HttpResponse(f"page {pk}")

    guarded = GUARDS[guard](page)
    request = RequestFactory().get("/")
    request.user = staff[role]
    if guard in MAY[role]:
        assert guarded(request, pk=7).content == b"page 7"
    else:
        with pytest.raises(NotAllowed):
            guarded(request, pk=7)


@pytest.mark.parametrize("guard", GUARDS.values())
def test_guard_stops_strangers(guard: type) -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    with pytest.raises(NotAllowed):
        guard(lambda request: HttpResponse())(request)


def test_guard_names_its_right_and_keeps_the_view() -> None:
    def page(request: HttpRequest) -> HttpResponse:
        """What it does."""
        return HttpResponse()

    rights = {name: guard(page).required_right for name, guard in GUARDS.items()}
    assert rights == {"viewing": "can_view", "working": "can_work", "managing": "can_manage"}
    assert viewing(page).__doc__ == "What it does."


def test_apps_of_the_table_are_installed() -> None:
    assert {config.label for config in apps.get_app_configs()} >= {*OURS, *MANAGED}
