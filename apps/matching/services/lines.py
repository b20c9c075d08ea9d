"""Lines taken out of inquiries by hand, one or all of them; a round that is empty by that is over."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import Refused, StaleState
from apps.core.transitions import operation
from apps.matching.enums import UNSENT_INQUIRIES, UNSENT_REQUESTS
from apps.matching.models import Inquiry, PlacementRequest
from apps.matching.services import inquiries, release, rounds


@transaction.atomic
def drop_line(*, request: PlacementRequest, actor: Any, at: datetime) -> None:
    """Raises StaleState once the line is released."""
    with operation():
        rounds.drop_request(request=request, actor=actor, at=at)
        _close_round(request.inquiry, actor=actor, at=at)


@transaction.atomic
def cancel_inquiry(*, inquiry: Inquiry, reason: str, actor: Any, at: datetime) -> None:
    """Take everything out of an inquiry that has not been sent; its letter or call is cancelled.

    A letter that is on its way already is followed by one that says so. Raises StaleState once the
    therapist has been asked.
    """
    if not reason.strip():
        raise Refused(_("Please say why the inquiry is cancelled."))
    with operation():
        if inquiries.hold(inquiry=inquiry).status not in UNSENT_INQUIRIES:
            raise StaleState()
        unsent = inquiry.requests.filter(status__in=UNSENT_REQUESTS)
        inquiries.take_out(requests=unsent, actor=actor, at=at, reason=reason)
        _close_round(inquiry, actor=actor, at=at)


def _close_round(inquiry: Inquiry, *, actor: Any, at: datetime) -> None:
    if inquiry.round is not None:
        release.close_if_done(round_=inquiry.round, actor=actor, at=at)
