"""Idempotency keys: the effect of a POST and its answer are one commit; the same key gets the same answer.

The header is that of the IETF draft "The Idempotency-Key HTTP Header Field".
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from apps.accounts.models import User
from apps.core.locks import hold
from apps.gateway.models import KeptAnswer

KEPT = timedelta(days=7)
KEPT_HEADERS = ("Content-Type", "ETag", "Location")


class OtherRequest(Exception):
    """The key was used for another request before."""


class _RollBack(Exception):
    def __init__(self, response: HttpResponse) -> None:
        self.response = response


def once(
    *, account: User, key: str, request: HttpRequest, at: datetime, answer: Callable[[], HttpResponse]
) -> HttpResponse:
    """The kept answer of this key, else that of `answer`. Raises OtherRequest.

    Who comes with the same key at the same moment waits until the first has committed. An error of ours
    (5xx) is not kept and leaves no effect: it may be tried again.
    """
    asked = fingerprint(request)
    try:
        with transaction.atomic():
            hold(f"answer:{account.pk}:{key}")
            if kept := KeptAnswer.objects.filter(account=account, key=key).first():
                return _again(kept, asked)
            response = without_traces_of_a_refusal(answer)
            if response.status_code >= 500:
                raise _RollBack(response)
            _keep(account, key, asked, response, at)
            return response
    except _RollBack as gone:
        return gone.response


def without_traces_of_a_refusal(answer: Callable[[], HttpResponse]) -> HttpResponse:
    """All or nothing: what was written before a request was refused is taken back."""
    with transaction.atomic():
        response = answer()
        if response.status_code >= 400:
            transaction.set_rollback(True)
    return response


def fingerprint(request: HttpRequest) -> str:
    """Of what was asked. A file is read piece by piece, and where it stood is left as it was."""
    told = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if request.content_type == "multipart/form-data":
        for name, values in sorted(request.POST.lists()):
            told.update(f"{name}={values}\n".encode())
        for name, files in sorted(request.FILES.lists()):
            for file in files:
                told.update(f"{name}: {file.name} {file.size}\n".encode())
                for chunk in file.chunks():
                    told.update(chunk)
                file.seek(0)
    else:
        told.update(request.body)
    return told.hexdigest()


def forget_old(*, at: datetime) -> int:
    return KeptAnswer.objects.filter(at__lt=at - KEPT).delete()[0]


def _again(kept: KeptAnswer, asked: str) -> HttpResponse:
    if kept.asked != asked:
        raise OtherRequest
    response = HttpResponse(kept.body, status=kept.status)
    for name, value in kept.headers.items():
        response[name] = value
    response["Idempotent-Replay"] = "true"
    return response


def _keep(account: User, key: str, asked: str, response: HttpResponse, at: datetime) -> None:
    KeptAnswer.objects.create(
        account=account,
        key=key,
        asked=asked,
        status=response.status_code,
        headers={name: response[name] for name in KEPT_HEADERS if name in response},
        body=response.content.decode(),
        at=at,
    )
