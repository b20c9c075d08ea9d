"""What the website has handed in since Friday: one complete, one of somebody known, two to be mended."""

import random
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from apps.communication.enums import LetterKind
from apps.communication.models import EmailMessage
from apps.core.enums import Method
from apps.gateway.enums import Scope
from apps.gateway.models import ApiClient
from apps.gateway.services import clients
from apps.intake.models import Registration
from apps.intake.schema import RegistrationIn
from apps.intake.services import confirmation, receiving
from apps.intake.services.receiving import Origin
from apps.patients.enums import InsuranceKind, Purpose
from apps.patients.models import Insurer, Patient
from apps.workspace.demo import people

WORDING = "Ich willige in die beschriebene Verarbeitung meiner Angaben ein."
LINK = re.compile(r"/confirm/([^/\s]+)/")
Say = Callable[[str], None]
Deliver = Callable[[], object]


def hand_in(rng: random.Random, *, now: datetime, deliver: Deliver, say: Say) -> None:
    website = clients.create(
        name="Website",
        scopes=[Scope.REGISTRATIONS_WRITE, Scope.REGISTRATIONS_READ],
        note="Anmeldeformular; Ansprechpartnerin: Webteam",
    )
    forms = [
        _form(rng, 1, now),
        _form(rng, 2, now, patient=_known()),
        _form(rng, 3, now, patient={"phone": "0341", "insurer": "Kasse aus dem Nachbarland"}),
        _form(rng, 4, now, patient={"plz": "00000"}),
    ]
    for number, form in enumerate(forms):
        _receive(website, form, at=now - timedelta(hours=60 - 17 * number))
    deliver()
    for registration in Registration.objects.order_by("pk")[:3]:
        _confirm(registration, at=now - timedelta(minutes=20))
    problems = sum(bool(one.problems) for one in Registration.objects.all())
    say(f"   Registrierungen von der Website: {len(forms)}, davon {problems} mit Rückfragen")


def _receive(website: ApiClient, form: dict[str, Any], *, at: datetime) -> None:
    data = RegistrationIn.model_validate(form)
    receiving.receive(data=data, origin=Origin(client=website), actor=website.account, at=at)


def _confirm(registration: Registration, *, at: datetime) -> None:
    """The button behind the link of the letter, which is in nobody's hands but the mailbox's."""
    letters = EmailMessage.objects.filter(kind=LetterKind.REGISTRATION).order_by("pk")
    for letter in letters:
        for token in LINK.findall(letter.text):
            if confirmation.find(token=token) == registration:
                confirmation.confirm(token=token, at=at)


def _known() -> dict[str, Any]:
    """Somebody who is on file already fills in the form once more, with another mailbox."""
    patient = Patient.objects.order_by("pk")[4]
    names = ("salutation", "gender", "first_name", "last_name")
    born = patient.birth_date.isoformat() if patient.birth_date else None
    return {name: getattr(patient, name) for name in names} | {"birth_date": born}


def _form(
    rng: random.Random, number: int, now: datetime, *, patient: dict[str, Any] | None = None
) -> dict[str, Any]:
    name = people.random_name(rng, "female", now.year - 34)
    person = {
        "salutation": "ms",
        "gender": "female",
        "first_name": name.first,
        "last_name": name.last,
        "birth_date": people.random_birth_date(rng, age=34, today=now.date()).isoformat(),
        "street": "Lindenweg 12",
        "plz": "04177",
        "city": "Leipzig",
        "email": f"anmeldung-{number}@example.org",
        "phone": people.random_mobile(rng),
        "insurance_kind": "gkv",
        "insurer": Insurer.objects.filter(kind=InsuranceKind.STATUTORY).earliest("pk").name,
    }
    return {
        "external_reference": f"web-{8200 + number}",
        "payment_reference": f"PV-{8200 + number}",
        "patient": person | (patient or {}),
        "wishes": {"wished_methods": [Method.VT, Method.TP], "max_distance_km": 20},
        "availability": [{"weekday": day, "start_minute": 16 * 60, "end_minute": 19 * 60} for day in (1, 3)],
        "health": {
            "diagnosis": "F41.1",
            "complaints": "Ständige Sorgen, schlechter Schlaf, Herzklopfen vor Terminen.",
            "has_previous_therapy": False,
            "sprechstunde_on": (now - timedelta(days=20)).date().isoformat(),
            "ptv11_on": (now - timedelta(days=20)).date().isoformat(),
        },
        "consents": [_consent(purpose, number, now) for purpose in Purpose],
    }


def _consent(purpose: str, number: int, now: datetime) -> dict[str, str]:
    return {
        "purpose": purpose,
        "given_at": (now - timedelta(days=3)).isoformat(),
        "wording_version": "2026-03",
        "wording_text": WORDING,
        "proof": f"Formular web-{8200 + number}",
    }
