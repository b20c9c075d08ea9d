from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.core import parameters
from apps.core.audit import record_access
from apps.core.models import ParameterChange

pytestmark = pytest.mark.django_db

LIST = "/admin/core/parameterchange/"


def test_new_value_is_in_force_with_who_and_why(manager_client: Client, manager: User) -> None:
    data = {"name": "contact_interval_days", "value": "10", "reason": "holidays"}
    assert manager_client.post(f"{LIST}add/", data).headers["Location"] == LIST
    change = ParameterChange.objects.get()
    assert (change.value, change.changed_by, change.reason) == (10, manager, "holidays")
    assert parameters.current(at=change.valid_from).contact_interval_days == 10


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        ({"name": "contact_interval_days", "value": "0", "reason": "x"}, "value"),
        ({"name": "contact_interval_days", "value": "many", "reason": "x"}, "value"),
        ({"name": "email_policy", "value": "always", "reason": "x"}, "value"),
        ({"name": "no_such_thing", "value": "1", "reason": "x"}, "name"),
        ({"name": "call_minutes", "value": "7", "reason": ""}, "reason"),
    ],
)
def test_value_outside_its_limits_is_refused(
    manager_client: Client, data: dict[str, str], wrong: str
) -> None:
    response = manager_client.post(f"{LIST}add/", data)
    assert list(response.context["adminform"].form.errors) == [wrong]
    assert not ParameterChange.objects.exists()


def test_decimal_comma_is_understood(manager_client: Client) -> None:
    manager_client.post(f"{LIST}add/", {"name": "weight_email", "value": "0,2", "reason": "x"})
    assert ParameterChange.objects.get().value == 0.2


def test_list_shows_every_value_in_force_beside_its_default(
    manager_client: Client, manager: User, at: datetime
) -> None:
    parameters.change(name="call_minutes", value=7, actor=manager, at=at.replace(year=2020), reason="x")
    rows = {row["name"]: row for row in manager_client.get(LIST).context["in_force"]}
    assert rows.keys() == parameters.DEFINITIONS.keys()
    row = rows["call_minutes"]
    assert (row["value"], row["default"], row["is_changed"], row["limits"]) == (7, 5, True, "1–60")
    assert rows["email_policy"]["limits"] == "published, permission"


def test_old_values_are_never_edited_or_deleted(manager_client: Client, manager: User, at: datetime) -> None:
    change = parameters.change(name="call_minutes", value=7, actor=manager, at=at, reason="x")
    assert manager_client.get(f"{LIST}{change.pk}/change/").status_code == 200
    assert manager_client.post(f"{LIST}{change.pk}/change/", {"value": "9"}).status_code == 403
    assert manager_client.post(f"{LIST}{change.pk}/delete/", {"post": "yes"}).status_code == 403


def test_access_log_is_for_reading(manager_client: Client, viewer: User, at: datetime) -> None:
    record_access(actor=viewer, patient_id=4711, purpose="patients:detail", at=at)
    response = manager_client.get(reverse("admin:core_accessentry_changelist"), {"q": "4711"})
    assert [row.patient_id for row in response.context["cl"].result_list] == [4711]
    assert manager_client.get(reverse("admin:core_accessentry_add")).status_code == 403


@pytest.mark.parametrize(
    "name", ["parameterchange_changelist", "parameterchange_add", "accessentry_changelist"]
)
def test_only_the_management_gets_in(
    viewer_client: Client, coordinator_client: Client, outsider_client: Client, name: str
) -> None:
    url = reverse(f"admin:core_{name}")
    clients = (viewer_client, coordinator_client, outsider_client)
    assert [client.get(url).status_code for client in clients] == [403, 403, 403]
