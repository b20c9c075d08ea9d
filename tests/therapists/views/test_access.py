"""Every URL of the app with every kind of person."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.core.merging import suggestions
from apps.core.merging.merge import merge
from apps.core.models import DuplicateSuggestion
from apps.therapists.models import Therapist
from apps.therapists.urls import urlpatterns
from tests.factories.therapists import ContactPauseFactory, PracticeFactory, TherapistFactory

pytestmark = pytest.mark.django_db

READING = ["list", "detail", "offer", "hours", "contact", "history"]
EXPORTS = ["export", "export_xlsx"]
PAGES = [*EXPORTS, "create", "edit", "edit_approvals", "edit_hours", "practices", "edit_practice"]
ASKING = ["block", "deactivate", "pause", "objection"]
DUPLICATES = ["duplicates", "merges", "merge_record", "merge", "merge_practices"]
POSTING = [
    "verify",
    "unverify",
    "unblock",
    "reactivate",
    "lift_pause",
    "make_main_practice",
    "remove_practice",
    "dismiss_duplicate",
    "reopen_duplicate",
]
WORKING = [*PAGES, *DUPLICATES, *ASKING, *POSTING]


@pytest.fixture
def therapist(db: None) -> Therapist:
    return TherapistFactory()


def url(name: str, therapist: Therapist) -> str:
    pattern = next(pattern for pattern in urlpatterns if pattern.name == name)
    needed = pattern.pattern.converters
    values = {
        **(of_duplicates(therapist) if {"other_pk", "merge_pk", "duplicate_pk"} & needed.keys() else {}),
        "pk": therapist.pk,
        "practice_pk": therapist.practices.get().pk,
        "pause_pk": ContactPauseFactory(therapist=therapist).pk,
    }
    if name == "merge_practices":
        values["other_pk"] = PracticeFactory().pk
    return reverse(f"therapists:{name}", kwargs={key: values[key] for key in needed})


def of_duplicates(therapist: Therapist) -> dict[str, int]:
    """A second record, a pair of the two and a merge of others."""
    other, at = TherapistFactory(), timezone.now()
    found = [suggestions.Found(therapist.pk, other.pk, 0.8, ("phone",))]
    suggestions.record(kind="therapist", found=found, at=at)
    pair = DuplicateSuggestion.objects.get()
    kept, dropped = TherapistFactory().pk, TherapistFactory().pk
    record = merge(kind="therapist", kept_id=kept, dropped_id=dropped, chosen={}, actor=None, at=at)
    return {"other_pk": other.pk, "duplicate_pk": pair.pk, "merge_pk": record.pk}


def ask(client: Client, name: str, therapist: Therapist) -> int:
    call = client.post if name in POSTING else client.get
    return call(url(name, therapist)).status_code


def test_lists_of_this_test_name_every_url() -> None:
    assert sorted([*READING, *WORKING]) == sorted(pattern.name for pattern in urlpatterns)


@pytest.mark.parametrize("name", [*READING, *WORKING])
def test_anonymous_is_sent_to_the_login(client: Client, therapist: Therapist, name: str) -> None:
    response = client.get(url(name, therapist))
    assert response.status_code == 302
    assert response.url.startswith("/accounts/login/")


@pytest.mark.parametrize("name", [*READING, *WORKING])
def test_outsider_sees_nothing(outsider_client: Client, therapist: Therapist, name: str) -> None:
    assert ask(outsider_client, name, therapist) == 403


@pytest.mark.parametrize("name", READING)
def test_viewer_reads(viewer_client: Client, therapist: Therapist, name: str) -> None:
    assert ask(viewer_client, name, therapist) == 200


@pytest.mark.parametrize("name", WORKING)
def test_viewer_changes_nothing(viewer_client: Client, therapist: Therapist, name: str) -> None:
    before = Therapist.objects.values().get(pk=therapist.pk)
    assert ask(viewer_client, name, therapist) == 403
    assert Therapist.objects.values().get(pk=therapist.pk) == before


@pytest.mark.parametrize("name", [*READING, *PAGES, *DUPLICATES, *ASKING])
def test_coordinator_opens_every_page(coordinator_client: Client, therapist: Therapist, name: str) -> None:
    assert ask(coordinator_client, name, therapist) == 200


@pytest.mark.parametrize("name", [*READING, *PAGES, *DUPLICATES, *ASKING])
def test_manager_opens_every_page(manager_client: Client, therapist: Therapist, name: str) -> None:
    assert ask(manager_client, name, therapist) == 200


@pytest.mark.parametrize("name", POSTING)
def test_acts_do_not_answer_to_a_link(coordinator_client: Client, therapist: Therapist, name: str) -> None:
    assert coordinator_client.get(url(name, therapist)).status_code == 405


@pytest.mark.parametrize("name", ["list", *EXPORTS, *READING[1:]])
def test_pages_that_only_show_take_no_post(
    coordinator_client: Client, therapist: Therapist, name: str
) -> None:
    assert coordinator_client.post(url(name, therapist)).status_code == 405


@pytest.mark.parametrize("name", [*READING[1:], "edit", "block", "practices"])
def test_unknown_therapist_is_not_found(coordinator_client: Client, name: str) -> None:
    assert coordinator_client.get(reverse(f"therapists:{name}", args=[999_999])).status_code == 404


@pytest.mark.parametrize("name", READING)
def test_viewer_is_offered_no_act(viewer_client: Client, therapist: Therapist, name: str) -> None:
    page = viewer_client.get(url(name, therapist)).content.decode()
    paths = [reverse(f"therapists:{name}") for name in ("create", *EXPORTS)]
    paths += [url(act, therapist) for act in WORKING if act not in {"create", *EXPORTS}]
    assert [path for path in paths if f'"{path}' in page] == []
