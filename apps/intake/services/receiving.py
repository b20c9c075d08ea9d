"""Taking registrations in. Nothing here touches a patient."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import Refused
from apps.core.locks import hold
from apps.core.transitions import record_start
from apps.events.services import publish
from apps.gateway.models import ApiClient
from apps.intake import reading
from apps.intake.enums import ProblemCode, RegistrationStatus
from apps.intake.mending import is_address, problems
from apps.intake.models import Registration
from apps.intake.schema import RegistrationIn
from apps.intake.services import confirmation

R = RegistrationStatus
CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True)
class Origin:
    """Whose form it was; for one out of a file also which file and line."""

    client: ApiClient | None = None
    file_name: str = ""
    line: int | None = None


@dataclass(frozen=True)
class Received:
    registration: Registration
    is_new: bool


@transaction.atomic
def receive(*, data: RegistrationIn, origin: Origin, actor: Any, at: datetime) -> Received:
    """Stage a registration. The same reference with the same content is the registration that is there.

    Raises Refused for a reference that stands for something else already, ValidationError with paths for a
    consent given in the future.
    """
    _refuse_future(data, at)
    payload = data.model_dump(mode="json")
    reference = data.external_reference.strip()
    hold(f"registration:{origin.client.pk if origin.client else ''}:{reference}")
    present = Registration.objects.filter(client=origin.client, external_reference=reference).first()
    if present is None:
        return Received(_staged(data, payload, reference, origin, actor, at), is_new=True)
    if present.fingerprint != reading.fingerprint(payload):
        raise Refused(_("This reference stands for another registration already."))
    return Received(present, is_new=False)


def _staged(
    data: RegistrationIn, payload: dict[str, Any], reference: str, origin: Origin, actor: Any, at: datetime
) -> Registration:
    said = reading.decoded(reading.flattened(payload))
    email = said["email"].strip()
    has_address = is_address(email)
    registration = Registration.objects.create(
        status=R.WAITING_FOR_CONFIRMATION if has_address else R.WAITING,
        received_at=at,
        client=origin.client,
        file_name=origin.file_name,
        line=origin.line,
        external_reference=reference,
        payment_reference=data.payment_reference.strip(),
        language=data.language,
        fingerprint=reading.fingerprint(payload),
        payload=payload,
        problems=problems(said, payload, today=timezone.localdate(at)),
    )
    record_start(registration, actor=actor, at=at)
    publish(type="registration.received", subject_id=registration.pk, at=at)
    if has_address:
        _ask_for_confirmation(registration, email, actor, at)
    return registration


def _ask_for_confirmation(registration: Registration, email: str, actor: Any, at: datetime) -> None:
    if confirmation.may_write(email, at=at):
        confirmation.send_link(registration=registration, email=email, actor=actor, at=at)
        return
    registration.problems = [
        *registration.problems,
        {"code": str(ProblemCode.LETTER_HELD_BACK), "path": "patient.email"},
    ]
    registration.save(update_fields=["problems", "updated_at"])


def _refuse_future(data: RegistrationIn, at: datetime) -> None:
    late = [
        f"consents.{place}.given_at"
        for place, one in enumerate(data.consents)
        if one.given_at > at + CLOCKS_DIFFER
    ]
    if late:
        raise ValidationError(dict.fromkeys(late, _("This moment lies in the future.")))
