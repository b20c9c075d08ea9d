"""What every page has in common: navigation, content policy, errors, login."""

import re

import pytest
from django.template import engines
from django.test import Client
from lxml import html

pytestmark = pytest.mark.django_db
PAGES = [
    "/",
    "/search/?q=an",
    "/accounts/2fa/",
    "/accounts/password/change/",
    "/accounts/logout/",
    "/accounts/reauthenticate/",
    "/nothing-here/",
]
ENTRANCES = ["/accounts/login/", "/accounts/password/reset/", "/accounts/signup/", "/nothing-here/"]


def page(response) -> html.HtmlElement:
    return html.fromstring(response.content.decode())


@pytest.mark.parametrize(
    ("url", "label"),
    [
        ("/", "/"),
        ("/patients/", "/patients/"),
        ("/registrierungen/upload/", "/registrierungen/"),
        ("/patients/new/", "/patients/"),
        ("/therapists/", "/therapists/"),
        ("/quellen/runs/", "/importe/"),
    ],
)
def test_navigation_marks_exactly_one_entry(coordinator_client, url, label):
    entries = page(coordinator_client.get(url)).find_class("sidebar-link")

    assert [entry.get("href") for entry in entries if entry.get("aria-current")] == [label]


def test_navigation_marks_none_on_other_pages(coordinator_client):
    entries = page(coordinator_client.get("/accounts/2fa/")).find_class("sidebar-link")

    assert len(entries) == 12
    assert [entry for entry in entries if entry.get("aria-current")] == []


def test_navigation_is_empty_without_a_role(outsider_client):
    frame = page(outsider_client.get("/"))

    assert frame.find_class("sidebar-link") == []
    assert frame.get_element_by_id("search", None) is None


def _offences(tree: html.HtmlElement) -> list[str]:
    """Whatever the content policy would refuse: inline style, script or handler."""
    scripts = [
        each for each in tree.iter("script") if not each.get("src") and each.get("type") != "application/json"
    ]
    attributes = [name for each in tree.iter(html.etree.Element) for name in each.keys()]  # noqa: SIM118
    handlers = [name for name in attributes if name == "style" or re.match(r"on[a-z]+$", name)]
    return [*map(str, scripts), *map(str, tree.iter("style")), *handlers]


@pytest.mark.parametrize("url", PAGES)
def test_page_obeys_the_content_policy(coordinator_client, url):
    response = coordinator_client.get(url)

    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert _offences(page(response)) == []


@pytest.mark.parametrize("url", ENTRANCES)
def test_entrance_obeys_the_content_policy(client, url):
    assert _offences(page(client.get(url))) == []


@pytest.mark.parametrize("url", PAGES)
def test_page_loads_nothing_from_elsewhere(coordinator_client, url):
    tree = page(coordinator_client.get(url))
    sources = [*tree.xpath("//script/@src"), *tree.xpath("//link/@href"), *tree.xpath("//img/@src")]

    assert [source for source in sources if not source.startswith(("/static/", "data:"))] == []


@pytest.mark.parametrize("url", PAGES)
def test_page_has_one_heading_one_main_and_a_skip_link(coordinator_client, url):
    tree = page(coordinator_client.get(url))

    assert [len(tree.findall(f".//{name}")) for name in ("h1", "main")] == [1, 1]
    assert tree.find_class("skip-link")[0].get("href") == "#main"
    assert tree.find(".//main").get("id") == "main"


def test_page_names_its_language(client):
    german, english = (
        client.get("/accounts/login/", headers={"Accept-Language": code}) for code in ("de", "en")
    )

    assert [page(answer).get("lang") for answer in (german, english)] == ["de", "en"]


def test_language_can_be_changed_before_the_login(client):
    response = client.post("/i18n/setlang/", {"language": "en", "next": "/accounts/login/"})

    assert (response.status_code, response.url) == (302, "/accounts/login/")
    assert page(client.get("/accounts/login/")).get("lang") == "en"


def test_login_leads_to_the_work_list(client, coordinator):
    data = {"login": "coordinator", "password": "only-for-tests-7"}

    response = client.post("/accounts/login/", data, follow=True)

    assert response.redirect_chain == [("/", 302)]
    assert page(response).xpath("//*[@id='messages']/div") == []


def test_login_tells_a_wrong_password(client, coordinator):
    response = client.post("/accounts/login/", {"login": "coordinator", "password": "wrong"})

    assert len(page(response).find_class("alert-danger")) == 1


def test_user_menu_shows_the_administration_only_to_staff(client, coordinator, coordinator_client):
    coordinator.is_staff = False
    coordinator.save(update_fields=["is_staff"])

    assert page(coordinator_client.get("/")).xpath("//a[@href='/admin/']") == []


def test_missing_page_is_friendly(client):
    response = client.get("/nothing-here/")

    assert response.status_code == 404
    assert page(response).find_class("entrance-card") != []


def test_forged_form_is_friendly(coordinator):
    careful = Client(enforce_csrf_checks=True)

    response = careful.post("/accounts/login/", {"login": "coordinator"})

    assert response.status_code == 403
    assert page(response).find_class("entrance-card") != []


def test_server_error_needs_neither_request_nor_database(django_assert_num_queries):
    with django_assert_num_queries(0):
        source = engines["django"].get_template("500.html").render()

    assert html.fromstring(source).find_class("entrance-card") != []


def test_admin_leads_back_to_the_workspace(manager_client):
    assert len(page(manager_client.get("/admin/")).xpath("//div[@id='user-tools']/a[@href='/']")) == 1
