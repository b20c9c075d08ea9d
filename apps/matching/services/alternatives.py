"""Offering other waiting patients to a therapist who was ready to take somebody: one letter an inquiry."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.communication.enums import LetterKind
from apps.communication.gates import refusal
from apps.communication.models import EmailMessage
from apps.communication.services import queue
from apps.communication.services.queue import Letter
from apps.core import parameters as operating
from apps.core.errors import Refused
from apps.matching import letters
from apps.matching.models import Inquiry, InquiryContact
from apps.matching.selectors.alternatives import alternatives_key, count_alternatives
from apps.matching.services.patient_news import free_key
from apps.therapists.models import Therapist
from apps.therapists.selectors import may_be_emailed


def alternatives(*, inquiry: Inquiry, at: datetime) -> Letter:
    """The letter, to read or to send. Raises Refused where a rule would not let it out or nobody fits."""
    _require_way(inquiry.therapist, at)
    parameters = operating.current(at=at)
    count = count_alternatives(inquiry=inquiry, today=timezone.localdate(at), parameters=parameters)
    if not count:
        raise Refused(_("No other waiting patient fits."))
    return letters.alternatives_letter(inquiry=inquiry, count=count)


def send_alternatives(*, inquiry: Inquiry, actor: Any, at: datetime) -> EmailMessage:
    """The second click returns the message of the first.

    Who fits is counted before the transaction: inside of one every therapist would be read anew.
    """
    letter, key = alternatives(inquiry=inquiry, at=at), alternatives_key(inquiry)
    with transaction.atomic():
        free_key(key)
        email = queue.enqueue(
            letter=letter,
            to_email=address(inquiry.therapist, at) or "",
            to_name=inquiry.therapist.full_name,
            therapist=inquiry.therapist,
            once_key=key,
            actor=actor,
            at=at,
        )
        InquiryContact.objects.get_or_create(email=email, defaults={"inquiry": inquiry})
        return email


def address(therapist: Therapist, at: datetime) -> str | None:
    """Where the policy lets us write to."""
    return may_be_emailed(therapist=therapist, policy=operating.current(at=at).email_policy)


def _require_way(therapist: Therapist, at: datetime) -> None:
    """What the send layer would say is told before anybody presses the button."""
    to_email = address(therapist, at) or ""
    unsent = EmailMessage(kind=LetterKind.ALTERNATIVES, therapist=therapist, to_email=to_email)
    if (reason := refusal(unsent, at)) is not None:
        raise Refused(str(reason.label))
