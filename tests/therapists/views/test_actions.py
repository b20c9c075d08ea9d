from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.therapists.models import ContactPause, Therapist
from tests.factories.therapists import ContactPauseFactory, TherapistFactory

pytestmark = pytest.mark.django_db


def url(name: str, *args: int) -> str:
    return reverse(f"therapists:{name}", args=args)


def post(client: Client, name: str, *args: int, data: Any = None, **headers: str) -> Any:
    return client.post(url(name, *args), data or {}, headers=headers)


def test_verify_returns_to_the_record(coordinator_client: Client, coordinator: User) -> None:
    therapist = TherapistFactory(review_status="unreviewed")
    response = post(coordinator_client, "verify", therapist.pk)
    assert response.url == therapist.get_absolute_url()
    assert Therapist.objects.get().review_status == "verified"
    assert therapist.history.get().actor == coordinator


def test_verify_by_htmx_returns_the_cell_with_a_way_back(coordinator_client: Client) -> None:
    therapist = TherapistFactory(review_status="unreviewed")
    response = post(coordinator_client, "verify", therapist.pk, HX_Request="true")
    page = response.content.decode()
    assert f'hx-post="{url("unverify", therapist.pk)}"' in page
    assert f'id="contact-{therapist.pk}" hx-swap-oob="true"' in page
    assert "<html" not in page


def test_verify_by_htmx_can_be_taken_back(coordinator_client: Client) -> None:
    therapist = TherapistFactory()
    response = post(coordinator_client, "unverify", therapist.pk, HX_Request="true")
    assert f'hx-post="{url("verify", therapist.pk)}"' in response.content.decode()
    assert Therapist.objects.get().review_status == "unreviewed"


def test_verify_twice_says_that_somebody_was_faster(coordinator_client: Client) -> None:
    therapist = TherapistFactory()
    assert post(coordinator_client, "verify", therapist.pk).status_code == 409
    back = post(
        coordinator_client, "verify", therapist.pk, Referer=f"http://testserver{therapist.get_absolute_url()}"
    )
    assert back.url == therapist.get_absolute_url()
    assert [message.level_tag for message in get_messages(back.wsgi_request)] == ["warning"]


def test_block_asks_first_and_says_what_happens(coordinator_client: Client) -> None:
    therapist = TherapistFactory()
    response = coordinator_client.get(url("block", therapist.pk))
    assert response.context["consequences"]
    assert all(str(line) in response.content.decode() for line in response.context["consequences"])
    assert Therapist.objects.get().status == "active"


def test_block_with_reason(coordinator_client: Client) -> None:
    therapist = TherapistFactory()
    until = timezone.localdate() + timedelta(days=3)
    data = {"reason": "moving", "until": until.isoformat()}
    assert post(coordinator_client, "block", therapist.pk, data=data).status_code == 302
    fresh = Therapist.objects.get()
    assert (fresh.status, fresh.blocked_reason, fresh.blocked_until) == ("blocked", "moving", until)


@pytest.mark.parametrize(
    ("data", "field"), [({"reason": ""}, "reason"), ({"reason": "x", "until": "2020-01-01"}, "until")]
)
def test_block_shows_what_is_wrong(coordinator_client: Client, data: dict[str, str], field: str) -> None:
    therapist = TherapistFactory()
    response = post(coordinator_client, "block", therapist.pk, data=data)
    assert list(response.context["form"].errors) == [field]
    assert Therapist.objects.get().status == "active"


def test_unblock(coordinator_client: Client) -> None:
    therapist = TherapistFactory(status="blocked", blocked_reason="x", blocked_since=date(2026, 11, 1))
    assert post(coordinator_client, "unblock", therapist.pk).status_code == 302
    assert Therapist.objects.get().status == "active"


def test_deactivate_and_reactivate(coordinator_client: Client) -> None:
    therapist = TherapistFactory()
    post(coordinator_client, "deactivate", therapist.pk, data={"reason": "retired"})
    assert Therapist.objects.get().status == "inactive"
    post(coordinator_client, "reactivate", therapist.pk)
    assert Therapist.objects.get().status == "active"
    assert [row.reason for row in therapist.history.all()] == ["retired", ""]


def test_pause_and_lift(coordinator_client: Client) -> None:
    therapist = TherapistFactory()
    data = {"starts_on": "2026-11-23", "until": "2026-12-01", "reason": "requested", "note": "busy"}
    response = post(coordinator_client, "pause", therapist.pk, data=data)
    assert response.url == url("contact", therapist.pk)
    pause = ContactPause.objects.get()
    assert (pause.therapist, pause.until, pause.note) == (therapist, date(2026, 12, 1), "busy")
    post(coordinator_client, "lift_pause", therapist.pk, pause.pk)
    assert ContactPause.objects.get().lifted_at is not None


def test_pause_in_the_wrong_order_is_shown_at_the_day(coordinator_client: Client) -> None:
    therapist = TherapistFactory()
    data = {"starts_on": "2026-11-23", "until": "2026-11-22", "reason": "requested"}
    response = post(coordinator_client, "pause", therapist.pk, data=data)
    assert list(response.context["form"].errors) == ["until"]


def test_lift_pause_of_somebody_else_is_not_found(coordinator_client: Client) -> None:
    pause, therapist = ContactPauseFactory(), TherapistFactory()
    assert post(coordinator_client, "lift_pause", therapist.pk, pause.pk).status_code == 404


def test_objection_previews_what_will_happen(coordinator_client: Client) -> None:
    therapist = TherapistFactory()
    response = coordinator_client.get(url("objection", therapist.pk))
    assert len(response.context["consequences"]) == 4
    assert therapist.full_name in response.content.decode()
    assert Therapist.objects.get().do_not_contact_since is None


def test_objection_is_recorded_with_its_source(coordinator_client: Client, coordinator: User) -> None:
    therapist = TherapistFactory()
    data = {"on": "2026-11-20", "reason": "on the phone"}
    assert post(coordinator_client, "objection", therapist.pk, data=data).status_code == 302
    assert Therapist.objects.get().do_not_contact_since == date(2026, 11, 20)
    row = therapist.history.get()
    assert (row.new, row.reason, row.actor) == ("objected", "on the phone", coordinator)


def test_objection_needs_to_say_how_it_came(coordinator_client: Client) -> None:
    therapist = TherapistFactory()
    response = post(coordinator_client, "objection", therapist.pk, data={"on": "2026-11-20"})
    assert list(response.context["form"].errors) == ["reason"]
    assert Therapist.objects.get().do_not_contact_since is None
