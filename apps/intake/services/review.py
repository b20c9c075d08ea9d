"""What a person decides about a registration: mended, accepted, added to a known patient, turned down.

A decision is one transaction: if anything in it fails, the registration waits as before and no patient was
touched. Order of locks: registration, then patient.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core import contacts
from apps.core.errors import Refused, StaleState
from apps.core.transitions import lock, move
from apps.core.weekly import Interval
from apps.events.services import publish
from apps.intake import reading, selectors
from apps.intake.enums import OPEN, RegistrationStatus
from apps.intake.mending import is_address, problems
from apps.intake.models import Registration
from apps.intake.services import consents
from apps.patients.models import Patient
from apps.patients.services import registration as patients

R = RegistrationStatus


@transaction.atomic
def correct(
    *,
    registration: Registration,
    fields: Mapping[str, Any],
    hours: Iterable[Interval],
    seen: int,
    actor: Any,
    at: datetime,
) -> Registration:
    """Keep what staff have mended beside what came in. `seen` is the number of corrections on the page.

    Another address has to be confirmed anew. Raises StaleState after somebody else's correction or decision.
    """
    fresh = _locked(registration, seen)
    fresh.corrected = {"fields": reading.encoded(fields), "hours": [list(one) for one in hours]}
    fresh.corrections += 1
    said = reading.values(fresh)
    fresh.problems = problems(said, fresh.payload or {}, today=timezone.localdate(at))
    fresh.save(update_fields=["corrected", "corrections", "problems", "updated_at"])
    _follow_address(fresh, said.get("email") or "", actor, at)
    return fresh


@transaction.atomic
def accept(
    *,
    registration: Registration,
    data: Mapping[str, Any],
    hours: Iterable[Interval],
    seen: int,
    actor: Any,
    at: datetime,
    not_same_as: Collection[Patient] = (),
    reason: str = "",
) -> Patient:
    """A new patient with hours and consents. Raises ValidationError by field, StaleState if decided already.

    `not_same_as` and `reason` as in `patients.services.registration.register`.
    """
    fresh = _locked(registration, seen)
    patient = patients.register(
        data=data, actor=actor, at=at, availability=hours, not_same_as=not_same_as, reason=reason
    )
    given = selectors.counting_consents(fresh, email=patient.email)
    consents.give(patient=patient, given=given, at=at)
    _decide(fresh, R.ACCEPTED, patient, actor, at)
    publish(type="registration.accepted", subject_id=fresh.pk, at=at, payload={"patient_id": patient.pk})
    return patient


@transaction.atomic
def merge(
    *,
    registration: Registration,
    patient: Patient,
    changes: Mapping[str, Any],
    hours: Iterable[Interval] | None,
    seen: int,
    actor: Any,
    at: datetime,
) -> Patient:
    """Add to a known patient what was chosen (`hours` None: the patient's stay) and the new consents."""
    fresh = _locked(registration, seen)
    patient = patients.update(patient=patient, changes=changes, actor=actor, at=at)
    if hours is not None:
        patient = patients.set_availability(patient=patient, intervals=hours, at=at)
    given = selectors.new_consents(fresh, patient, email=patient.email)
    consents.give(patient=patient, given=given, at=at)
    _decide(fresh, R.MERGED, patient, actor, at)
    publish(type="registration.merged", subject_id=fresh.pk, at=at, payload={"patient_id": patient.pk})
    return patient


@transaction.atomic
def reject(*, registration: Registration, actor: Any, at: datetime, reason: str) -> Registration:
    """Raises StaleState if decided already."""
    fresh = move(registration, to=R.REJECTED, actor=actor, at=at, reason=reason, fields={"decided_at": at})
    publish(type="registration.rejected", subject_id=fresh.pk, at=at)
    return fresh


@transaction.atomic
def undo_rejection(*, registration: Registration, actor: Any, at: datetime) -> Registration:
    """It waits again. Raises StaleState where it was not turned down, Refused once its content is gone."""
    fresh = lock(registration)
    if fresh.payload is None:
        raise Refused(_("The content of this registration has been deleted: it cannot be taken up again."))
    email = reading.values(fresh).get("email") or ""
    to = _waiting_state(fresh, email)
    fresh = move(registration, to=to, actor=actor, at=at, fields={"decided_at": None}, undo=True)
    publish(type="registration.reopened", subject_id=fresh.pk, at=at)
    return fresh


def _locked(registration: Registration, seen: int) -> Registration:
    fresh = lock(registration)
    if fresh.status not in OPEN or fresh.corrections != seen:
        raise StaleState()
    return fresh


def _decide(registration: Registration, to: str, patient: Patient, actor: Any, at: datetime) -> None:
    fields = {"patient": patient, "decided_at": at}
    move(registration, to=to, actor=actor, at=at, fields=fields)


def _follow_address(registration: Registration, email: str, actor: Any, at: datetime) -> None:
    """The state says whether the address as it is known now was confirmed; the link to another is void."""
    if registration.email_index and registration.email_index != selectors.index_of(email):
        registration.email_confirmed_at = registration.link_digest = None
        registration.email_index = ""
        names = ["email_confirmed_at", "link_digest", "email_index", "updated_at"]
        registration.save(update_fields=names)
    to = _waiting_state(registration, email)
    if registration.status != to:
        move(registration, to=to, actor=actor, at=at)


def _waiting_state(registration: Registration, email: str) -> RegistrationStatus:
    if is_address(contacts.email(email)) and not selectors.is_confirmed(registration, email):
        return R.WAITING_FOR_CONFIRMATION
    return R.WAITING
