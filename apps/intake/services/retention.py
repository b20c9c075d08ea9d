"""What was handed in is emptied some time after the decision."""

from datetime import datetime, timedelta

from apps.core import parameters
from apps.intake.enums import OPEN
from apps.intake.models import Registration


def empty_old(*, at: datetime) -> int:
    """Delete the content of decided registrations after `registration_retention_days`; how many there were.

    Reference, states, who decided and the patient stay; so does the keyed fingerprint, so that the same
    form handed in again is still recognised.
    """
    days = parameters.current(at=at).registration_retention_days
    due = Registration.objects.filter(payload__isnull=False, decided_at__lt=at - timedelta(days=days))
    return due.exclude(status__in=OPEN).update(
        payload=None, corrected=None, email_index="", link_digest=None, problems=[], updated_at=at
    )
