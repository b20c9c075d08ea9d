"""Every URL of patients with every role: who sees, who works, who stays outside."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.core.merging import suggestions
from apps.core.merging.merge import merge
from apps.core.models import DuplicateSuggestion
from apps.patients.urls import urlpatterns
from tests.factories.patients import PatientFactory

pytestmark = pytest.mark.django_db

VIEWING = ["list", "detail", "clinical", "wishes", "history", "consents"]
WORKING = [
    *("export", "export_xlsx", "create", "edit", "availability", "withdraw_consent", "therapy"),
    *("duplicates", "merges", "merge", "merge_record"),
]
POSTS = [
    *("create", "edit", "availability", "give_consent", "withdraw_consent", "therapy"),
    *("merge", "merge_record", "dismiss_duplicate", "reopen_duplicate"),
]
WITHOUT_PATIENT = {"list", "export", "export_xlsx", "create", "duplicates", "merges"}
OF_DUPLICATES = {"merge", "merge_record", "dismiss_duplicate", "reopen_duplicate"}
MORE = {"withdraw_consent": ["email"], "therapy": ["complete"]}


@pytest.fixture
def patient() -> Any:
    days = {"started_on": "2026-03-02", "first_place_on": "2026-04-20", "place_confirmed_on": "2026-05-04"}
    return PatientFactory(status="in_therapy", **days)


def of_duplicates(name: str, patient: Any) -> list[int]:
    """Arguments of the pages about duplicates: a second record, a pair of the two, a merge of others."""
    other, at = PatientFactory(), timezone.now()
    if name == "merge":
        return [patient.pk, other.pk]
    if name == "merge_record":
        ids = {"kept_id": other.pk, "dropped_id": PatientFactory().pk}
        return [merge(kind="patient", **ids, chosen={}, actor=None, at=at).pk]
    found = [suggestions.Found(patient.pk, other.pk, 0.8, ("phone",))]
    suggestions.record(kind="patient", found=found, at=at, around={other.pk})
    return [DuplicateSuggestion.objects.get(second_id=other.pk).pk]


def address(name: str, patient: Any) -> str:
    if name in OF_DUPLICATES:
        return reverse(f"patients:{name}", args=of_duplicates(name, patient))
    return reverse(
        f"patients:{name}", args=[] if name in WITHOUT_PATIENT else [patient.pk, *MORE.get(name, [])]
    )


def test_every_url_is_in_this_test() -> None:
    assert {pattern.name for pattern in urlpatterns} == {*VIEWING, *WORKING, *POSTS}


@pytest.mark.parametrize("name", [*VIEWING, *WORKING])
def test_anonymous_people_are_sent_to_the_login(client: Client, patient: Any, name: str) -> None:
    response = client.get(address(name, patient))
    assert (response.status_code, response.headers["Location"].split("?")[0]) == (
        302,
        reverse("account_login"),
    )


@pytest.mark.parametrize("name", [*VIEWING, *WORKING])
def test_staff_without_a_role_see_nothing(outsider_client: Client, patient: Any, name: str) -> None:
    response = outsider_client.get(address(name, patient))
    assert response.status_code == 403
    assert patient.last_name not in response.text


@pytest.mark.parametrize("name", VIEWING)
@pytest.mark.parametrize("role", ["viewer", "coordinator", "manager"])
def test_pages_for_viewing(request: pytest.FixtureRequest, patient: Any, role: str, name: str) -> None:
    response = request.getfixturevalue(f"{role}_client").get(address(name, patient))
    assert response.status_code == 200
    assert patient.last_name in response.text


@pytest.mark.parametrize("name", WORKING)
@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("coordinator", 200), ("manager", 200)])
def test_pages_for_working(
    request: pytest.FixtureRequest, patient: Any, role: str, status: int, name: str
) -> None:
    response = request.getfixturevalue(f"{role}_client").get(address(name, patient))
    assert response.status_code == status


@pytest.mark.parametrize("name", POSTS)
@pytest.mark.parametrize("role", ["viewer", "outsider"])
def test_posts_need_the_right_to_work(
    request: pytest.FixtureRequest, patient: Any, role: str, name: str
) -> None:
    response = request.getfixturevalue(f"{role}_client").post(address(name, patient), {"reason": "x"})
    assert response.status_code == 403


@pytest.mark.parametrize("name", VIEWING)
def test_pages_for_viewing_take_no_posts(coordinator_client: Client, patient: Any, name: str) -> None:
    assert coordinator_client.post(address(name, patient)).status_code == 405


def test_viewers_get_no_buttons_that_would_refuse_them(viewer_client: Client, patient: Any) -> None:
    for name in VIEWING:
        text = viewer_client.get(address(name, patient)).text
        for forbidden in WORKING:
            assert address(forbidden, patient) not in text, (name, forbidden)


@pytest.mark.parametrize("name", [*VIEWING, *WORKING])
def test_pages_obey_the_content_policy(coordinator_client: Client, patient: Any, name: str) -> None:
    text = coordinator_client.get(address(name, patient)).getvalue().decode(errors="replace")
    for refused in (" style=", "<style", " onclick=", "javascript:"):
        assert refused not in text, refused
