"""The way from a registration to a place, step by step over the interface, for several people side by side.

A wave of people comes in, is searched for in one round, and is answered. Between the waves new therapists
come: those asked before are left in peace for a week. A step whose answer is an error ends the run.
"""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone
from lxml import html

from apps.accounts.models import User
from apps.communication.services import sending
from apps.events.services import dispatch
from apps.workspace.demo.people import random_kvnr
from tests.factories.therapists import TherapistFactory

PLAIN, REJECTED_FIRST, SECOND_YES = "plain", "rejected-first", "second-yes"
STORIES = (REJECTED_FIRST, SECOND_YES, PLAIN)
WAVE = 4  # people
THERAPISTS = 4  # new ones for each wave
TURNS_OF_THE_WORKERS = 3  # send, tell that it was sent, and once more
AGAIN_EVERY = 3  # so many POSTs; its answer got lost, and it is sent again with the same key
PURPOSES = ("health_data", "pseudonymous", "identity", "email")
INSURER = "Ahornkasse"

Told = dict[str, Any]
Step = Callable[[], object]


class StepRefused(Exception):
    """An answer of the interface that was an error, or not the same the second time."""


@dataclass
class Person:
    """`asked` are the requests that went out; the rest are ids as the interface told them."""

    number: int
    kvnr: str
    registration: int = 0
    patient: int = 0
    search: int = 0
    asked: list[int] = field(default_factory=list)

    @property
    def story(self) -> str:
        return STORIES[self.number % len(STORIES)]

    @property
    def reference(self) -> str:
        return f"{self.story}-{self.number}"

    @property
    def chosen(self) -> str:
        """The request that is accepted."""
        return f"/requests/{self.asked[1 if self.story == REJECTED_FIRST else 0]}"


class Office:
    """The program of a website with its token, and the browser of a member of staff."""

    def __init__(self, secret: str, staff: User) -> None:
        self._program = Client(headers={"Authorization": f"Bearer {secret}", "Accept-Language": "en"})
        self._staff, self._posts = staff, count(1)

    def get(self, path: str, **query: str | int) -> Told:
        return _read(self._program.get(f"/api/v1{path}", query))

    def post(self, path: str, key: str, data: Told | None = None) -> Told:
        send = partial(
            self._program.post,
            f"/api/v1{path}",
            json.dumps(data or {}),
            content_type="application/json",
            headers={"Idempotency-Key": key},
        )
        told = _read(send())
        if next(self._posts) % AGAIN_EVERY == 0 and _read(send()) != told:
            raise StepRefused(f"{path} said something else the second time")
        return told

    def patch(self, path: str, data: Told) -> Told:
        etag = self._program.get(f"/api/v1{path}")["ETag"]
        body = json.dumps(data)
        headers = {"If-Match": etag}
        answer = self._program.patch(f"/api/v1{path}", body, content_type="application/json", headers=headers)
        return _read(answer)

    def accept(self, registration: int) -> None:
        """As a person does who opens the page, reads, and clicks."""
        browser = Client()
        browser.force_login(self._staff, backend="apps.accounts.permissions.RoleBackend")
        page = browser.get(reverse("intake:detail", args=[registration])).content
        sent = _form(page) | {"act": "accept"}
        answer = browser.post(reverse("intake:decide", args=[registration]), sent)
        if answer.status_code != 302:
            raise StepRefused(f"registration {registration} was not accepted")


def people(number: int, chance: random.Random) -> list[Person]:
    return [Person(one, random_kvnr(chance)) for one in range(number)]


def steps(everybody: list[Person], office: Office) -> Iterator[Step]:
    for first in range(0, len(everybody), WAVE):
        wave = everybody[first : first + WAVE]
        yield new_therapists
        for act in (register, accept, sign, search):
            yield from (partial(act, office, person) for person in wave)
        yield partial(ask, office, f"round-{first}")
        yield from [work] * TURNS_OF_THE_WORKERS
        for act in (hear, reject, say_yes, second_yes, settle, meet, confirm):
            yield from (partial(act, office, person) for person in wave)
        yield work


def new_therapists() -> None:
    TherapistFactory.create_batch(THERAPISTS)


def work() -> None:
    """What the workers do."""
    sending.send_queue(at=timezone.now())
    dispatch(at=timezone.now())


def register(office: Office, person: Person) -> None:
    told = office.post("/registrations", f"form-{person.reference}", form(person))
    person.registration = told["id"]


def accept(office: Office, person: Person) -> None:
    office.accept(person.registration)
    person.patient = office.get(f"/registrations/{person.registration}")["patient_id"]


