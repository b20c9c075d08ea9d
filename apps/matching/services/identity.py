"""Handing a patient's identity to the therapist who said yes: a link that opens once and expires.

The token is in the letter only; the row keeps its SHA-256. Whether the link still opens is asked again at
the moment it is opened: consent, acceptance and release may have gone meanwhile.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.communication.enums import EmailStatus
from apps.communication.models import EmailMessage
from apps.communication.services import queue
from apps.core import parameters as operating
from apps.core.errors import Refused, StaleState
from apps.core.transitions import lock
from apps.events.services import publish
from apps.matching import letters
from apps.matching.enums import WON_REQUESTS
from apps.matching.models import IdentityLink, InquiryContact, PlacementRequest
from apps.patients.enums import Purpose
from apps.patients.selectors import has_consent
from apps.therapists.selectors import main_practice

TOKEN_BYTES = 32


@dataclass(frozen=True)
class Identity:
    """What the therapist needs to call the patient and to bill, and nothing else."""

    case_code: str
    name: str
    phone: str
    email: str
    insurance: str
    insurer: str


@transaction.atomic
def hand_over(*, request: PlacementRequest, actor: Any, at: datetime) -> IdentityLink:
    """Write a link and queue its letter. A link that still opens is returned instead of a second one.

    Raises StaleState where nothing is accepted, Refused without release, consent or an e-mail address.
    """
    request = lock(request)
    _require_released(request, at)
    if (present := live_link(request=request, at=at)) is not None:
        return present
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link = IdentityLink.objects.create(
        request=request,
        token_hash=fingerprint(token),
        created_at=at,
        created_by=actor,
        expires_at=at + timedelta(days=operating.current(at=at).identity_link_days),
    )
    link.email = _write(link, token, actor=actor, at=at)
    link.save(update_fields=["email"])
    _tell("identity.handed_over", link, at)
    return link


@transaction.atomic
def revoke(*, link: IdentityLink, actor: Any, at: datetime) -> IdentityLink:
    """It opens no more; a letter that still waits is cancelled. Raises StaleState if it was opened."""
    fresh = _locked(link.pk)
    if fresh.opened_at is not None:
        raise StaleState(_("The link has been opened: the therapist knows the identity."))
    if fresh.revoked_at is None:
        fresh.revoked_at = at
        fresh.save(update_fields=["revoked_at"])
        _cancel_letter(fresh, actor=actor, at=at)
        _tell("identity.revoked", fresh, at)
    return fresh


@transaction.atomic
def open_link(*, token: str, at: datetime) -> Identity | None:
    """Show the identity, once. None for a link that does not open (any more)."""
    found = find(token=token)
    if found is None:
        return None
    link = _locked(found.pk)
    if not opens(link=link, at=at):
        return None
    link.opened_at = at
    link.save(update_fields=["opened_at"])
    _tell("identity.opened", link, at)
    return _identity(link.request)


def find(*, token: str) -> IdentityLink | None:
    """The link of that token, whatever has become of it."""
    links = IdentityLink.objects.select_related("request__search__patient", "request__inquiry")
    return links.filter(token_hash=fingerprint(token)).first()


def opens(*, link: IdentityLink, at: datetime) -> bool:
    request = link.request
    return (
        link.opened_at is None
        and link.revoked_at is None
        and at < link.expires_at
        and request.status in WON_REQUESTS
        and request.identity_released_at is not None
        and _is_agreed(request, at)
    )


def live_link(*, request: PlacementRequest, at: datetime) -> IdentityLink | None:
    """The link of a request that can still be opened."""
    waiting = request.identity_links.filter(
        opened_at__isnull=True, revoked_at__isnull=True, expires_at__gt=at
    )
    return waiting.order_by("-pk").first()


def fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _require_released(request: PlacementRequest, at: datetime) -> None:
    if request.status not in WON_REQUESTS:
        raise StaleState()
    if request.identity_released_at is None:
        raise Refused(_("Please release the identity first."))
    if not _is_agreed(request, at):
        raise Refused(
            _("The patient has not consented to passing the identity on. Record the consent first.")
        )


def _is_agreed(request: PlacementRequest, at: datetime) -> bool:
    return has_consent(
        patient_id=request.search.patient_id, purpose=Purpose.IDENTITY, on=timezone.localdate(at)
    )


def _write(link: IdentityLink, token: str, *, actor: Any, at: datetime) -> EmailMessage:
    request = link.request
    url = settings.SITE_URL + reverse("matching:identity", args=[token])
    email = queue.enqueue(
        letter=letters.identity_letter(request=request, url=url, valid_until=link.expires_at),
        to_email=_address(request),
        to_name=request.therapist.full_name,
        therapist=request.therapist,
        actor=actor,
        at=at,
    )
    InquiryContact.objects.create(inquiry=request.inquiry, email=email, request_ids=[request.pk])
    return email


def _address(request: PlacementRequest) -> str:
    """Who said yes expects a letter, whatever the policy says about writing first."""
    practice = main_practice(request.therapist)
    if practice is None or not practice.email or request.therapist.do_not_contact_since is not None:
        raise Refused(_("There is no e-mail address to write to. Please tell name and phone by telephone."))
    return practice.email


def _cancel_letter(link: IdentityLink, *, actor: Any, at: datetime) -> None:
    """As long as no worker has it; later the gate refuses it, and a sent one opens nothing."""
    if link.email is not None and lock(link.email).status == EmailStatus.QUEUED:
        queue.cancel(email=link.email, actor=actor, at=at, reason="link revoked")


def _locked(pk: int) -> IdentityLink:
    links = IdentityLink.objects.select_related("request__search__patient__insurer", "email")
    return links.select_for_update(of=("self",)).get(pk=pk)


def _identity(request: PlacementRequest) -> Identity:
    patient = request.search.patient
    return Identity(
        case_code=patient.case_code,
        name=patient.full_name,
        phone=patient.phone,
        email=patient.email,
        insurance=patient.get_insurance_kind_display(),
        insurer=patient.insurer.name if patient.insurer else "",
    )


def _tell(event: str, link: IdentityLink, at: datetime) -> None:
    """The trace that stays: which request, when, whose identity, for whom."""
    request = link.request
    patient_id = request.search.patient_id
    payload = {
        "request_id": request.pk,
        "patient_id": patient_id,
        "therapist_id": request.therapist_id,
    }
    publish(type=event, subject_id=patient_id, at=at, payload=payload)
