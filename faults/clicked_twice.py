"""F9: the same form is sent twice over two connections at once, and a third time by the back button.

Each act has its effect once, and everybody gets a normal page.
"""

import random
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import SimpleCookie

from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.enums import Role
from apps.accounts.models import User
from apps.accounts.services import create_staff
from apps.communication.enums import CallOutcome, CallStatus, EmailStatus
from apps.communication.models import CallHistory, EmailHistory
from apps.matching.enums import InquiryStatus, RequestStatus
from apps.matching.models import Inquiry, InquiryHistory, RequestHistory
from apps.matching.reply_links import reply_token
from apps.matching.services import release, rounds
from faults import ground, rows
from faults.outcome import Outcome
from faults.rows import Letters
from tests.factories.matching import SearchFactory
from tests.factories.therapists import TherapistFactory

FAULTS = 200
HTMX = {"HX-Request": "true"}
HIDDEN = re.compile(r'<input type="hidden"[^>]*?name="(?P<name>[^"]+)"[^>]*?value="(?P<value>[^"]*)"')
NOT_NORMAL = (400, 403, 404, 405, 429)


@dataclass(frozen=True)
class Act:
    """What is sent where, and how often it had its effect. `page` holds the form with its hidden fields."""

    url: str
    data: dict[str, str]
    effects: Callable[[], int]
    page: str = ""


@dataclass(frozen=True)
class Person:
    """Who clicks; each from a computer of their own, so that nobody is taken for a machine."""

    session: SimpleCookie
    address: str

    def client(self) -> Client:
        client = Client(raise_request_exception=False, REMOTE_ADDR=self.address)
        client.cookies.update(self.session)
        return client


def run(*, faults: int, chance: random.Random) -> Outcome:
    ground.empty()
    outcome = Outcome("F9", faults, more={"errors": 0})
    user = create_staff(
        username="faults", email="faults@example.org", password="x" * 16, roles=[Role.COORDINATOR]
    )
    session = _session(user)
    for number in range(faults):
        act = ACTS[number % len(ACTS)](user)
        person = Person(session, address=f"10.0.{number // 250}.{number % 250 + 1}")
        _send(outcome, act, person, is_htmx=chance.random() < 0.3)
        outcome.count([act.effects()])
    outcome.promise(not outcome.more["errors"], "somebody saw an error page")
    return outcome


def _session(user: User) -> SimpleCookie:
    client = Client()
    client.force_login(user, backend="apps.accounts.permissions.RoleBackend")
    return client.cookies


def _send(outcome: Outcome, act: Act, person: Person, *, is_htmx: bool) -> None:
    data = act.data | (_hidden_fields(person, act.page) if act.page else {})
    headers = HTMX if is_htmx else {}
    codes: list[int] = []
    barrier = threading.Barrier(2)

    def click() -> None:
        try:
            barrier.wait(timeout=30)
            codes.append(person.client().post(act.url, data, headers=headers).status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click) for _click in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    codes.append(person.client().post(act.url, data, headers=headers).status_code)
    outcome.more["errors"] += sum(code >= 500 or code in NOT_NORMAL for code in codes)
    outcome.promise(len(codes) == 3, "a click came to nothing")


def _hidden_fields(person: Person, page: str) -> dict[str, str]:
    text = person.client().get(page).content.decode()
    return {found["name"]: found["value"] for found in HIDDEN.finditer(text)}


def _answer(user: User) -> Act:
    request = rows.asked("sent", at=timezone.now())
    prefix = f"request-{request.pk}"
    data = {f"{prefix}-outcome": "rejected", f"{prefix}-reason": "capacity", f"{prefix}-source": "phone"}
    history = RequestHistory.objects.filter(subject=request, new=RequestStatus.REJECTED)
    return Act(reverse("matching:answer", args=[request.pk]), data, history.count)


def _reply(user: User) -> Act:
    request = rows.asked("sent", at=timezone.now())
    page = reverse("matching:reply", args=[reply_token(request.inquiry)])
    history = RequestHistory.objects.filter(subject=request, new=RequestStatus.ACCEPTED)
    return Act(page, {f"case-{request.pk}-outcome": "accepted"}, history.count, page=page)


def _release(user: User) -> Act:
    inquiry = _draft(user, email=f"release@{rows.DOMAIN}")
    history = InquiryHistory.objects.filter(subject=inquiry, new=InquiryStatus.RELEASED)
    letters = inquiry.contacts.filter(email__isnull=False)
    url = reverse("matching:release_inquiry", args=[inquiry.pk])
    return Act(url, {}, lambda: max(history.count(), letters.count()))


def _call(user: User) -> Act:
    """Nobody was reached: the next try is planned once."""
    now = timezone.now()
    inquiry = _draft(user, email="")
    release.release_inquiry(inquiry=inquiry, actor=user, at=now, today=timezone.localdate(now))
    call = inquiry.contacts.get().call
    assert call is not None
    history = CallHistory.objects.filter(subject=call, new=CallStatus.DONE)
    planned = inquiry.contacts.filter(call__status=CallStatus.PLANNED)
    return Act(
        reverse("matching:call", args=[call.pk]),
        {"outcome": CallOutcome.NOT_REACHED, "note": ""},
        lambda: max(history.count(), planned.count()),
    )


def _settle(user: User) -> Act:
    email = rows.unclear_email(Letters(timezone.now(), patients=1))
    history = EmailHistory.objects.filter(subject=email, new=EmailStatus.SENT)
    return Act(reverse("communication:settle_email", args=[email.pk]), {"reason": "arrived"}, history.count)


def _draft(user: User, *, email: str) -> Inquiry:
    now = timezone.now()
    started_on = timezone.localdate(now) - rows.A_MONTH
    search = SearchFactory(
        patient=rows.willing_patient(status="searching", started_on=started_on), started_on=started_on
    )
    therapist = TherapistFactory(practice__email=email and f"{search.pk}.{email}")
    request = rounds.add_request(
        search=search, therapist=therapist, actor=user, at=now, today=timezone.localdate(now)
    )
    return request.inquiry


ACTS = (_answer, _release, _reply, _call, _settle)
