"""What a domain error looks like, who acts in the audit trail, and that pages stay out of caches."""

import pghistory
import pytest
from django.apps import apps
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path, reverse

from apps.accounts.models import User
from apps.core.errors import DomainError, NotAllowed, Refused, StaleState
from config.urls import urlpatterns as project_urls
from tests.factories.patients import PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.test_middleware")]

ERRORS: dict[str, Exception] = {
    "stale": StaleState("too late"),
    "refused": Refused("no <b>consent</b>"),
    "forbidden": NotAllowed("not yours"),
    "bug": KeyError("bug"),
}


def raises(request: HttpRequest, kind: str) -> HttpResponse:
    raise ERRORS[kind]


def says_how_long(request: HttpRequest) -> HttpResponse:
    return HttpResponse("x", headers={"Cache-Control": "max-age=60"})


urlpatterns = [
    path("raises/<slug:kind>/", raises),
    path("cached/", says_how_long),
    *project_urls,
]

SAME_HOST = {"Referer": "http://testserver/patients/?page=2"}


@pytest.mark.parametrize(("kind", "message"), [("stale", "too late"), ("refused", "no <b>consent</b>")])
def test_form_goes_back_to_its_page_with_a_message(viewer_client: Client, kind: str, message: str) -> None:
    response = viewer_client.post(f"/raises/{kind}/", headers=SAME_HOST)
    assert (response.status_code, response["Location"]) == (302, "/patients/?page=2")
    assert [str(shown) for shown in get_messages(response.wsgi_request)] == [message]


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_unsafe_methods_go_back_too(viewer_client: Client, method: str) -> None:
    response = getattr(viewer_client, method)("/raises/stale/", headers=SAME_HOST)
    assert (response.status_code, response["Location"]) == (302, "/patients/?page=2")


@pytest.mark.parametrize(
    "referer",
    [
        "",
        "https://evil.example/patients/",
        "//evil.example/",
        "http://testserver.evil.example/",
        "http://testserver@evil.example/",
        "javascript:alert(1)",
        "http:///evil.example",
        "http://testserver\\@evil.example/",
    ],
)
def test_foreign_referer_is_ignored(viewer_client: Client, referer: str) -> None:
    response = viewer_client.post("/raises/stale/", headers={"Referer": referer})
    assert response.status_code == 409
    assert "Location" not in response


@pytest.mark.parametrize(("kind", "status"), [("stale", 409), ("refused", 409), ("forbidden", 403)])
def test_page_is_shown_with_the_status_of_the_error(viewer_client: Client, kind: str, status: int) -> None:
    response = viewer_client.get(f"/raises/{kind}/", headers=SAME_HOST)
    assert response.status_code == status
    assert "errors/domain.html" in [template.name for template in response.templates]


def test_message_is_text_and_never_markup(viewer_client: Client) -> None:
    for headers in ({}, {"HX-Request": "true"}):
        html = viewer_client.get("/raises/refused/", headers=headers).content.decode()
        assert "no &lt;b&gt;consent&lt;/b&gt;" in html
        assert "<b>consent" not in html


@pytest.mark.parametrize("method", ["get", "post"])
def test_htmx_gets_only_the_alert(viewer_client: Client, method: str) -> None:
    response = getattr(viewer_client, method)("/raises/stale/", headers={"HX-Request": "true", **SAME_HOST})
    assert response.status_code == 200  # htmx shows nothing of another status
    html = response.content.decode()
    assert 'role="alert"' in html
    assert "too late" in html
    assert "<html" not in html


def test_bug_is_not_taken_for_a_domain_error(viewer_client: Client) -> None:
    with pytest.raises(KeyError):
        viewer_client.post("/raises/bug/", headers=SAME_HOST)


def test_every_domain_error_has_a_status_of_its_family() -> None:
    assert {error.status for error in (DomainError, StaleState, Refused)} == {409}
    assert NotAllowed.status == 403
    assert str(StaleState().message) != ""


def test_pages_behind_the_login_are_not_stored(viewer_client: Client) -> None:
    for url in (reverse("workspace:today"), reverse("patients:list"), "/raises/stale/", "/no-such-page/"):
        assert viewer_client.get(url)["Cache-Control"] == "no-store", url


def test_page_that_says_how_long_is_left_alone(viewer_client: Client) -> None:
    assert viewer_client.get("/cached/")["Cache-Control"] == "max-age=60"


def test_public_answer_is_left_alone(client: Client) -> None:
    assert "Cache-Control" not in client.get(reverse("set_language"))


def trail(patient_id: int) -> list[pghistory.models.Event]:
    rows = apps.get_model("patients", "PatientEvent").objects.filter(pgh_obj_id=patient_id)
    return list(rows.select_related("pgh_context").order_by("pgh_id"))


def test_audit_trail_names_who_changed_a_row_on_which_page(
    coordinator_client: Client, coordinator: User
) -> None:
    patient = PatientFactory()
    url = reverse("admin:patients_patient_change", args=[patient.pk])
    form = coordinator_client.get(url).context["adminform"].form
    data = {name: "" if value is None else value for name, value in form.initial.items()}
    response = coordinator_client.post(url, {**data, **management(coordinator_client, url), "city": "Halle"})
    assert response.status_code == 302, response.context["adminform"].form.errors
    newest = trail(patient.pk)[-1]
    assert newest.city == "Halle"
    assert newest.pgh_context.metadata == {"user": coordinator.pk, "path": url}


def management(client: Client, url: str) -> dict[str, int]:
    formsets = client.get(url).context["inline_admin_formsets"]
    return {
        f"{row.formset.prefix}-{key}": 0
        for row in formsets
        for key in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")
    }
