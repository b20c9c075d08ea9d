"""What a client does with its own webhooks."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from apps.events import services as events
from apps.gateway import signatures
from apps.gateway.clients import addresses
from apps.gateway.models import WebhookDelivery, WebhookSubscription
from apps.gateway.services import delivering, webhooks
from tests.gateway.receiver import Receiver, listening

pytestmark = pytest.mark.django_db

WEBHOOKS = "/api/v1/webhooks"
SCOPE = "webhooks:write"
URL = "https://8.8.8.8/hook"
PAUSED = "therapist.paused"
Hooked = tuple[Client, dict[str, Any]]


@pytest.fixture
def caller(calling: Callable[..., Client]) -> Client:
    return calling(SCOPE)


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with listening() as found:
        yield found


def created(caller: Client, url: str = URL, types: tuple[str, ...] = ("*",), **headers: str) -> Any:
    body = {"url": url, "event_types": list(types)}
    return caller.post(WEBHOOKS, body, content_type="application/json", headers=headers)


def patched(caller: Client, pk: int, body: dict[str, Any], etag: str | None) -> Any:
    headers = {"If-Match": etag} if etag else {}
    return caller.patch(f"{WEBHOOKS}/{pk}", body, content_type="application/json", headers=headers)


def tell(count: int = 1, at: datetime | None = None) -> None:
    with transaction.atomic():
        subjects = [(number, {}) for number in range(count)]
        events.publish_many(type=PAUSED, subjects=subjects, at=at or timezone.now())


def test_new_webhook_shows_its_secret_once(caller):
    answer = created(caller, types=(PAUSED, "therapist.moved"))
    told = answer.json()
    row = WebhookSubscription.objects.get()
    assert (answer.status_code, answer["Location"]) == (201, f"{WEBHOOKS}/{row.pk}")
    assert told["secret"] == row.secret
    again = caller.get(answer["Location"])
    assert again["ETag"] == answer["ETag"]
    assert again.json() == {name: value for name, value in told.items() if name != "secret"}
    assert (told["url"], told["event_types"], told["is_active"], told["disabled_reason"]) == (
        URL,
        ["therapist.moved", PAUSED],
        True,
        "",
    )


@pytest.mark.parametrize(
    ("url", "types", "path"),
    [
        ("http://8.8.8.8/", ["*"], "url"),
        ("https://10.0.0.1/", ["*"], "url"),
        ("https://a:b@8.8.8.8/", ["*"], "url"),
        ("https://8.8.8.8/\x00", ["*"], "url"),
        (URL, [], "event_types"),
        (URL, ["patient.whatever"], "event_types"),
        (URL, ["*", "\x00"], "event_types"),
    ],
)
def test_what_cannot_be_is_named_with_its_field(caller, url, types, path):
    answer = created(caller, url, tuple(types))
    assert (answer.status_code, [one["path"] for one in answer.json()["errors"]]) == (422, [path])
    assert not WebhookSubscription.objects.exists()


def test_unknown_host_is_refused(caller, monkeypatch):
    def unknown(*args: Any, **kwargs: Any) -> Any:
        raise OSError

    monkeypatch.setattr(addresses.socket, "getaddrinfo", unknown)
    answer = created(caller, "https://hook.example.org/", **{"Accept-Language": "en"})
    assert answer.json()["errors"] == [{"path": "url", "message": "This host is not known."}]


def test_same_key_makes_one_webhook(caller):
    first, second = (created(caller, **{"Idempotency-Key": "k1"}) for _number in range(2))
    assert (first.status_code, first.content) == (201, second.content)
    assert WebhookSubscription.objects.count() == 1


def test_client_has_so_many_webhooks_and_no_more(caller, monkeypatch):
    monkeypatch.setattr(webhooks, "MOST_OF_A_CLIENT", 2)
    assert [created(caller).status_code for _number in range(3)] == [201, 201, 409]


def test_client_sees_its_own_only(caller, calling):
    pk = created(caller).json()["id"]
    other = calling(SCOPE, name="Other")
    assert other.get(WEBHOOKS).json() == {"items": [], "next": ""}
    assert other.get(f"{WEBHOOKS}/{pk}").status_code == 404
    assert patched(other, pk, {"is_active": False}, '"x"').status_code == 404
    assert other.delete(f"{WEBHOOKS}/{pk}").status_code == 404
    for act in ("rotate-secret", "ping"):
        assert other.post(f"{WEBHOOKS}/{pk}/{act}").status_code == 404
    assert other.get(f"{WEBHOOKS}/{pk}/deliveries").status_code == 404


def test_staff_uses_the_pages_instead(manager_client):
    assert manager_client.get(WEBHOOKS).status_code == 403


def test_change_needs_the_version_that_was_seen(caller):
    answer = created(caller)
    pk, etag = answer.json()["id"], answer["ETag"]
    assert patched(caller, pk, {"event_types": [PAUSED]}, None).status_code == 428
    first = patched(caller, pk, {"event_types": [PAUSED]}, etag)
    assert (first.status_code, first.json()["event_types"], first.json()["url"]) == (200, [PAUSED], URL)
    assert patched(caller, pk, {"event_types": ["*"]}, etag).status_code == 412
    assert patched(caller, pk, {"event_types": ["*"]}, first["ETag"]).status_code == 200


def test_change_is_checked_like_a_new_one(caller):
    answer = created(caller)
    changed = patched(caller, answer.json()["id"], {"url": "https://127.0.0.1/"}, answer["ETag"])
    assert (changed.status_code, changed.json()["errors"][0]["path"]) == (422, "url")


def test_client_switches_off_and_on(caller):
    answer = created(caller)
    pk = answer.json()["id"]
    off = patched(caller, pk, {"is_active": False}, answer["ETag"])
    assert (off.json()["is_active"], off.json()["disabled_reason"]) == (False, "by_client")
    on = patched(caller, pk, {"is_active": True}, off["ETag"])
    assert (on.json()["is_active"], on.json()["disabled_reason"]) == (True, "")
    assert WebhookSubscription.objects.get().catch_up_from is not None


def test_deliveries_do_not_change_the_version(caller, receiver):
    answer = created(caller, receiver.url)
    tell()
    assert delivering.deliver_due(clock=timezone.now) == 1
    shown = caller.get(f"{WEBHOOKS}/{answer.json()['id']}")
    assert (shown["ETag"], shown.json()["failures"]) == (answer["ETag"], 0)
    assert shown.json()["last_success_at"] is not None


def test_removed_webhook_is_gone_with_what_waits(caller):
    pk = created(caller).json()["id"]
    tell()
    assert caller.delete(f"{WEBHOOKS}/{pk}").status_code == 204
    assert caller.delete(f"{WEBHOOKS}/{pk}").status_code == 404
    assert not WebhookDelivery.objects.exists()


def test_new_secret_is_shown_once(caller):
    first = created(caller).json()
    second = caller.post(f"{WEBHOOKS}/{first['id']}/rotate-secret").json()
    row = WebhookSubscription.objects.get()
    assert (row.secret, row.former_secret) == (second["secret"], first["secret"])


def test_ping_tells_how_it_went(caller, receiver):
    told = created(caller, receiver.url).json()
    answer = caller.post(f"{WEBHOOKS}/{told['id']}/ping")
    assert answer.json() == {"is_delivered": True, "status": 204, "trouble": ""}
    [(headers, body)] = receiver.seen
    signatures.verify(told["secret"], headers=headers, body=body, now=timezone.now().timestamp())
    receiver.answer = lambda told: 500
    answer = caller.post(f"{WEBHOOKS}/{told['id']}/ping")
    assert answer.json() == {"is_delivered": False, "status": 500, "trouble": "status"}


def test_deliveries_are_listed_and_sent_again(caller, receiver):
    pk = created(caller, receiver.url).json()["id"]
    tell(3)
    delivering.deliver_due(clock=timezone.now)
    tell()
    path = f"{WEBHOOKS}/{pk}/deliveries"
    items = caller.get(path).json()["items"]
    assert [one["state"] for one in items] == ["waiting", "delivered", "delivered", "delivered"]
    assert [
        len(caller.get(f"{path}?state={state}").json()["items"]) for state in ("waiting", "delivered")
    ] == [1, 3]
    row = items[-1]
    assert (row["type"], row["subject_id"], row["attempts"], row["last_status"]) == (PAUSED, "0", 1, 204)
    again = caller.post(f"{path}/{row['id']}/redeliver")
    assert (again.status_code, again.json()["state"]) == (200, "retrying")
    delivering.deliver_due(clock=timezone.now)
    assert receiver.told("event_id").count(row["event_id"]) == 2


def test_deliveries_come_in_pages(caller):
    pk = created(caller).json()["id"]
    tell(5)
    path, seen, cursor = f"{WEBHOOKS}/{pk}/deliveries", [], ""
    while True:
        found = caller.get(path, {"limit": 2, "cursor": cursor}).json()
        seen += [one["id"] for one in found["items"]]
        cursor = found["next"]
        if not cursor:
            break
    rows = WebhookDelivery.objects.order_by("-event_id")
    assert seen == list(rows.values_list("pk", flat=True))


@pytest.mark.parametrize("count", [3, 30])
def test_deliveries_cost_the_same_for_many(caller, count, django_assert_num_queries):
    pk = created(caller).json()["id"]
    tell(count)
    caller.get(WEBHOOKS)  # notes the use of the token
    with django_assert_num_queries(3):  # token, webhook, rows
        assert len(caller.get(f"{WEBHOOKS}/{pk}/deliveries").json()["items"]) == count


def test_nothing_is_sent_again_while_it_is_switched_off(caller, at):
    pk = created(caller).json()["id"]
    tell()
    row = WebhookDelivery.objects.get()
    patched(caller, pk, {"is_active": False}, caller.get(f"{WEBHOOKS}/{pk}")["ETag"])
    assert caller.post(f"{WEBHOOKS}/{pk}/deliveries/{row.pk}/redeliver").status_code == 409


@pytest.mark.parametrize("number", [0, 10**30, 2**63])
def test_number_nobody_has_is_no_error_of_ours(caller, number):
    for path in (f"{WEBHOOKS}/{number}", f"{WEBHOOKS}/{number}/deliveries"):
        assert caller.get(path).status_code in (404, 422)
