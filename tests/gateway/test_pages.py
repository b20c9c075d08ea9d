"""What the management sees of clients, tokens and webhooks, and does with them."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone, translation

from apps.accounts.models import User
from apps.core import doctor
from apps.events import services as events
from apps.gateway.enums import DisabledReason, Scope, Trouble
from apps.gateway.forms import RESOURCES, ClientForm
from apps.gateway.models import ApiClient, ApiToken, WebhookDelivery, WebhookSubscription
from apps.gateway.services import clients, delivering, webhooks
from tests.gateway.receiver import Receiver, listening

pytestmark = pytest.mark.django_db

PAGES = "/schnittstellen/"
PAUSED = "therapist.paused"


@pytest.fixture(autouse=True)
def english(client: Client) -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def page(manager_client: Client) -> Client:
    manager_client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return manager_client


@pytest.fixture
def partner(db: None) -> ApiClient:
    return clients.create(name="Partner", scopes=[Scope.WEBHOOKS_WRITE], note="Ask Ms Muster")


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with listening() as found:
        yield found


@pytest.fixture
def webhook(partner: ApiClient, receiver: Receiver) -> WebhookSubscription:
    return webhooks.create(client=partner, url=receiver.url + "/hook?token=private", event_types=["*"])


def tell(count: int = 1) -> None:
    with transaction.atomic():
        subjects = [(number, {}) for number in range(count)]
        events.publish_many(type=PAUSED, subjects=subjects, at=timezone.now())


def text_of(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


# Clients


def test_first_page_says_that_nobody_has_access(page):
    assert "No program has access yet." in text_of(page.get(PAGES))


def test_clients_are_listed_with_what_matters(page, partner, webhook):
    at = timezone.now()
    clients.issue_token(client=partner, actor=None, at=at, expires_at=at + timedelta(days=1))
    ApiToken.objects.update(last_used_at=at)
    WebhookSubscription.objects.update(failing_since=at)
    text = text_of(page.get(PAGES))
    assert "Partner active webhooks:write 120 1 " in text
    assert "1 1 does not answer" in text


@pytest.mark.parametrize("count", [1, 12])
def test_clients_cost_the_same_for_many(page, count, django_assert_num_queries):
    for number in range(count):
        clients.create(name=f"Client {number}", scopes=[])
    page.get(PAGES)
    with django_assert_num_queries(8):  # session (4), person, roles, count, rows
        page.get(PAGES)


def test_new_client_has_the_rights_that_were_ticked(page):
    data = {
        "name": "Website",
        "requests_per_minute": 60,
        "note": "",
        "scopes": ["patients:read", "calls:write"],
    }
    for _number in range(2):  # a second click makes no second client
        answer = page.post(PAGES + "new/", data)
    row = ApiClient.objects.get()
    assert (row.name, row.scopes, row.requests_per_minute) == (
        "Website",
        ["calls:write", "patients:read"],
        60,
    )
    assert answer.status_code == 200


def test_right_that_is_none_is_refused(page):
    data = {"name": "Website", "requests_per_minute": 60, "scopes": ["everything"]}
    assert page.post(PAGES + "new/", data).status_code == 200
    assert not ApiClient.objects.exists()


def test_every_right_has_a_box_in_its_column(partner):
    rows = ClientForm(instance=partner).rows
    boxes = {row.label: [box.data["value"] if box else None for box in row.boxes] for row in rows}
    assert boxes[RESOURCES["patients"]] == ["patients:read", "patients:write"]
    assert boxes[RESOURCES["webhooks"]] == [None, "webhooks:write"]
    shown = [value for pair in boxes.values() for value in pair if value]
    assert sorted(shown) == sorted(Scope.values)
    assert set(RESOURCES) == {value.partition(":")[0] for value in Scope.values}


def test_client_is_changed(page, partner):
    path = f"{PAGES}clients/{partner.pk}/edit/"
    seen_at = partner.updated_at.isoformat()
    data = {"requests_per_minute": 5, "note": "new", "scopes": ["events:read"], "seen_at": seen_at}
    assert page.post(path, data).status_code == 302
    partner.refresh_from_db()
    assert (partner.scopes, partner.requests_per_minute, partner.note, partner.is_active) == (
        ["events:read"],
        5,
        "new",
        False,
    )
    again = page.post(path, data)
    assert "Somebody else has changed this record" in text_of(again)


def test_client_shows_what_it_may_and_what_it_is_told(page, partner, webhook):
    text = text_of(page.get(f"{PAGES}clients/{partner.pk}/"))
    for words in ("Ask Ms Muster", "keep own webhook subscriptions", "No token yet", webhook.host):
        assert words in text
    assert "private" not in text


# Tokens


def issued(page: Client, partner: ApiClient, **changes: str) -> Any:
    path = f"{PAGES}clients/{partner.pk}/token/"
    form = page.get(path).content.decode()
    key = re.search(r'name="once_key" value="([^"]+)"', form)
    day = re.search(r'name="expires_on" value="([^"]+)"', form)
    assert key and day
    data = {"once_key": key[1], "expires_on": day[1], **changes}
    return page.post(path, data), data


def test_secret_of_a_token_is_shown_this_once(page, partner, manager: User):
    answer, data = issued(page, partner)
    secret = re.search(r'value="(ptv_[^"]+)"', answer.content.decode())
    assert secret and "no-store" in answer["Cache-Control"]
    found = clients.client_of(secret=secret[1], at=timezone.now())
    assert found == partner
    token = ApiToken.objects.get()
    assert (token.created_by, token.expires_at.astimezone().date().isoformat()) == (
        manager,
        data["expires_on"],
    )
    assert secret[1] not in page.get(f"{PAGES}clients/{partner.pk}/").content.decode()


def test_form_that_is_sent_twice_is_one_token(page, partner):
    first, data = issued(page, partner)
    second = page.post(f"{PAGES}clients/{partner.pk}/token/", data)
    assert (first.status_code, second.status_code, ApiToken.objects.count()) == (200, 409, 1)
    assert "issued already" in text_of(second)


@pytest.mark.parametrize("day", ["2020-01-01", "2199-01-01", "soon"])
def test_token_needs_a_day_that_can_be(page, partner, day):
    answer, _data = issued(page, partner, expires_on=day)
    assert answer.status_code == 200
    assert "is-invalid" in answer.content.decode()
    assert not ApiToken.objects.exists()


def test_revoked_token_opens_nothing(page, partner):
    at = timezone.now()
    token, secret = clients.issue_token(client=partner, actor=None, at=at, expires_at=at + timedelta(days=1))
    path = f"{PAGES}tokens/{token.pk}/revoke/"
    assert "Requests with this token are refused from now on." in text_of(page.get(path))
    assert clients.client_of(secret=secret, at=at) == partner
    for _number in range(2):
        assert page.post(path).status_code == 302
    assert clients.client_of(secret=secret, at=timezone.now()) is None
    assert "revoked" in text_of(page.get(f"{PAGES}clients/{partner.pk}/"))


# Webhooks


def test_webhook_shows_how_it_fares(page, webhook, receiver):
    tell(3)
    receiver.answer = lambda told: 500 if told["subject_id"] == "1" else 200
    delivering.deliver_due(clock=timezone.now)
    text = text_of(page.get(f"{PAGES}webhooks/{webhook.pk}/"))
    assert "Tried in vain so far 1 " in text
    assert "500 the answer was not 2xx" in text
    assert text.count("Send again") == 2


def test_deliveries_are_narrowed_down(page, webhook):
    tell(3)
    WebhookDelivery.objects.filter(subject="therapists:2").update(attempts=1)
    path = f"{PAGES}webhooks/{webhook.pk}/"
    for query, count in [({"state": "retrying"}, 1), ({"state": "waiting"}, 2), ({"subject_id": "0"}, 1)]:
        assert len(page.get(path, query).context["table"].rows) == count


@pytest.mark.parametrize("count", [3, 30])
def test_deliveries_cost_the_same_for_many(page, webhook, count, django_assert_num_queries):
    tell(count)
    path = f"{PAGES}webhooks/{webhook.pk}/"
    page.get(path)
    with django_assert_num_queries(11):  # as above, and the webhook, two of counts
        page.get(path)


def test_webhook_is_switched_off_and_on(page, webhook):
    for _number in range(2):
        assert page.post(f"{PAGES}webhooks/{webhook.pk}/disable/").status_code == 302
    webhook.refresh_from_db()
    assert webhook.disabled_reason == DisabledReason.BY_STAFF
    for _number in range(2):
        assert page.post(f"{PAGES}webhooks/{webhook.pk}/enable/").status_code == 302
    webhook.refresh_from_db()
    assert webhook.is_active


def test_ping_says_how_it_went(page, webhook, receiver):
    path = f"{PAGES}webhooks/{webhook.pk}/ping/"
    assert "The receiver has answered with 204." in text_of(page.post(path, follow=True))
    receiver.answer = lambda told: 404
    assert "could not be reached: the answer was not 2xx (404)" in text_of(page.post(path, follow=True))


def test_event_is_sent_again(page, webhook, receiver):
    tell()
    delivering.deliver_due(clock=timezone.now)
    row = WebhookDelivery.objects.get()
    assert page.post(f"{PAGES}deliveries/{row.pk}/redeliver/").status_code == 302
    delivering.deliver_due(clock=timezone.now)
    assert len(receiver.seen) == 2


# Notices


@pytest.fixture
def given_up(webhook: WebhookSubscription, at: datetime) -> WebhookSubscription:
    webhooks.disable(subscription=webhook, reason=DisabledReason.FAILING, at=at)
    webhook.refresh_from_db()
    return webhook


def test_receiver_that_was_given_up_stands_on_the_list_of_today(page, given_up, coordinator_client):
    words = "Receivers of events that were given up"
    assert words in text_of(page.get("/"))
    assert words not in text_of(coordinator_client.get("/", headers={"Accept-Language": "en"}))
    page.post(f"{PAGES}webhooks/{given_up.pk}/disable/")  # leave it switched off
    assert words not in text_of(page.get("/"))


def findings(name: str, at: datetime) -> list[str]:
    [diagnosis] = [one for one in doctor.examine(at=at) if one.check.name == name]
    return [finding.text for finding in diagnosis.findings]


def test_doctor_knows_who_does_not_answer(webhook, at):
    assert findings("webhooks", at) == ["All of them answer."]
    WebhookSubscription.objects.update(failing_since=at, last_trouble=Trouble.TIMEOUT)
    assert findings("webhooks", at) == [
        f"Partner, {webhook.host}: nothing has arrived since 23/11/2026, 09:00; it is tried again by itself."
    ]
    WebhookSubscription.objects.update(failing_since=None)
    webhooks.disable(subscription=webhook, reason=DisabledReason.GONE, at=at)
    assert "switched off" in findings("webhooks", at)[0]


def test_doctor_sees_a_queue_nobody_works_off(webhook):
    tell()
    late = timezone.now() + timedelta(minutes=20)
    assert any(text.startswith("Webhook deliveries: longest wait 20") for text in findings("queues", late))


def test_admin_is_for_the_management(manager_client, coordinator: User, coordinator_client, webhook):
    for model in ("apiclient", "apitoken", "webhooksubscription", "webhookdelivery"):
        path = f"/admin/gateway/{model}/"
        assert manager_client.get(path).status_code in (200, 302)
        assert coordinator_client.get(path).status_code != 200


def test_admin_shows_no_secret(webhook, manager: User):
    manager.is_staff = True
    manager.save(update_fields=["is_staff"])
    client = Client()
    client.force_login(manager, backend="apps.accounts.permissions.RoleBackend")
    answer = client.get(f"/admin/gateway/webhooksubscription/{webhook.pk}/change/")
    assert answer.status_code == 200
    assert webhook.secret not in answer.content.decode()
