"""Who reaches which URL. The rows come from the resolver: a URL nobody thought of fails here by name."""

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from apps.accounts.models import User
from tests.security.pages import Page, every_page

pytestmark = pytest.mark.django_db

PAGES = every_page()
OURS = [page for page in PAGES if page.is_ours]
RIGHTS = {"can_view", "can_work", "can_manage"}
OUR_PUBLIC = {
    "matching:reply",
    "matching:reply_no_more",
    "communication:call_feed",
    "healthz",
    "readyz",
    "version",
    "matching:identity",
    "intake:confirm",
}
# login, forgotten password and the steps in between; signing up says that it is closed
PUBLIC = OUR_PUBLIC | {
    "set_language",
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_confirm_email",
    "account_email_verification_sent",
    "account_confirm_login_code",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "mfa_authenticate",
    "admin:login",
}
GUARDED = [page for page in OURS if page.name not in OUR_PUBLIC]
ROLES = ("outsider", "viewer", "coordinator", "manager")


def named(pages: list[Page]) -> Any:
    return pytest.mark.parametrize("page", pages, ids=lambda page: page.name)


@pytest.fixture
def clients(
    outsider_client: Client, viewer_client: Client, coordinator_client: Client, manager_client: Client
) -> dict[str, Client]:
    return dict(zip(ROLES, (outsider_client, viewer_client, coordinator_client, manager_client), strict=True))


def test_lists_of_this_file_name_pages_that_exist() -> None:
    assert PUBLIC - {page.name for page in PAGES} == set()
    assert len(GUARDED) > 80


@named(OURS)
def test_every_view_of_ours_says_who_may_use_it(page: Page) -> None:
    if page.name in OUR_PUBLIC:
        assert page.required_right is None
    else:
        assert page.required_right in RIGHTS, (
            f"{page.name} has none of @viewing, @working, @managing (apps.accounts.permissions)"
        )


@named([page for page in PAGES if page.name not in PUBLIC])
def test_strangers_are_led_to_the_login(page: Page, client: Client) -> None:
    for answer in (client.get(page.path), client.post(page.path)):
        assert answer.status_code == 302, f"{page.name} answers strangers; if it must, add it to PUBLIC"
        assert answer["Location"].startswith(("/accounts/login/", "/admin/login/"))


@named([page for page in PAGES if page.name in PUBLIC])
def test_public_page_knows_no_secrets_and_has_no_bugs(page: Page, client: Client) -> None:
    for answer in (client.get(page.path), client.post(page.path)):
        assert answer.status_code in (200, 302, 400, 404, 405)
    assert not User.objects.exists()


@named(GUARDED)
def test_role_is_asked_before_the_row(page: Page, clients: dict[str, Client]) -> None:
    """The numbers in the paths are nobody's: 403 must not turn into 404 for those who may not know."""
    for role in ROLES:
        user = User.objects.get(username=role)
        for answer in (clients[role].get(page.path), clients[role].post(page.path)):
            is_refused = answer.status_code == 403
            assert is_refused != getattr(user, page.required_right), f"{role}: {answer.status_code}"


@named([page for page in GUARDED if "987654" in page.path])
def test_unknown_row_is_not_found(page: Page, manager_client: Client) -> None:
    assert manager_client.get(page.path).status_code in (404, 405)
    assert manager_client.post(page.path).status_code in (404, 405)


def test_refusal_is_a_page_that_says_why(outsider_client: Client) -> None:
    answer = outsider_client.get("/patients/", headers={"Accept-Language": "en"})
    assert answer.status_code == 403
    assert "Your role does not allow this. Please ask the management." in answer.content.decode()


def test_every_model_of_the_admin_is_covered() -> None:
    names = {page.name for page in PAGES}
    for model in admin.site._registry:
        assert f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist" in names
