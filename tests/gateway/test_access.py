from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.gateway.models import ApiToken
from apps.gateway.services import clients
from tests.gateway.conftest import as_client

pytestmark = pytest.mark.django_db

PLACE = "/api/v1/geocoding/place?plz=04103"
DISTANCES = "/api/v1/geocoding/distances"
BODY = {
    "origin": {"latitude": 51.34, "longitude": 12.37},
    "destinations": [{"latitude": 51.34, "longitude": 12.37}],
}


def test_anonymous_is_told_to_say_who_they_are(client: Client):
    answer = client.get(PLACE)
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert answer.json()["type"] == "urn:problem:unauthenticated"
    assert answer["WWW-Authenticate"] == "Bearer"


def test_anonymous_post_is_no_question_of_csrf():
    answer = Client(enforce_csrf_checks=True).post(DISTANCES, BODY, content_type="application/json")
    assert answer.status_code == 401


def test_token_with_the_scope_is_let_in(calling):
    answer = calling("geocoding:read").get(PLACE)
    assert answer.status_code == 200
    assert set(answer.json()) == {"latitude", "longitude", "precision", "state"}


def test_token_without_the_scope_is_told_which(calling):
    answer = calling("patients:read").get(PLACE)
    assert answer.status_code == 403
    assert "geocoding:read" in answer.json()["detail"]


@pytest.mark.parametrize("change", ["revoked", "expired", "inactive", "unknown"])
def test_token_that_does_not_count(client_with, change):
    one = client_with("geocoding:read")
    caller = as_client(one)
    assert caller.get(PLACE).status_code == 200
    at = timezone.now()
    if change == "revoked":
        clients.revoke(token=ApiToken.objects.get(), at=at)
    elif change == "expired":
        ApiToken.objects.update(created_at=at - timedelta(2), expires_at=at - timedelta(1))
    elif change == "inactive":
        clients.update(client=one, scopes=one.scopes, requests_per_minute=5, is_active=False)
    else:
        ApiToken.objects.all().delete()
    assert caller.get(PLACE).status_code == 401


def test_only_a_digest_of_the_token_is_kept(client_with):
    at = timezone.now()
    token, secret = clients.issue_token(
        client=client_with(), actor=None, at=at, expires_at=at + timedelta(days=1)
    )
    assert secret.startswith(token.shown)
    assert secret not in str(ApiToken.objects.values())


def test_last_use_is_noted(client_with):
    as_client(client_with("geocoding:read")).get(PLACE)
    assert timezone.now() - ApiToken.objects.get().last_used_at < timedelta(minutes=1)


def test_token_cannot_live_for_ever(client_with):
    at = timezone.now()
    with pytest.raises(ValidationError) as refusal:
        clients.issue_token(client=client_with(), actor=None, at=at, expires_at=at + timedelta(days=800))
    assert list(refusal.value.message_dict) == ["expires_at"]


def test_unknown_scope_is_refused(db):
    with pytest.raises(ValidationError, match="patients:all"):
        clients.create(name="Website", scopes=["patients:all"])


def test_account_of_a_client_cannot_log_in(client_with):
    account: User = client_with().account
    assert not account.is_active
    assert not account.has_usable_password()
    assert account.roles == frozenset()


def test_rate_of_a_client_is_limited(client_with):
    with time_machine.travel(timezone.now().replace(second=20), tick=False):
        caller = as_client(client_with("geocoding:read", requests_per_minute=2))
        answers = [caller.get(PLACE) for _number in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[-1]["Retry-After"] == "40"


def test_staff_may_read_with_their_session(coordinator_client: Client):
    assert coordinator_client.get(PLACE).status_code == 200


def test_staff_writing_needs_the_csrf_token(coordinator: User):
    caller = Client(enforce_csrf_checks=True)
    caller.force_login(coordinator)
    assert caller.post(DISTANCES, BODY, content_type="application/json").status_code == 403


def test_person_without_a_role_is_not_let_in(django_user_model):
    caller = Client()
    caller.force_login(django_user_model.objects.create_user("nobody", "nobody@example.org"))
    assert caller.get(PLACE).status_code == 403


def test_wrong_field_is_named_with_its_path(calling):
    body = {**BODY, "destinations": [{"latitude": 91, "longitude": 12}]}
    answer = calling("geocoding:read").post(DISTANCES, body, content_type="application/json")
    assert answer.status_code == 422
    assert [one["path"] for one in answer.json()["errors"]] == ["destinations.0.latitude"]


def test_distance_is_that_of_the_great_circle(calling):
    body = {
        "origin": {"latitude": 51.3397, "longitude": 12.3731},
        "destinations": [{"latitude": 52.52, "longitude": 13.405}],
    }
    answer = calling("geocoding:read").post(DISTANCES, body, content_type="application/json")
    assert answer.json() == {"distances_km": [pytest.approx(148.9, abs=0.5)]}


def test_travel_times_without_a_router_are_estimates(calling):
    answer = calling("geocoding:read").post(
        "/api/v1/geocoding/travel-times", {**BODY, "mode": "car"}, content_type="application/json"
    )
    assert [one["is_estimated"] for one in answer.json()["travels"]] == [True]


def test_unknown_path_and_method_are_told_as_problems(client: Client) -> None:
    for response, status in (
        (client.get("/api/v1/nowhere"), 404),
        (client.post("/api/v1/nowhere/at/all", data={}), 404),
        (client.delete("/api/v1/geocoding/place"), 405),
    ):
        assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
        assert response.json()["status"] == status
    assert response["Allow"] == "GET"
