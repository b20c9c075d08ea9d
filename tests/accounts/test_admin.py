import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from apps.accounts.enums import Role
from apps.accounts.models import User

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/user/"


def test_list_shows_the_roles(manager_client: Client, manager: User, viewer: User) -> None:
    html = manager_client.get(LIST).content.decode()
    assert "viewer@example.org" in html
    assert f'<td class="field-role_names">{Role.MANAGER}</td>' in html
    assert f'<td class="field-role_names">{Role.VIEWER}</td>' in html


def test_role_is_given_in_the_admin(manager_client: Client, outsider: User) -> None:
    url = reverse("admin:accounts_user_change", args=[outsider.pk])
    form = manager_client.get(url).context["adminform"].form
    data = {name: value for name, value in form.initial.items() if value and name != "password"}
    joined = outsider.date_joined
    data |= {"groups": [Group.objects.get_or_create(name=Role.VIEWER)[0].pk]}
    data |= {"date_joined_0": f"{joined:%d.%m.%Y}", "date_joined_1": f"{joined:%H:%M:%S}"}
    response = manager_client.post(url, data)
    assert response.status_code == 302, response.context["adminform"].form.errors
    assert User.objects.get(pk=outsider.pk).roles == {"viewer"}


@pytest.mark.parametrize("name", ["changelist", "add"])
def test_only_the_management_keeps_accounts(
    viewer_client: Client, coordinator_client: Client, outsider_client: Client, name: str
) -> None:
    url = reverse(f"admin:accounts_user_{name}")
    clients = (outsider_client, viewer_client, coordinator_client)
    assert [client.get(url).status_code for client in clients] == [403, 403, 403]


def test_nobody_raises_himself(coordinator_client: Client, coordinator: User) -> None:
    url = reverse("admin:accounts_user_change", args=[coordinator.pk])
    assert coordinator_client.post(url, {"is_superuser": "on"}).status_code == 403
    coordinator.refresh_from_db()
    assert not coordinator.is_superuser
