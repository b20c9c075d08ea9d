"""Idempotency keys, against real transactions and many connections at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import RequestFactory
from django.utils import timezone

from apps.accounts.models import User
from apps.gateway.models import ApiClient, KeptAnswer
from apps.gateway.services import answers, clients

AT_ONCE = 100
CONNECTIONS = 20  # of a test database at the same moment; the others wait for a thread


def request(body: bytes = b"{}", path: str = "/api/v1/things") -> HttpRequest:
    return RequestFactory().post(path, body, content_type="application/json")


def creating(name: str, status: int = 201) -> HttpResponse:
    User.objects.create(username=name, email=f"{name}@example.org")
    return JsonResponse({"name": name}, status=status)


def ask(account: User, *, key: str = "k1", body: bytes = b"{}", name: str = "one", status: int = 201):
    return answers.once(
        account=account,
        key=key,
        request=request(body),
        at=timezone.now(),
        answer=lambda: creating(name, status),
    )


@pytest.fixture
def account(db) -> User:
    return clients.create(name="Website", scopes=[]).account


def test_same_key_gets_the_same_answer_and_one_effect(account):
    first, second = ask(account), ask(account, name="two")
    assert (first.status_code, second.status_code, first.content) == (201, 201, second.content)
    assert second["Idempotent-Replay"] == "true"
    assert list(User.objects.exclude(pk=account.pk).values_list("username", flat=True)) == ["one"]


def test_same_key_with_another_body_is_refused(account):
    ask(account)
    with pytest.raises(answers.OtherRequest):
        ask(account, body=b'{"other": 1}', name="two")
    assert not User.objects.filter(username="two").exists()


def test_other_key_is_another_request(account):
    ask(account)
    ask(account, key="k2", name="two")
    assert User.objects.exclude(pk=account.pk).count() == 2


def test_other_account_has_its_own_keys(account):
    ask(account)
    ask(clients.create(name="Partner", scopes=[]).account, name="two")
    assert KeptAnswer.objects.count() == 2


def test_refusal_is_kept_without_its_traces(account):
    first = ask(account, status=422)
    second = ask(account, name="two", status=422)
    assert first.content == second.content
    assert not User.objects.filter(username__in=["one", "two"]).exists()


def test_error_of_ours_leaves_nothing_and_may_be_tried_again(account):
    assert ask(account, status=500).status_code == 500
    assert not User.objects.filter(username="one").exists()
    assert ask(account).status_code == 201


def test_kept_answers_are_encrypted_and_forgotten(account):
    ask(account, name="geheim")
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT body FROM gateway_keptanswer")
        assert "geheim" not in cursor.fetchone()[0]
    assert answers.forget_old(at=timezone.now() + answers.KEPT * 2) == 1


@pytest.mark.django_db(transaction=True)
def test_a_hundred_at_the_same_moment_have_one_effect():
    account = clients.create(name="Website", scopes=[]).account

    def one(number: int) -> tuple[int, bytes]:
        try:
            answer = ask(account, name=f"person{number}")
            return answer.status_code, answer.content
        finally:
            connections.close_all()

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        found = set(pool.map(one, range(AT_ONCE)))
    assert len(found) == 1
    assert User.objects.filter(username__startswith="person").count() == 1
    ApiClient.objects.all().delete()
