"""Addresses at which nobody reads: marked when the mail server says so for good, cleared by a person."""

import re
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.communication.models import EmailMessage, UndeliverableAddress
from apps.core.errors import Refused

# The mailbox or its domain does not exist (RFC 5321, RFC 3463 X.1.x); not: full, too large, not wanted.
NOBODY_THERE = re.compile(r"\b5\.1\.(?!8)\d+|^\s*(521|550|551|553|556)\b(?![ -]*5\.[2-9])")


def says_nobody_there(reply: str) -> bool:
    """Whether an answer of a mail server speaks of the address and not of this message."""
    return NOBODY_THERE.search(reply) is not None


def mark_undeliverable(
    *, address: str, reply: str, at: datetime, email: EmailMessage | None = None
) -> UndeliverableAddress:
    """Nobody is written to at this address any more. Marked twice, it is marked once."""
    row, _created = UndeliverableAddress.objects.get_or_create(
        address=address.strip().lower(),
        cleared_at=None,
        defaults={"since": at, "reply": reply[:300], "email": email},
    )
    return row


@transaction.atomic
def clear(*, row: UndeliverableAddress, actor: Any, at: datetime, reason: str) -> None:
    """A person knows that the address works (again). Cleared twice, it is cleared once."""
    if not reason.strip():
        raise Refused(_("Please say why the address works again."))
    UndeliverableAddress.objects.filter(pk=row.pk, cleared_at__isnull=True).update(
        cleared_at=at, cleared_by=actor, cleared_reason=reason.strip()[:300], updated_at=at
    )
