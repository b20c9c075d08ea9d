from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.core.weekly import Interval
from apps.geocoding.models import PostalCode
from apps.therapists import selectors
from apps.therapists.models import Practice, Therapist
from tests.factories.therapists import TherapistFactory

pytestmark = pytest.mark.django_db

NEW = {
    "salutation": "ms",
    "gender": "female",
    "last_name": "Linde",
    "first_name": "Eva",
    "seat": "full",
    "is_licensed": "on",
    "languages": ["de", "tr"],
    "wished_diagnoses": "f32, F40-F48",
    "wished_age_from": "0",
    "wished_age_to": "0",
    "wished_gender": "any",
    "name": "Heilraum",
    "street": "Lindenstraße 1",
    "plz": "04109",
    "city": "Leipzig",
    "phone": "0341 1234567",
    "email": "Praxis@Example.org",
    "website": "heilraum.example",
    "approval-VT-adults-individual": "on",
    "approval-ST-minors-group": "on",
    "phone-0": "8-9, 14:30–15",
    "working-2": "08:00–18:00",
}
CREATE = reverse("therapists:create")


def url(name: str, therapist: Therapist) -> str:
    return reverse(f"therapists:{name}", args=[therapist.pk])


def filled(response: Any, name: str = "form") -> dict[str, Any]:
    """What a browser would send back for a form as it was shown."""
    form = response.context[name]
    values = {field.html_name: field.value() for field in form}
    return {key: value for key, value in values.items() if value is not None and value is not False}


def edit(client: Client, therapist: Therapist, **changes: Any) -> Any:
    address = url("edit", therapist)
    return client.post(address, filled(client.get(address)) | changes)


def test_create_records_everything_on_one_page(coordinator_client: Client, coordinator: User) -> None:
    PostalCode.objects.create(plz="04109", place_name="Leipzig", state="SN", latitude=51.3, longitude=12.4)
    response = coordinator_client.post(CREATE, NEW)
    therapist = Therapist.objects.get()
    assert response.url == therapist.get_absolute_url()
    assert (therapist.last_name, therapist.languages) == ("Linde", ["de", "tr"])
    assert therapist.wished_diagnoses == ["F32", "F40-F48"]
    assert (therapist.review_status, therapist.is_working_hours_known) == ("unreviewed", True)
    practice = therapist.practices.get()
    assert (practice.phone, practice.email) == ("+493411234567", "praxis@example.org")
    assert (practice.website, practice.precision) == ("https://heilraum.example", "plz")
    approvals = therapist.approvals.values_list("method", "age_group", "setting")
    assert list(approvals) == [("ST", "minors", "group"), ("VT", "adults", "individual")]
    assert selectors.hours(therapist, "phone") == [(0, 480, 540), (0, 870, 900)]
    assert selectors.hours(therapist, "working") == [(2, 480, 1080)]
    assert therapist.history.get().actor == coordinator


def test_create_without_working_hours_leaves_them_unknown(coordinator_client: Client) -> None:
    coordinator_client.post(CREATE, NEW | {"working-2": ""})
    assert Therapist.objects.get().is_working_hours_known is False


@pytest.mark.parametrize(
    ("wrong", "form", "field"),
    [
        ({"last_name": ""}, "form", "last_name"),
        ({"wished_diagnoses": "Angst"}, "form", "wished_diagnoses"),
        ({"wished_age_from": "30", "wished_age_to": "20"}, "form", "wished_age_to"),
        ({"email_permission_how": "oral"}, "form", "email_permission_since"),
        ({"languages": ["xx"]}, "form", "languages"),
        ({"plz": ""}, "practice_form", "plz"),
        ({"phone": "none"}, "practice_form", "phone"),
        ({"email": "x"}, "practice_form", "email"),
        ({"phone-3": "morning"}, "hours_form", "phone-3"),
        ({"working-3": "12-8"}, "hours_form", "working-3"),
    ],
)
def test_create_shows_what_is_wrong_and_keeps_what_was_typed(
    coordinator_client: Client, wrong: dict[str, Any], form: str, field: str
) -> None:
    response = coordinator_client.post(CREATE, NEW | wrong)
    assert response.status_code == 200
    errors = {
        name: list(response.context[name].errors)
        for name in ("form", "practice_form", "approvals_form", "hours_form")
        if response.context[name].errors
    }
    assert errors == {form: [field]}
    assert 'value="Eva"' in response.content.decode()
    assert not Therapist.objects.exists()
    assert not Practice.objects.exists()


def test_create_shows_the_errors_of_all_forms_at_once(coordinator_client: Client) -> None:
    response = coordinator_client.post(CREATE, NEW | {"last_name": "", "plz": "", "phone-0": "x"})
    shown = [bool(response.context[name].errors) for name in ("form", "practice_form", "hours_form")]
    assert shown == [True, True, True]


