"""Reading the e-mail queue and the calls."""

from apps.communication.selectors.calls import CallGroup, call_list, made_calls, planned_calls
from apps.communication.selectors.emails import (
    email_list,
    email_timeline,
    mark_of,
    marked_addresses,
    readable_text,
    resting_server,
    troubled_count,
)

__all__ = [
    "CallGroup",
    "call_list",
    "email_list",
    "email_timeline",
    "made_calls",
    "mark_of",
    "marked_addresses",
    "planned_calls",
    "readable_text",
    "resting_server",
    "troubled_count",
]
