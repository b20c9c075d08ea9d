"""Whether an e-mail address belongs to who registered: a letter with a link, of which only the SHA-256 stays.

Opening the link changes nothing; the button behind it does. Pressing it twice is the same as once.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.communication.enums import EmailStatus
from apps.communication.services import queue
from apps.core import contacts
from apps.core.errors import Refused, StaleState
from apps.core.transitions import lock, move
from apps.events.services import publish
from apps.intake import letters, reading, selectors
from apps.intake.enums import ProblemCode, RegistrationStatus
from apps.intake.mending import is_address
from apps.intake.models import Registration
from apps.intake.services import consents
from apps.patients.enums import Purpose

R = RegistrationStatus
TOKEN_BYTES = 32
VALID = timedelta(days=14)
MOST_A_DAY = 3  # letters to one address, whoever registers with it
NOT_YET_GONE = (EmailStatus.QUEUED, EmailStatus.SENDING, EmailStatus.HANDING_OVER)


@transaction.atomic
def resend(*, registration: Registration, actor: Any, at: datetime) -> Registration:
    """Another link, to the address as it is known now; the one before opens no more.

    Raises StaleState where nothing waits for it, Refused without an address or while a letter waits.
    """
    fresh = lock(registration)
    if not fresh.is_open or fresh.is_email_confirmed:
        raise StaleState()
    email = reading.values(fresh).get("email") or ""
    if not is_address(email):
        raise Refused(_("There is no e-mail address that could be written to. Please correct it first."))
    if fresh.email is not None and fresh.email.status in NOT_YET_GONE:
        raise Refused(_("The letter before is still on its way."))
    fresh.problems = [one for one in fresh.problems if one["code"] != ProblemCode.LETTER_HELD_BACK]
    return send_link(registration=fresh, email=email, actor=actor, at=at)


def send_link(*, registration: Registration, email: str, actor: Any, at: datetime) -> Registration:
    """Queue the letter with a new link. The row is locked or new."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    expires_at = at + VALID
    registration.links_sent += 1
    url = settings.SITE_URL + reverse("intake:confirm", args=[token])
    registration.email = queue.enqueue(
        letter=letters.confirm_letter(url=url, valid_until=timezone.localdate(expires_at)),
        to_email=contacts.email(email),
        to_name="",
        actor=actor,
        at=at,
        once_key=f"registration:{registration.pk}:{registration.links_sent}",
    )
    registration.link_digest, registration.email_index = digest(token), selectors.index_of(email)
    registration.link_sent_at, registration.link_expires_at = at, expires_at
    names = ["links_sent", "email", "link_digest", "email_index", "link_sent_at", "link_expires_at"]
    registration.save(update_fields=[*names, "problems", "updated_at"])
    return registration


def may_write(email: str, *, at: datetime) -> bool:
    """Nobody's mailbox is filled by somebody else's form."""
    return selectors.letters_today(selectors.index_of(email), at=at) < MOST_A_DAY


def find(*, token: str) -> Registration | None:
    return Registration.objects.filter(link_digest=digest(token)).first()


def opens(*, registration: Registration, at: datetime) -> bool:
    """Until its last day; one that was used stays good for saying so."""
    if registration.is_email_confirmed:
        return True
    return registration.link_expires_at is not None and at < registration.link_expires_at


@transaction.atomic
def confirm(*, token: str, at: datetime) -> bool:
    """The address belongs to who registered. False for a link that does not open (any more)."""
    found = find(token=token)
    if found is None:
        return False
    registration = lock(found)
    if registration.link_digest is None or not opens(registration=registration, at=at):
        return False
    if not registration.is_email_confirmed:
        _note(registration, at)
    return True


def _note(registration: Registration, at: datetime) -> None:
    fields = {"email_confirmed_at": at}
    if registration.status == R.WAITING_FOR_CONFIRMATION:
        move(registration, to=R.WAITING, actor=None, at=at, fields=fields)
    else:
        registration.email_confirmed_at = at
        registration.save(update_fields=["email_confirmed_at", "updated_at"])
    publish(type="registration.confirmed", subject_id=registration.pk, at=at)
    _give_late(registration, at)


def _give_late(registration: Registration, at: datetime) -> None:
    """Accepted before the address was confirmed: the consent to e-mails has waited for this."""
    patient = registration.patient
    if patient is None or selectors.index_of(patient.email) != registration.email_index:
        return
    new = selectors.new_consents(registration, patient, email=patient.email)
    consents.give(patient=patient, given=[one for one in new if one.purpose == Purpose.EMAIL], at=at)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
