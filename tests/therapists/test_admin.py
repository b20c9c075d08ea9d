from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.events.models import DomainEvent
from apps.therapists.models import ContactGroup, ContactPause, Practice, Therapist
from tests.factories.therapists import ContactPauseFactory, PracticeFactory, TherapistFactory

pytestmark = pytest.mark.django_db

MODELS = [
    model
    for model in apps.get_app_config("therapists").get_models()
    if not hasattr(model, "pgh_tracked_model")
]


def url(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def filled(response: Any) -> dict[str, Any]:
    """What a browser would send back for an admin page as it was shown."""
    forms = [response.context["adminform"].form]
    for inline in response.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.initial_forms]
    values = {field.html_name: field.value() for form in forms for field in form}
    return {key: value for key, value in values.items() if value is not None and value is not False}


def told() -> list[tuple[str, Any]]:
    rows = DomainEvent.objects.order_by("id")
    return [(row.type, row.payload.get("changed")) for row in rows]


def test_every_model_is_registered() -> None:
    assert len(MODELS) == 8
    assert [model.__name__ for model in MODELS if not admin.site.is_registered(model)] == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_list_and_search_work(manager_client: Client, model: Any, at: Any) -> None:
    therapist = ContactPauseFactory().therapist
    therapist.history.create(old="a", new="b", at=at, operation="0" * 32)
    assert manager_client.get(url(model, "changelist")).status_code == 200
    assert manager_client.get(url(model, "changelist"), {"q": "linde"}).status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_row_opens(manager_client: Client, viewer_client: Client, model: Any, at: Any) -> None:
    therapist = ContactPauseFactory().therapist
    therapist.history.create(old="a", new="b", at=at, operation="0" * 32)
    row = model.objects.first()
    assert manager_client.get(url(model, "change", row.pk)).status_code == 200
    assert viewer_client.get(url(model, "change", row.pk)).status_code == 200


def test_viewer_cannot_save(viewer_client: Client) -> None:
    therapist = TherapistFactory(title="")
    response = viewer_client.post(url(Therapist, "change", therapist.pk), {"title": "Dr."})
    assert response.status_code == 403


def test_outsider_sees_nothing(outsider_client: Client) -> None:
    assert outsider_client.get(url(Therapist, "changelist")).status_code == 403


def test_therapist_is_saved_through_the_service(coordinator_client: Client) -> None:
    therapist = TherapistFactory(title="", wished_diagnoses=["F32"])
    address = url(Therapist, "change", therapist.pk)
    data = filled(coordinator_client.get(address)) | {"title": "Dr.", "wished_diagnoses": "f40 g"}
    assert coordinator_client.post(address, data).status_code == 302
    fresh = Therapist.objects.get()
    assert (fresh.title, fresh.wished_diagnoses) == ("Dr.", ["F40"])
    assert told() == [("therapist.changed", ["title", "wished_diagnoses"])]


def test_therapist_unchanged_is_silent(coordinator_client: Client) -> None:
    therapist = TherapistFactory()
    address = url(Therapist, "change", therapist.pk)
    before = Therapist.objects.values().get()
    assert coordinator_client.post(address, filled(coordinator_client.get(address))).status_code == 302
    assert Therapist.objects.values().get() == before
    assert told() == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"wished_diagnoses": "Angst"}, "wished_diagnoses"), ({"last_name": ""}, "last_name")],
)
def test_therapist_errors_are_shown(coordinator_client: Client, changes: dict[str, str], field: str) -> None:
    address = url(Therapist, "change", TherapistFactory().pk)
    response = coordinator_client.post(address, filled(coordinator_client.get(address)) | changes)
    assert list(response.context["adminform"].form.errors) == [field]


def test_states_cannot_be_set(coordinator_client: Client) -> None:
    therapist = TherapistFactory(review_status="unreviewed")
    address = url(Therapist, "change", therapist.pk)
    wanted = {"review_status": "verified", "status": "inactive", "do_not_contact_since": "2026-01-01"}
    coordinator_client.post(address, filled(coordinator_client.get(address)) | wanted)
    fresh = Therapist.objects.get()
    assert (fresh.review_status, fresh.status, fresh.do_not_contact_since) == ("unreviewed", "active", None)


def test_nobody_is_added_here(manager_client: Client) -> None:
    assert manager_client.get(url(Therapist, "add")).status_code == 403


