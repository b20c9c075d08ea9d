"""Consents of a registration become those of a patient, each with its own proof."""

from collections.abc import Iterable
from datetime import datetime

from apps.intake import reading
from apps.intake.schema import ConsentIn
from apps.patients.enums import Purpose
from apps.patients.models import Patient
from apps.patients.services import consents


def give(*, patient: Patient, given: Iterable[ConsentIn], at: datetime) -> None:
    for one in given:
        consents.give(
            patient=patient,
            purpose=Purpose(one.purpose),
            on=reading.given_on(one),
            proof=reading.proof(one),
            at=at,
        )
