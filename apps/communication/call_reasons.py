"""Why a call is still worth making. An app above registers what it knows against handing one out."""

from collections.abc import Callable

from django.db.models import Q

Condition = Callable[[], Q]

_conditions: list[Condition] = []


def reason(condition: Condition) -> Condition:
    """Register a condition over PhoneCall, part of one statement: no query of its own."""
    _conditions.append(condition)
    return condition


def is_wanted() -> Q:
    """All conditions together."""
    wanted = Q()
    for condition in _conditions:
        wanted &= condition()
    return wanted