def test_approvals_and_hours_are_saved_through_the_services(coordinator_client: Client) -> None:
    therapist = TherapistFactory(phone_hours=[(0, 480, 540)], working_hours=False)
    address = url(Therapist, "change", therapist.pk)
    data = filled(coordinator_client.get(address)) | {
        "approvals-0-setting": "group",
        "hours-TOTAL_FORMS": "2",
        "hours-1-kind": "working",
        "hours-1-weekday": "2",
        "hours-1-start_minute": "480",
        "hours-1-end_minute": "600",
    }
    assert coordinator_client.post(address, data).status_code == 302
    assert therapist.approvals.get().setting == "group"
    assert [row.interval for row in therapist.hours.filter(kind="working")] == [(2, 480, 600)]
    assert Therapist.objects.get().is_working_hours_known is True
    assert told() == [("therapist.changed", ["approvals"]), ("therapist.changed", ["working_hours"])]


def test_deleted_approval_is_gone(coordinator_client: Client, manager_client: Client) -> None:
    therapist = TherapistFactory()
    address = url(Therapist, "change", therapist.pk)
    data = filled(manager_client.get(address)) | {"approvals-0-DELETE": "on"}
    manager_client.post(address, data)
    assert therapist.approvals.count() == 0


def test_practice_is_saved_through_the_service(coordinator_client: Client) -> None:
    practice = TherapistFactory().practices.get()
    address = url(Practice, "change", practice.pk)
    data = filled(coordinator_client.get(address)) | {"latitude": "51.0", "longitude": "12.0"}
    assert coordinator_client.post(address, data).status_code == 302
    fresh = Practice.objects.get()
    assert (fresh.latitude, fresh.longitude, fresh.precision) == (51.0, 12.0, "manual")
    assert told() == [("therapist.moved", ["latitude", "longitude", "precision"])]


def test_practice_that_is_known_is_found_again(coordinator_client: Client) -> None:
    known = PracticeFactory(name="Heilraum", street="Lindenstraße 1")
    data = {
        "name": "heilraum",
        "street": "Lindenstr. 1",
        "plz": "04109",
        "city": "Leipzig",
        "precision": "none",
    }
    assert coordinator_client.post(url(Practice, "add"), data).status_code == 302
    assert Practice.objects.get() == known


def test_practice_with_a_wrong_number_is_refused(coordinator_client: Client) -> None:
    data = {"plz": "04109", "city": "Leipzig", "phone": "none", "precision": "none"}
    response = coordinator_client.post(url(Practice, "add"), data)
    assert list(response.context["adminform"].form.errors) == ["phone"]
    assert not Practice.objects.exists()


def test_pause_is_added_through_the_service(coordinator_client: Client) -> None:
    therapist = TherapistFactory()
    data = {"therapist": therapist.pk, "starts_on": "2026-11-23", "until": "2026-12-01", "reason": "staff"}
    assert coordinator_client.post(url(ContactPause, "add"), data).status_code == 302
    assert ContactPause.objects.get().until == date(2026, 12, 1)
    assert [type_ for type_, _changed in told()] == ["therapist.paused"]


def test_pause_in_the_wrong_order_is_refused(coordinator_client: Client) -> None:
    therapist = TherapistFactory()
    data = {"therapist": therapist.pk, "starts_on": "2026-11-23", "until": "2026-11-01", "reason": "staff"}
    response = coordinator_client.post(url(ContactPause, "add"), data)
    assert response.context["adminform"].form.errors
    assert not ContactPause.objects.exists()


def test_delete_mends_the_contact_group(manager_client: Client, manager: User) -> None:
    group = ContactGroup.objects.create()
    left = TherapistFactory(contact_group=group, practice__email="a@example.org")
    middle = TherapistFactory(
        contact_group=group, practice__email="a@example.org", practice__phone="+49341111111"
    )
    right = TherapistFactory(contact_group=group, practice__phone="+49341111111")
    response = manager_client.post(url(Therapist, "delete", middle.pk), {"post": "yes"})
    assert response.status_code == 302
    left.refresh_from_db()
    right.refresh_from_db()
    assert left.contact_group_id != right.contact_group_id


def test_delete_of_the_last_one_removes_the_group(manager_client: Client) -> None:
    therapist = TherapistFactory()
    manager_client.post(
        url(Therapist, "changelist"),
        {"action": "delete_selected", "_selected_action": therapist.pk, "post": "yes"},
    )
    assert not Therapist.objects.exists()
    assert not ContactGroup.objects.exists()


def test_coordinator_deletes_nobody(coordinator_client: Client) -> None:
    therapist = TherapistFactory()
    assert coordinator_client.post(url(Therapist, "delete", therapist.pk), {"post": "yes"}).status_code == 403
    assert Therapist.objects.filter(pk=therapist.pk).exists()
