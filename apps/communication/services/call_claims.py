"""Who has a call in hand. Two coordinators never get the same one; a claim lapses by itself.

The row of the coordinator is locked first, so that nobody holds two; then the row of the call, past those
that somebody else is just taking.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.communication.enums import CallStatus
from apps.communication.models import PhoneCall
from apps.communication.selectors import calls as selectors
from apps.core.errors import StaleState
from apps.core.transitions import lock


@transaction.atomic
def take_next(*, user: User, at: datetime, whose: str = "") -> PhoneCall | None:
    """The most urgent call that can be made now; the one in hand if there is one; None without any.

    `whose` narrows as `selectors.calls.of_coordinator`.
    """
    _alone(user)
    held = selectors.in_hand(user=user, at=at)
    if held is None:
        waiting = selectors.of_coordinator(selectors.reachable(at=at), whose, user)
        free = waiting.filter(selectors.is_free(at=at))
        held = free.select_for_update(skip_locked=True, of=("self",)).first()
    return _hand_over(held, user, at) if held else None


@transaction.atomic
def take(*, call: PhoneCall, user: User, at: datetime) -> PhoneCall:
    """This call and no other; one in hand before is given back.

    Raises StaleState where it is no longer planned or in somebody else's hand.
    """
    _alone(user)
    fresh = lock(call)
    if fresh.status != CallStatus.PLANNED or selectors.is_held_by_another(fresh, user, at=at):
        raise StaleState()
    for other in PhoneCall.objects.select_for_update(of=("self",)).filter(taken_by=user).exclude(pk=fresh.pk):
        _let_go(other)
    return _hand_over(fresh, user, at)


@transaction.atomic
def give_back(*, call: PhoneCall, user: User) -> None:
    """Somebody else may have it. Raises StaleState where it is not in this person's hand."""
    fresh = lock(call)
    if fresh.taken_by_id != user.pk:
        raise StaleState(_("You do not have this call in hand any more."))
    _let_go(fresh)


def _alone(user: User) -> None:
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _hand_over(call: PhoneCall, user: User, at: datetime) -> PhoneCall:
    call.taken_by, call.taken_at = user, at
    call.save(update_fields=["taken_by", "taken_at", "updated_at"])
    return call


def _let_go(call: PhoneCall) -> None:
    call.taken_by, call.taken_at = None, None
    call.save(update_fields=["taken_by", "taken_at", "updated_at"])
