"""What follows from a call. An app above registers what it does when a call about its matters was made.

One function records the call and does what follows; without one a call is only recorded.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from apps.communication.enums import CallOutcome
from apps.communication.models import PhoneCall


@dataclass(frozen=True)
class CallBack:
    """The moment the practice asked for; `is_holiday_agreed` where that is a Sunday or public holiday."""

    at: datetime
    is_holiday_agreed: bool = False


class Completion(Protocol):
    def __call__(
        self,
        *,
        call: PhoneCall,
        outcome: CallOutcome,
        note: str,
        actor: Any,
        at: datetime,
        call_back: CallBack | None,
    ) -> PhoneCall: ...


_completions: list[Completion] = []


def register(completion: Completion) -> Completion:
    """The first one counts."""
    _completions.append(completion)
    return completion


def registered() -> Completion | None:
    return next(iter(_completions), None)