def sign(office: Office, person: Person) -> None:
    today = timezone.localdate().isoformat()
    data = {"contracts_signed_on": today, "payment_received_on": today}
    office.patch(f"/patients/{person.patient}", data)


def search(office: Office, person: Person) -> None:
    told = office.post("/searches", f"search-{person.reference}", {"patient_id": person.patient})
    person.search = told["id"]
    if not office.get(f"/searches/{person.search}/candidates")["candidates"]:
        raise StepRefused(f"nobody fits search {person.search}")


def ask(office: Office, key: str) -> None:
    planned = office.post("/rounds", key)["id"]
    office.post(f"/rounds/{planned}/release", f"release-{key}")


def hear(office: Office, person: Person) -> None:
    asked = office.get("/requests", search_id=person.search, status="sent")["items"]
    person.asked = [request["id"] for request in asked]
    if len(person.asked) < 2:
        raise StepRefused(f"search {person.search} was asked {len(person.asked)} times")


def reject(office: Office, person: Person) -> None:
    if person.story == REJECTED_FIRST:
        _answer(office, person.asked[0], outcome="rejected", reason="capacity")


def say_yes(office: Office, person: Person) -> None:
    told = office.post(f"{person.chosen}/answer", f"yes-{person.reference}", _ACCEPTED)
    _expect(told["status"], "accepted")


def second_yes(office: Office, person: Person) -> None:
    """Another therapist, who had not heard yet."""
    if person.story == SECOND_YES:
        _expect(_answer(office, person.asked[1], outcome="accepted")["status"], "conflict")


def settle(office: Office, person: Person) -> None:
    """The second one is thanked."""
    if person.story == SECOND_YES:
        path = f"/requests/{person.asked[1]}/resolve-conflict"
        office.post(path, f"settle-{person.reference}", {"is_taken": False})


def meet(office: Office, person: Person) -> None:
    planned_at = (timezone.now() + timedelta(days=1)).isoformat()
    path, key = f"{person.chosen}/trial-sessions", f"meet-{person.reference}"
    session = office.post(path, key, {"planned_at": planned_at})["trial_sessions"][0]["id"]
    office.post(f"{path}/{session}/outcome", f"held-{person.reference}", {"outcome": "held"})


def confirm(office: Office, person: Person) -> None:
    office.post(f"{person.chosen}/confirm", f"confirm-{person.reference}")
    _expect(office.get(f"/searches/{person.search}")["status"], "placed")


def form(person: Person) -> Told:
    now = timezone.now().isoformat()
    wording = {"wording_version": "1", "wording_text": "I agree.", "proof": "form", "given_at": now}
    return {
        "external_reference": person.reference,
        "payment_reference": f"PV-{person.number:05d}",
        "patient": {
            "first_name": f"Mira{person.number}",
            "last_name": f"Sample{person.number}",
            "gender": "female",
            "birth_date": f"199{person.number % 10}-04-12",
            "plz": "04103",
            "city": "Leipzig",
            "email": f"mira.{person.number}@faults.example",
            "insurance_kind": "gkv",
            "insurer": INSURER,
            "kvnr": person.kvnr,
        },
        "wishes": {"max_distance_km": 25},
        "availability": [{"weekday": 0, "start_minute": 480, "end_minute": 780}],
        "health": {
            "diagnosis": "F32.1",
            "symptoms": ["depressed-mood"],
            "sprechstunde_on": "2026-09-14",
            "ptv11_on": "2026-09-14",
        },
        "consents": [{"purpose": purpose, **wording} for purpose in PURPOSES],
    }


_ACCEPTED = {"outcome": "accepted", "source": "phone"}


def _answer(office: Office, request: int, **said: str) -> Told:
    return office.post(f"/requests/{request}/answer", f"answer-{request}", {"source": "phone", **said})


def _expect(found: object, expected: object) -> None:
    if found != expected:
        raise StepRefused(f"{found} instead of {expected}")


def _read(answer: Any) -> Told:
    if answer.status_code >= 400:
        raise StepRefused(answer.content.decode())
    told: Told = json.loads(answer.content)
    return told


def _form(page: bytes) -> dict[str, Any]:
    """What a browser would send of the form as it stands."""
    [found] = html.fromstring(page).xpath("//form[contains(@action, '/decide/')]")
    sent: dict[str, list[str]] = {}
    for name, value in found.form_values():
        sent.setdefault(name, []).append(value)
    return dict(sent)
