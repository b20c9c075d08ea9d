"""Recording a call together with what follows from it, whatever it was about."""

from datetime import datetime
from typing import Any

from apps.communication import call_outcomes
from apps.communication.call_outcomes import CallBack
from apps.communication.enums import CallOutcome
from apps.communication.models import PhoneCall
from apps.communication.services import calls


def complete(
    *,
    call: PhoneCall,
    outcome: CallOutcome,
    note: str,
    actor: Any,
    at: datetime,
    call_back: CallBack | None = None,
) -> PhoneCall:
    """Raises as `calls.complete`, and Refused where nobody can be called back at that moment."""
    completion = call_outcomes.registered()
    if completion is None:
        return calls.complete(call=call, outcome=outcome, note=note, actor=actor, at=at)
    return completion(call=call, outcome=outcome, note=note, actor=actor, at=at, call_back=call_back)