def test_edit_unchanged_changes_nothing(coordinator_client: Client) -> None:
    therapist = TherapistFactory()
    before = Therapist.objects.values().get()
    assert edit(coordinator_client, therapist).status_code == 302
    assert Therapist.objects.values().get() == before


def test_edit_saves_what_changed(coordinator_client: Client) -> None:
    therapist = TherapistFactory(languages=["de"])
    response = edit(coordinator_client, therapist, title="Dr.", languages=["de", "fr"])
    assert response.url == therapist.get_absolute_url()
    fresh = Therapist.objects.get()
    assert (fresh.title, fresh.languages) == ("Dr.", ["de", "fr"])


def test_edit_does_not_overwrite_what_somebody_else_saved(coordinator_client: Client) -> None:
    therapist = TherapistFactory(title="")
    typed = filled(coordinator_client.get(url("edit", therapist))) | {"title": "Dr."}
    therapist.title = "Prof."
    therapist.save(update_fields=["title", "updated_at"])
    response = coordinator_client.post(url("edit", therapist), typed)
    assert response.context["form"].is_stale
    assert list(response.context["form"].errors) == ["__all__"]
    assert 'value="Dr."' in response.content.decode()
    assert Therapist.objects.get().title == "Prof."


def test_edit_does_not_overwrite_without_a_moment(coordinator_client: Client) -> None:
    therapist = TherapistFactory(title="")
    typed = filled(coordinator_client.get(url("edit", therapist))) | {"title": "Dr."}
    del typed["seen_at"]
    assert coordinator_client.post(url("edit", therapist), typed).status_code == 200
    assert Therapist.objects.get().title == ""


def test_edit_is_not_disturbed_by_a_noted_contact(coordinator_client: Client, at: Any) -> None:
    from apps.therapists.services.contact import note_email

    therapist = TherapistFactory(title="")
    typed = filled(coordinator_client.get(url("edit", therapist))) | {"title": "Dr."}
    note_email(therapist=therapist, at=at)
    coordinator_client.post(url("edit", therapist), typed)
    fresh = Therapist.objects.get()
    assert (fresh.title, fresh.last_email_at) == ("Dr.", at)


def test_edit_cannot_reach_states(coordinator_client: Client) -> None:
    therapist = TherapistFactory(review_status="unreviewed")
    edit(coordinator_client, therapist, status="inactive", review_status="verified")
    fresh = Therapist.objects.get()
    assert (fresh.status, fresh.review_status) == ("active", "unreviewed")


def test_edit_shows_a_service_error_at_its_field(coordinator_client: Client) -> None:
    therapist = TherapistFactory()
    response = edit(coordinator_client, therapist, wished_diagnoses="Angst")
    assert list(response.context["form"].errors) == ["wished_diagnoses"]


def test_approvals_are_shown_and_replaced(coordinator_client: Client) -> None:
    therapist = TherapistFactory(approvals=[("VT", "adults", "individual")])
    address = url("edit_approvals", therapist)
    assert filled(coordinator_client.get(address)) == {"approval-VT-adults-individual": True}
    response = coordinator_client.post(address, {"approval-AP-adults-group": "on"})
    assert response.url == url("offer", therapist)
    assert list(therapist.approvals.values_list("method", "setting")) == [("AP", "group")]


def test_approvals_may_be_none(coordinator_client: Client) -> None:
    therapist = TherapistFactory()
    coordinator_client.post(url("edit_approvals", therapist), {})
    assert therapist.approvals.count() == 0


def test_hours_are_shown_and_replaced(coordinator_client: Client) -> None:
    therapist = TherapistFactory(phone_hours=[(0, 480, 540), (0, 600, 660)], working_hours=[(4, 480, 1080)])
    address = url("edit_hours", therapist)
    shown = {key: value for key, value in filled(coordinator_client.get(address)).items() if value}
    assert shown == {"phone-0": "08:00–09:00, 10:00–11:00", "working-4": "08:00–18:00"}
    response = coordinator_client.post(address, {"phone-1": "9-10, 10-11"})
    assert response.url == url("hours", therapist)
    assert [row.interval for row in therapist.hours.all()] == [Interval(1, 540, 660)]
    assert Therapist.objects.get().is_working_hours_known is False


def test_hours_that_cannot_be_read_are_shown_at_their_day(coordinator_client: Client) -> None:
    therapist = TherapistFactory()
    response = coordinator_client.post(url("edit_hours", therapist), {"working-6": "late"})
    assert list(response.context["form"].errors) == ["working-6"]
    assert therapist.hours.count() == 7
