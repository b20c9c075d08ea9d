from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.therapists.models import Practice, Therapist
from tests.factories.therapists import PracticeFactory, TherapistFactory, WorkplaceFactory
from tests.therapists.views.test_edit import filled

pytestmark = pytest.mark.django_db

NEW = {"name": "Heilraum", "street": "Lindenstraße 1", "plz": "04109", "city": "Leipzig"}


def url(name: str, *args: int) -> str:
    return reverse(f"therapists:{name}", args=args)


def places(therapist: Therapist) -> list[tuple[str, bool]]:
    return list(therapist.workplaces.values_list("practice__name", "is_main"))


@pytest.fixture
def therapist(db: None) -> Therapist:
    return TherapistFactory(practice__name="First")


@pytest.fixture
def second(therapist: Therapist) -> Practice:
    return WorkplaceFactory(therapist=therapist, is_main=False, practice__name="Second").practice


def test_add_a_practice(coordinator_client: Client, therapist: Therapist) -> None:
    response = coordinator_client.post(url("practices", therapist.pk), NEW)
    assert response.url == url("practices", therapist.pk)
    assert places(therapist) == [("First", True), ("Heilraum", False)]


def test_add_finds_a_known_practice(coordinator_client: Client, therapist: Therapist) -> None:
    known = PracticeFactory(**NEW)
    coordinator_client.post(url("practices", therapist.pk), NEW | {"street": "Lindenstr. 1"})
    assert known in therapist.practices.all()
    assert Practice.objects.count() == 2


def test_add_shows_what_is_wrong(coordinator_client: Client, therapist: Therapist) -> None:
    response = coordinator_client.post(url("practices", therapist.pk), NEW | {"phone": "none"})
    assert list(response.context["form"].errors) == ["phone"]
    assert places(therapist) == [("First", True)]


def test_edit_changes_the_practice(coordinator_client: Client, therapist: Therapist) -> None:
    practice = therapist.practices.get()
    address = url("edit_practice", therapist.pk, practice.pk)
    typed = filled(coordinator_client.get(address)) | {"phone": "0341 999999"}
    assert coordinator_client.post(address, typed).status_code == 302
    assert Practice.objects.get().phone == "+49341999999"


def test_edit_unchanged_changes_nothing(coordinator_client: Client, therapist: Therapist) -> None:
    address = url("edit_practice", therapist.pk, therapist.practices.get().pk)
    before = Practice.objects.values().get()
    coordinator_client.post(address, filled(coordinator_client.get(address)))
    assert Practice.objects.values().get() == before


def test_edit_does_not_overwrite_what_somebody_else_saved(
    coordinator_client: Client, therapist: Therapist
) -> None:
    practice = therapist.practices.get()
    address = url("edit_practice", therapist.pk, practice.pk)
    typed = filled(coordinator_client.get(address)) | {"city": "Halle"}
    practice.save(update_fields=["updated_at"])
    response = coordinator_client.post(address, typed)
    assert response.context["form"].is_stale
    assert Practice.objects.get().city == "Leipzig"


def test_edit_names_who_else_works_there(coordinator_client: Client, therapist: Therapist) -> None:
    practice = therapist.practices.get()
    other = TherapistFactory(practice=practice)
    response = coordinator_client.get(url("edit_practice", therapist.pk, practice.pk))
    assert list(response.context["others"]) == [other]


def test_edit_of_a_practice_of_somebody_else_is_not_found(
    coordinator_client: Client, therapist: Therapist
) -> None:
    address = url("edit_practice", therapist.pk, PracticeFactory().pk)
    assert coordinator_client.get(address).status_code == 404


def test_make_main(coordinator_client: Client, therapist: Therapist, second: Practice) -> None:
    coordinator_client.post(url("make_main_practice", therapist.pk, second.pk))
    assert places(therapist) == [("Second", True), ("First", False)]


def test_remove_the_main_one_promotes_the_next(
    coordinator_client: Client, therapist: Therapist, second: Practice
) -> None:
    first = therapist.practices.get(name="First")
    coordinator_client.post(url("remove_practice", therapist.pk, first.pk))
    assert places(therapist) == [("Second", True)]


def test_remove_the_last_one_is_refused(coordinator_client: Client, therapist: Therapist) -> None:
    address = url("remove_practice", therapist.pk, therapist.practices.get().pk)
    assert coordinator_client.post(address).status_code == 409
    assert places(therapist) == [("First", True)]


def test_remove_is_offered_only_where_another_stays(coordinator_client: Client, therapist: Therapist) -> None:
    address = url("remove_practice", therapist.pk, therapist.practices.get().pk)
    assert address not in page(coordinator_client, therapist)
    WorkplaceFactory(therapist=therapist, is_main=False)
    assert address in page(coordinator_client, therapist)


def page(client: Client, therapist: Therapist) -> Any:
    return client.get(url("practices", therapist.pk)).content.decode()
