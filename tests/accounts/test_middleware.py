"""The length of a session and the second factor."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.totp.internal.auth import yield_hotp_counters_from_time as counters
from django.contrib.auth import get_user
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/login/"
PAGES = [
    "/",
    "/patients/",
    "/therapists/",
    "/admin/",
    "/admin/core/parameterchange/",
    "/accounts/password/change/",
]


@pytest.fixture
def clock(at: datetime) -> Iterator[Any]:
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def signed_in(clock: Any, client: Client, manager: User) -> Client:
    client.post(LOGIN, {"login": "manager", "password": PASSWORD})
    assert client.get("/patients/").status_code == 200
    return client


def test_session_ends_after_half_an_hour_without_a_click(signed_in: Client, clock: Any) -> None:
    clock.shift(timedelta(minutes=29))
    assert signed_in.get("/patients/").status_code == 200
    clock.shift(timedelta(minutes=31))
    assert signed_in.get("/patients/")["Location"].startswith(LOGIN)


def test_every_click_keeps_the_session_but_not_for_ever(signed_in: Client, clock: Any) -> None:
    for _click in range(24 * 2):
        clock.shift(timedelta(minutes=25))
        response = signed_in.get("/patients/")
        if response.status_code != 200:
            break
    assert response["Location"] == LOGIN
    assert not get_user(signed_in).is_authenticated
    assert _click == 24  # 25 × 25 minutes is the first click after ten hours


def test_click_at_the_end_of_ten_hours_still_counts(signed_in: Client, clock: Any) -> None:
    for _click in range(24):
        clock.shift(timedelta(minutes=25))
        assert signed_in.get("/patients/").status_code == 200


def test_next_login_begins_anew(signed_in: Client, clock: Any) -> None:
    for _click in range(25):
        clock.shift(timedelta(minutes=25))
        signed_in.get("/patients/")
    signed_in.post(LOGIN, {"login": "manager", "password": PASSWORD})
    clock.shift(timedelta(minutes=25))
    assert signed_in.get("/patients/").status_code == 200


def test_time_before_the_login_does_not_count(client: Client, clock: Any, manager: User) -> None:
    client.post("/i18n/setlang/", {"language": "en"})
    clock.shift(timedelta(minutes=25))
    client.post(LOGIN, {"login": "manager", "password": PASSWORD})
    client.get("/patients/")
    for _click in range(23):
        clock.shift(timedelta(minutes=25))
        assert client.get("/patients/").status_code == 200


def test_old_cookie_is_worth_nothing(signed_in: Client, clock: Any) -> None:
    key = signed_in.session.session_key
    clock.shift(timedelta(hours=11))
    other = Client()
    other.cookies["sessionid"] = key
    assert other.get("/patients/")["Location"].startswith(LOGIN)


@pytest.fixture
def factor_wanted(settings: Any) -> None:
    settings.REQUIRE_SECOND_FACTOR = True


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.usefixtures("factor_wanted")
def test_without_second_factor_every_page_leads_to_its_enrolment(manager_client: Client, page: str) -> None:
    for method in (manager_client.get, manager_client.post):
        response = method(page)
        assert (response.status_code, response["Location"]) == (302, reverse("mfa_index"))


@pytest.mark.usefixtures("factor_wanted")
def test_detour_says_why(manager_client: Client) -> None:
    response = manager_client.get("/patients/", headers={"Accept-Language": "en"})
    [message] = get_messages(response.wsgi_request)
    assert str(message) == "Please set up your second factor first."
    page = manager_client.get(reverse("mfa_index"), headers={"Accept-Language": "en"})
    assert "Please set up your second factor first." in page.content.decode()


@pytest.mark.usefixtures("factor_wanted")
def test_enrolment_itself_and_the_way_out_stay_open(client: Client, manager: User) -> None:
    client.post(LOGIN, {"login": "manager", "password": PASSWORD})
    assert client.get(reverse("mfa_index")).status_code == 200
    assert client.get("/accounts/reauthenticate/").status_code == 200
    confirm_password(client)
    assert client.get(reverse("mfa_activate_totp")).status_code == 200
    assert client.post("/i18n/setlang/", {"language": "en"}).status_code == 302
    assert client.post("/accounts/logout/")["Location"] != reverse("mfa_index")
    assert not get_user(client).is_authenticated


@pytest.mark.usefixtures("factor_wanted")
def test_new_member_of_staff_enrols_and_gets_in(client: Client, manager: User, clock: Any) -> None:
    client.post(LOGIN, {"login": "manager", "password": PASSWORD})
    confirm_password(client)
    page = client.get(reverse("mfa_activate_totp"))
    code = current_code(page.context["form"].secret)
    assert client.post(reverse("mfa_activate_totp"), {"code": code}).status_code == 302
    assert manager.authenticator_set.filter(type=Authenticator.Type.TOTP).count() == 1
    for page in PAGES:
        assert client.get(page).status_code == 200


@pytest.mark.usefixtures("factor_wanted")
def test_with_second_factor_the_pages_open(manager_client: Client, manager: User) -> None:
    TOTP.activate(manager, generate_totp_secret())
    for page in PAGES:
        assert manager_client.get(page).status_code == 200


@pytest.mark.usefixtures("factor_wanted")
def test_second_factor_is_asked_for_at_the_login(client: Client, manager: User, clock: Any) -> None:
    secret = generate_totp_secret()
    TOTP.activate(manager, secret)
    response = client.post(f"{LOGIN}?next=/admin/", {"login": "manager", "password": PASSWORD})
    assert response["Location"].startswith(reverse("mfa_authenticate"))
    for page in PAGES:
        assert client.get(page)["Location"].startswith((LOGIN, "/admin/login/"))
    wrong = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert wrong.status_code == 200
    right = client.post(reverse("mfa_authenticate"), {"code": current_code(secret)})
    assert right.status_code == 302
    assert client.get("/admin/").status_code == 200


@pytest.mark.usefixtures("factor_wanted")
def test_second_factor_is_nothing_for_strangers(client: Client) -> None:
    assert client.get("/patients/")["Location"].startswith(LOGIN)
    assert client.get("/healthz").status_code == 200


def test_without_the_setting_nobody_is_led_away(manager_client: Client) -> None:
    assert manager_client.get("/patients/").status_code == 200


def confirm_password(client: Client) -> None:
    asked = client.get(reverse("mfa_activate_totp"))["Location"]
    assert asked.startswith("/accounts/reauthenticate/")
    assert client.post(asked, {"password": PASSWORD})["Location"] == reverse("mfa_activate_totp")


def current_code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(counters()))))
