"""Small pieces of the user interface. A builtin library: no `{% load %}` needed."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()

# One colour per meaning, whatever the state machine calls it.
TONES = {
    "success": {"accepted", "confirmed", "placed", "verified", "active", "sent", "done", "in_therapy", "held"},
    "primary": {"searching", "released", "trial", "queued", "sending"},
    "warning": {"paused", "waitlisted", "conflict", "unclear", "unreviewed", "planned", "draft", "no_show"},
    "danger": {"blocked", "rejected", "failed", "not_fitting", "therapy_discontinued"},
}


@register.filter
def tone(state: str) -> str:
    """Bootstrap tone of a state, `secondary` for the neutral ones."""
    return next((name for name, states in TONES.items() if state in states), "secondary")


@register.inclusion_tag("components/state.html")
def state(obj: Any, field: str = "status") -> dict[str, Any]:
    """The state of a row as a badge with text (never colour alone)."""
    return {"value": getattr(obj, field), "label": getattr(obj, f"get_{field}_display")()}


@register.filter
def days_ago(value: Any, today: Any) -> str:
    """How long something has waited, in whole days."""
    if not value:
        return ""
    day = value.date() if hasattr(value, "date") else value
    count = (today - day).days
    if count <= 0:
        return _("today")
    return ngettext("%(count)s day", "%(count)s days", count) % {"count": count}


@register.filter
def labels(values: Iterable[str], choices: Any) -> str:
    """Join the labels of stored values by an enum's choices."""
    names = dict(choices.choices)
    return ", ".join(str(names.get(value, value)) for value in values or [])


@register.filter
def percent(value: float | None) -> str:
    """0.234 → "23 %"."""
    return "" if value is None else f"{value * 100:.0f} %"
