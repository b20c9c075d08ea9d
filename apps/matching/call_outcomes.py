"""What a call about an inquiry brings about, also where it is reported from outside the pages."""

from datetime import datetime
from typing import Any

from apps.communication import call_outcomes
from apps.communication.enums import CallOutcome
from apps.communication.models import PhoneCall
from apps.matching.services import calling


@call_outcomes.register
def complete(
    *,
    call: PhoneCall,
    outcome: CallOutcome,
    note: str,
    actor: Any,
    at: datetime,
    call_back: call_outcomes.CallBack | None,
) -> PhoneCall:
    later = calling.CallBack(call_back.at, call_back.is_holiday_agreed) if call_back else None
    return calling.complete_call(call=call, outcome=outcome, note=note, actor=actor, at=at, call_back=later)
