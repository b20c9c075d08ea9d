"""What the sender asks about letters that confirm an address."""

from collections.abc import Sequence

from apps.communication.enums import LetterKind, Refusal
from apps.communication.gates import Found, Look, gate
from apps.communication.models import EmailMessage
from apps.intake.enums import RegistrationStatus
from apps.intake.models import Registration


@gate(LetterKind.REGISTRATION)
def link_still_opens(emails: Sequence[EmailMessage], look: Look) -> Found:
    """It is the newest link of a registration that was not turned down, and nobody has used it yet."""
    rows = Registration.objects.filter(
        email__in=[email.pk for email in emails],
        email_confirmed_at__isnull=True,
        link_expires_at__gt=look.at,
    )
    good = set(rows.exclude(status=RegistrationStatus.REJECTED).values_list("email_id", flat=True))
    for email in emails:
        if email.pk not in good:
            yield email.pk, Refusal.LINK
