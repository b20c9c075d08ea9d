"""Every unsafe request needs the token of its page."""

import pytest
from django.test import Client

from apps.accounts.models import User
from tests.conftest import PASSWORD
from tests.security.pages import Page, every_page

pytestmark = pytest.mark.django_db

PAGES = every_page()
# The link itself is the right to answer, and browsers send no cookie from a mail program's frame.
EXEMPT = {"matching:reply", "matching:reply_no_more", "matching:identity", "intake:confirm"}


@pytest.fixture
def strict_client(manager: User) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(manager, backend="apps.accounts.permissions.RoleBackend")
    return client


def test_exempt_views_are_those_of_the_list() -> None:
    found = {page.name for page in PAGES if getattr(page.view, "csrf_exempt", False)}
    assert found == EXEMPT


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name not in EXEMPT], ids=lambda page: page.name
)
def test_post_without_token_is_refused(page: Page, strict_client: Client) -> None:
    answer = strict_client.post(page.path, {"x": "1"})
    assert answer.status_code == 403
    assert "403_csrf.html" in [template.name for template in answer.templates]


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_unsafe_methods_need_it_too(strict_client: Client, method: str) -> None:
    assert getattr(strict_client, method)("/patients/").status_code == 403


def test_token_of_the_page_opens_the_door(manager: User) -> None:
    client = Client(enforce_csrf_checks=True)
    token = client.get("/accounts/login/").context["csrf_token"]
    words = {"login": "manager", "password": PASSWORD, "csrfmiddlewaretoken": str(token)}
    assert client.post("/accounts/login/", words).status_code == 302
    assert client.get("/patients/").status_code == 200


def test_token_of_somebody_else_does_not(strict_client: Client) -> None:
    other = Client(enforce_csrf_checks=True)
    token = other.get("/accounts/login/").context["csrf_token"]
    answer = strict_client.post("/i18n/setlang/", {"language": "en", "csrfmiddlewaretoken": str(token)})
    assert answer.status_code == 403
