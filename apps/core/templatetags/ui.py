"""Small pieces of the user interface. A builtin library: no `{% load %}` needed.

docs/developer-ui.md lists the components with the variables they take.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.core import contacts, weekly
from apps.core.weekly import Interval, Weekday

register = template.Library()

# One colour per meaning, whatever the state machine calls it.
TONES = {
    "success": {"accepted", "confirmed", "placed", "verified", "active", "contactable"}
    | {"sent", "done", "held", "in_therapy", "signed"},
    "primary": {"searching", "released", "trial", "answered"}
    | {"queued", "sending", "handing_over", "running", "trial_queued", "trial_run"},
    "warning": {"paused", "waitlisted", "conflict", "unclear", "unreviewed", "planned", "draft", "no_show"}
    | {"waiting", "unmatched", "uploaded", "tried"},
    "danger": {"blocked", "rejected", "failed", "refused", "not_fitting", "objected", "therapy_discontinued"}
    | {"bounced"},
}
ALERT_TONES = {"debug": "secondary", "error": "danger"}
ALERT_ICONS = {"success": "check", "warning": "warning", "danger": "warning"}
SCORE_LABELS = {
    "acceptance": gettext_lazy("expected acceptance"),
    "distance": gettext_lazy("distance"),
    "hours": gettext_lazy("common hours"),
    "email": gettext_lazy("e-mail available"),
}


@register.filter
def tone(state: str) -> str:
    """Bootstrap tone of a state, `secondary` for the neutral ones."""
    return next((name for name, states in TONES.items() if state in states), "secondary")


@register.filter
def alert_tone(level: str) -> str:
    """Tone of an alert: the levels of `django.contrib.messages` and Bootstrap's own names."""
    return ALERT_TONES.get(level, level) or "info"


@register.filter
def alert_icon(tone: str) -> str:
    return ALERT_ICONS.get(tone, "info")


@register.inclusion_tag("components/state.html")
def state(obj: Any, field: str = "status") -> dict[str, Any]:
    """The state of a row as a badge with text (never colour alone)."""
    return {"value": getattr(obj, field), "label": getattr(obj, f"get_{field}_display")()}


@register.simple_tag
def icon(name: str, extra_class: str = "") -> SafeString:
    """A symbol of static/icons.svg, hidden from screen readers: the text beside it speaks."""
    classes = f"icon {extra_class}".strip()
    return format_html(
        '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        classes,
        static("icons.svg"),
        name,
    )


@register.simple_block_tag
def page_header(content: str, title: Any, subtitle: Any = "") -> SafeString:
    """Title of the page; what stands between the tags becomes its buttons, on the right."""
    values = {"title": title, "subtitle": subtitle, "actions": content if content.strip() else ""}
    return render_to_string("components/page_header.html", values)


@register.inclusion_tag("components/fact.html")
def fact(label: Any, value: Any) -> dict[str, Any]:
    """One line of a `<dl class="facts">`. False and 0 are facts; None and "" read "not stated"."""
    return {"label": label, "value": _spoken(value), "is_given": value not in (None, "", [])}


def _spoken(value: Any) -> Any:
    return (_("yes") if value else _("no")) if isinstance(value, bool) else value


@register.filter
def days_ago(value: Any, today: Any) -> str:
    """How long something has waited, in whole days."""
    return "" if not value else duration((today - _local_day(value)).days)


@register.filter
def duration(days: int) -> str:
    """3 → "3 days"; nothing yet is "today"."""
    if days <= 0:
        return _("today")
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}


def _local_day(value: date | datetime) -> date:
    if not isinstance(value, datetime):
        return value
    return (timezone.localtime(value) if timezone.is_aware(value) else value).date()


@register.filter
def labels(values: Iterable[str], choices: Any) -> str:
    """Join the labels of stored values by an enum's choices."""
    names = dict(choices.choices)
    return ", ".join(str(names.get(value, value)) for value in values or [])


@register.filter
def percent(value: float | None) -> str:
    """0.234 → "23 %"."""
    return "" if value is None else f"{value * 100:.0f} %"


@register.filter
def initials(name: str) -> str:
    """ "Mara Klein" → "MK"."""
    return "".join(part[0] for part in str(name).split()[:2]).upper()


@register.filter
def phone(value: str) -> str:
    """+49301234567 → "030 1234567"."""
    return contacts.readable_phone(value)


# The parts of a score


@register.inclusion_tag("components/score_bar.html")
def score_bar(score: float, parts: Mapping[str, float]) -> dict[str, Any]:
    """Total and one small column per part, for table cells. `parts`: code → figure from 0 to 1."""
    rows = _score_rows(parts)
    return {"score": score, "parts": rows, "width": 10 * len(rows)}


