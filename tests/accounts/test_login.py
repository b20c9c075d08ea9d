"""The one door: login page, throttle, logout, and nobody signs up."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user
from django.test import Client
from django.urls import NoReverseMatch, reverse

from apps.accounts.models import User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"
TODAY = "/"


def sign_in(client: Client, login: str, password: str = PASSWORD, path: str = LOGIN) -> Any:
    return client.post(path, {"login": login, "password": password})


@pytest.mark.parametrize("login", ["viewer", "viewer@example.org", "VIEWER@example.org"])
def test_login_takes_user_name_and_address(client: Client, viewer: User, login: str) -> None:
    response = sign_in(client, login)
    assert (response.status_code, response["Location"]) == (302, TODAY)
    assert get_user(client) == viewer


def test_login_goes_on_to_the_page_that_was_asked_for(client: Client, viewer: User) -> None:
    asked = client.get("/patients/?page=2")
    assert asked["Location"] == f"{LOGIN}?next=/patients/%3Fpage%3D2"
    assert sign_in(client, "viewer", path=asked["Location"])["Location"] == "/patients/?page=2"


@pytest.mark.parametrize("page", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_login_never_goes_on_to_another_site(client: Client, viewer: User, page: str) -> None:
    response = client.post(LOGIN, {"login": "viewer", "password": PASSWORD, "next": page})
    assert response["Location"] == TODAY


@pytest.mark.parametrize(
    ("login", "password"),
    [("viewer", "wrong"), ("viewer@example.org", "wrong"), ("nobody", PASSWORD), ("", ""), ("viewer", "")],
)
def test_wrong_words_let_nobody_in(client: Client, viewer: User, login: str, password: str) -> None:
    assert sign_in(client, login, password).status_code == 200
    assert not get_user(client).is_authenticated


def test_answer_does_not_tell_whether_an_account_exists(client: Client, viewer: User) -> None:
    known = sign_in(client, "viewer", "wrong").context["form"].errors
    unknown = sign_in(client, "nobody", "wrong").context["form"].errors
    assert known == unknown != {}


def test_closed_account_stays_outside(client: Client, viewer: User) -> None:
    viewer.is_active = False
    viewer.save(update_fields=["is_active"])
    sign_in(client, "viewer")
    assert not get_user(client).is_authenticated


def test_login_changes_the_session_key(client: Client, viewer: User) -> None:
    client.get(LOGIN)
    client.post("/i18n/setlang/", {"language": "en"})
    before = client.session.session_key
    sign_in(client, "viewer")
    assert client.session.session_key not in (None, before)


def test_sixth_wrong_password_is_not_even_looked_at(client: Client, viewer: User, at: datetime) -> None:
    with time_machine.travel(at) as clock:
        for _attempt in range(5):
            sign_in(client, "viewer", "wrong")
        assert sign_in(client, "viewer").status_code == 200  # right, but too late
        assert not get_user(client).is_authenticated
        clock.shift(timedelta(minutes=6))
        assert sign_in(client, "viewer").status_code == 302


def test_throttle_of_one_account_leaves_the_others(client: Client, viewer: User, manager: User) -> None:
    for _attempt in range(5):
        sign_in(client, "viewer", "wrong")
    assert sign_in(client, "manager").status_code == 302


def test_one_address_cannot_try_many_accounts(client: Client, viewer: User) -> None:
    """Ten failures a minute from one address, whatever names were tried."""
    for number in range(10):
        sign_in(client, f"name-{number}", "wrong")
    sign_in(client, "viewer")
    assert not get_user(client).is_authenticated


def test_admin_has_no_login_of_its_own(client: Client, viewer: User) -> None:
    response = client.get("/admin/login/?next=/admin/")
    assert (response.status_code, response["Location"]) == (302, f"{LOGIN}?next=%2Fadmin%2F")
    sent = client.post("/admin/login/", {"username": "viewer", "password": PASSWORD})
    assert sent["Location"].startswith(LOGIN)
    assert not get_user(client).is_authenticated


def test_throttle_holds_for_the_way_to_the_admin(client: Client, viewer: User) -> None:
    door = client.get("/admin/")["Location"]
    assert door.startswith(("/admin/login/", LOGIN))
    login = client.get("/admin/login/?next=/admin/")["Location"]
    for _attempt in range(5):
        sign_in(client, "viewer", "wrong", login)
    sign_in(client, "viewer", path=login)
    assert not get_user(client).is_authenticated


def test_login_leads_to_the_admin(client: Client, manager: User) -> None:
    login = client.get("/admin/login/?next=/admin/")["Location"]
    assert sign_in(client, "manager", path=login)["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_logout_ends_the_session(client: Client, viewer: User) -> None:
    sign_in(client, "viewer")
    key = client.session.session_key
    assert client.post("/accounts/logout/").status_code == 302
    assert not get_user(client).is_authenticated
    client.cookies["sessionid"] = key  # somebody kept the cookie
    assert client.get(TODAY)["Location"].startswith(LOGIN)


def test_logout_needs_a_post(client: Client, viewer: User) -> None:
    sign_in(client, "viewer")
    client.get("/accounts/logout/")
    assert get_user(client) == viewer


def test_new_password_ends_all_sessions(client: Client, viewer: User) -> None:
    other = Client()
    sign_in(other, "viewer")
    sign_in(client, "viewer")
    new = "another-long-word-9"
    data = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.post("/accounts/password/change/", data).status_code == 302
    assert other.get(TODAY)["Location"].startswith(LOGIN)
    assert client.get(TODAY)["Location"].startswith(LOGIN)


def test_nobody_signs_up(client: Client, db: None) -> None:
    url = "/accounts/signup/"
    page = client.get(url)
    assert "account/signup_closed.html" in [template.name for template in page.templates]
    words = {"email": "x@example.org", "username": "x", "password1": PASSWORD, "password2": PASSWORD}
    client.post(url, words)
    assert not User.objects.exists()


def test_no_way_in_through_other_peoples_accounts() -> None:
    with pytest.raises(NoReverseMatch):
        reverse("socialaccount_login")
