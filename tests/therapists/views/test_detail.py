from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.core import parameters
from apps.therapists.models import ContactGroup, Therapist
from tests.factories.therapists import ContactPauseFactory, TherapistFactory, WorkplaceFactory

pytestmark = pytest.mark.django_db


def show(client: Client, tab: str, therapist: Therapist) -> Any:
    return client.get(reverse(f"therapists:{tab}", args=[therapist.pk]))


@pytest.mark.parametrize("tab", ["detail", "offer", "hours", "contact", "history"])
def test_tab_marks_itself_and_names_the_person(viewer_client: Client, tab: str) -> None:
    therapist = TherapistFactory(title="Dr.", first_name="Eva", last_name="Linde")
    response = show(viewer_client, tab, therapist)
    assert "Dr. Eva Linde" in response.content.decode()
    current = [entry["url"] for entry in response.context["tabs"] if entry["is_current"]]
    assert current == [reverse(f"therapists:{tab}", args=[therapist.pk])]


@pytest.mark.parametrize("tab", ["detail", "offer", "hours", "contact", "history"])
def test_tab_has_no_inline_style_or_script(coordinator_client: Client, tab: str) -> None:
    page = show(coordinator_client, tab, TherapistFactory()).content.decode()
    assert " style=" not in page
    assert " onclick=" not in page
    assert page.count("<script") == page.count("<script src=")


def test_overview_shows_every_practice(viewer_client: Client) -> None:
    therapist = TherapistFactory(practice__phone="+493411234567", practice__email="a@example.org")
    WorkplaceFactory(therapist=therapist, is_main=False, practice__name="Heilraum")
    page = show(viewer_client, "detail", therapist).content.decode()
    assert 'href="tel:+493411234567">0341 1234567<' in page
    assert 'href="mailto:a@example.org"' in page
    assert "Heilraum" in page


def test_overview_warns_of_an_unknown_place(viewer_client: Client) -> None:
    known, unknown = TherapistFactory(), TherapistFactory(practice__precision="none")
    assert "alert-warning" not in show(viewer_client, "detail", known).content.decode()
    assert "alert-warning" in show(viewer_client, "detail", unknown).content.decode()


def test_overview_escapes_what_people_typed(viewer_client: Client) -> None:
    therapist = TherapistFactory(last_name="<b>Linde</b>", internal_note="<script>x</script>")
    page = show(viewer_client, "detail", therapist).content.decode()
    assert "<b>Linde" not in page
    assert "<script>x" not in page


def test_offer_warns_without_approvals(viewer_client: Client) -> None:
    therapist = TherapistFactory(approvals=[])
    assert "alert-warning" in show(viewer_client, "offer", therapist).content.decode()


@pytest.mark.parametrize(("end", "is_doubtful"), [(579, True), (580, False)])
def test_hours_warn_of_too_little_phone_time(viewer_client: Client, end: int, is_doubtful: bool) -> None:
    therapist = TherapistFactory(phone_hours=[(0, 480, end)])
    page = show(viewer_client, "hours", therapist).content.decode()
    assert ("alert-warning" in page) is is_doubtful


@pytest.mark.parametrize(("working_hours", "grids"), [([(0, 480, 540)], 2), (False, 1), ([], 1)])
def test_hours_draw_what_is_known(viewer_client: Client, working_hours: Any, grids: int) -> None:
    therapist = TherapistFactory(working_hours=working_hours)
    page = show(viewer_client, "hours", therapist).content.decode()
    assert page.count('class="hours-grid"') == grids


def test_contact_shows_the_greeting_and_where_mail_goes(viewer_client: Client) -> None:
    therapist = TherapistFactory(title="Dr.", last_name="Müller", practice__email="a@example.org")
    response = show(viewer_client, "contact", therapist)
    assert response.context["address"] == "a@example.org"
    assert "Sehr geehrte Frau Dr. Müller" in response.content.decode()


def test_contact_obeys_the_email_policy(viewer_client: Client, manager: User, at: datetime) -> None:
    therapist = TherapistFactory(email_permission_since=None, email_permission_how="")
    assert show(viewer_client, "contact", therapist).context["address"] is not None
    parameters.change(
        name="email_policy",
        value="permission",
        actor=manager,
        at=timezone.now() - timedelta(days=1),
        reason="advice of counsel",
    )
    assert show(viewer_client, "contact", therapist).context["address"] is None


def test_contact_shows_the_pauses_and_people_of_the_group(viewer_client: Client) -> None:
    group = ContactGroup.objects.create()
    therapist, colleague = TherapistFactory.create_batch(2, contact_group=group)
    today = timezone.localdate()
    pause = ContactPauseFactory(therapist=colleague, starts_on=today, until=today)
    response = show(viewer_client, "contact", therapist)
    assert list(response.context["pauses"]) == [pause]
    assert list(response.context["colleagues"]) == [colleague]
    assert response.context["contact"].code == "paused"


def test_contact_offers_to_lift_only_what_still_holds(coordinator_client: Client) -> None:
    therapist = TherapistFactory()
    today = timezone.localdate()
    day = timedelta(days=1)
    ContactPauseFactory(therapist=therapist, starts_on=today - 9 * day, until=today - day)
    ContactPauseFactory(therapist=therapist, lifted_at=timezone.now(), starts_on=today, until=today)
    open_one = ContactPauseFactory(therapist=therapist, starts_on=today, until=today)
    page = show(coordinator_client, "contact", therapist).content.decode()
    assert page.count("/lift/") == 1
    assert reverse("therapists:lift_pause", args=[therapist.pk, open_one.pk]) in page


def test_contact_offers_no_second_objection(coordinator_client: Client) -> None:
    therapist = TherapistFactory(do_not_contact_since=date(2026, 11, 2))
    page = show(coordinator_client, "contact", therapist).content.decode()
    assert reverse("therapists:objection", args=[therapist.pk]) not in page


@pytest.mark.parametrize(
    ("tab", "queries"), [("detail", 9), ("offer", 9), ("hours", 10), ("contact", 12), ("history", 23)]
)
@pytest.mark.parametrize("count", [1, 3])
def test_tab_needs_the_same_queries_for_any_number(
    viewer_client: Client, django_assert_num_queries: Any, tab: str, queries: int, count: int
) -> None:
    group = ContactGroup.objects.create()
    therapist = TherapistFactory.create_batch(count, contact_group=group)[0]
    for _number in range(count):
        ContactPauseFactory(therapist=therapist)
        WorkplaceFactory(therapist=therapist, is_main=False)
        therapist.history.create(old="a", new="b", at=timezone.now(), operation="0" * 32)
    show(viewer_client, tab, therapist)
    with django_assert_num_queries(queries):
        show(viewer_client, tab, therapist)