@register.inclusion_tag("components/score_parts.html")
def score_parts(score: float, parts: Mapping[str, float]) -> dict[str, Any]:
    """The same as a table with one bar per line, for detail pages."""
    return {"score": score, "parts": _score_rows(parts)}


def _score_rows(parts: Mapping[str, float]) -> list[dict[str, Any]]:
    return [_score_row(position, code, value) for position, (code, value) in enumerate((parts or {}).items())]


def _score_row(position: int, code: str, value: float) -> dict[str, Any]:
    """Whole units throughout: SVG attributes do not understand a decimal comma."""
    share = round(min(max(value, 0), 1) * 20)
    return {
        "label": SCORE_LABELS.get(code, code),
        "value": value,
        "percent": share * 5,
        "x": 10 * position,
        "y": 20 - share,
        "height": share,
    }


# The week as a picture: rows are weekdays, columns the hours from 7 to 21

FIRST_HOUR, LAST_HOUR = 7, 21
LEFT, TOP, HOUR_WIDTH, ROW_HEIGHT, ROW_STEP = 30, 18, 30, 16, 19


@register.inclusion_tag("components/hours_grid.svg.html")
def hours_grid(
    first: Iterable[Any], first_label: str, second: Iterable[Any] | None = None, second_label: str = ""
) -> dict[str, Any]:
    """One or two weekly schedules. Takes `weekly.Interval`s or rows of a `weekly.WeeklyInterval`.

    With two, the first fills the upper half of a day, the second the lower half, a frame marks common time.
    """
    mine = _intervals(first)
    if second is None:
        layers = [_layer("first", first_label, mine, 0, ROW_HEIGHT)]
    else:
        theirs, half = _intervals(second), ROW_HEIGHT // 2
        layers = [
            _layer("first", first_label, mine, 0, half),
            _layer("second", second_label, theirs, half, half),
            _layer("common", _("common time"), _common(mine, theirs), 0, ROW_HEIGHT),
        ]
    return {"layers": layers, "rows": _rows(), "hours": _hours(), **_frame()}


def _intervals(week: Iterable[Any]) -> list[Interval]:
    return sorted(entry if isinstance(entry, Interval) else entry.interval for entry in week)


def _common(first: list[Interval], second: list[Interval]) -> list[Interval]:
    pairs = [(a, b) for a in first for b in second if a.weekday == b.weekday]
    overlaps = [Interval(a.weekday, max(a.start, b.start), min(a.end, b.end)) for a, b in pairs]
    return sorted(overlap for overlap in overlaps if overlap.start < overlap.end)


def _layer(kind: str, label: str, week: list[Interval], shift: int, height: int) -> dict[str, Any]:
    days = sorted({interval.weekday for interval in week})
    return {
        "label": label,
        "kind": kind,
        "bars": [bar for interval in week if (bar := _bar(interval, shift, height))],
        "lines": [f"{Weekday(day).label} {_times(week, day)}" for day in days],
    }


def _times(week: list[Interval], day: int) -> str:
    return weekly.format_ranges((each.start, each.end) for each in week if each.weekday == day)


def _bar(interval: Interval, shift: int, height: int) -> dict[str, int] | None:
    """The part of an interval that lies inside the picture."""
    start = max(interval.start, FIRST_HOUR * 60)
    end = min(interval.end, LAST_HOUR * 60)
    if start >= end:
        return None
    y = TOP + interval.weekday * ROW_STEP + shift
    return {"x": _x(start), "y": y, "width": _x(end) - _x(start), "height": height}


def _x(minute: int) -> int:
    return LEFT + round((minute - FIRST_HOUR * 60) * HOUR_WIDTH / 60)


def _rows() -> list[dict[str, Any]]:
    width = (LAST_HOUR - FIRST_HOUR) * HOUR_WIDTH
    return [
        {
            "label": capfirst(str(day.label))[:2],
            "y": TOP + day * ROW_STEP,
            "text_y": TOP + day * ROW_STEP + 12,
            "width": width,
            "height": ROW_HEIGHT,
        }
        for day in Weekday
    ]


def _hours() -> list[dict[str, int]]:
    return [{"label": hour, "x": _x(hour * 60)} for hour in range(FIRST_HOUR, LAST_HOUR + 1, 2)]


def _frame() -> dict[str, int]:
    bottom = TOP + 7 * ROW_STEP - (ROW_STEP - ROW_HEIGHT)
    width = LEFT + (LAST_HOUR - FIRST_HOUR) * HOUR_WIDTH + 10
    return {"left": LEFT, "top": TOP, "bottom": bottom, "width": width, "height": bottom + 2, "label_y": 11}
