"""Two records side by side: what each says, and which of the two is the better-known value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format, localize
from django.utils.translation import gettext as _

from apps.core.merging.kinds import Choice, Kind, SetChoice, Text
from apps.core.merging.rules import BOTH, KEPT, OTHER
from apps.core.weekly import Interval, Weekday, format_ranges

EMPTY: tuple[Any, ...] = ("", None, [], 0, "unknown", "not_stated", "none", "any")  # also False: it equals 0


@dataclass(frozen=True)
class Line:
    """One line of the page. `chosen` is kept, other or both; `is_same`: there is nothing to choose."""

    key: str
    label: Text
    kept: str
    other: str
    chosen: str
    is_same: bool
    can_both: bool = False

    @property
    def result(self) -> str:
        """What the record will say."""
        if self.chosen == BOTH:
            return " + ".join(filter(None, (self.kept, self.other)))
        return self.kept if self.chosen == KEPT else self.other


def lines(kind: Kind, kept: Any, other: Any, chosen: Mapping[str, str] | None = None) -> list[Line]:
    """Every line, with what was chosen or else the better-known side."""
    wanted = chosen or {}
    hands = (kind.hand_edited(kept), kind.hand_edited(other))
    return [_line(kind, choice, kept, other, hands, wanted) for choice in kind.choices] + [
        _set_line(kind, one, kept, other, wanted) for one in kind.sets
    ]


def choices(kind: Kind, kept: Any, other: Any, chosen: Mapping[str, str]) -> dict[str, str]:
    """Key of each line → side. Words that are none of the known ones count as not chosen."""
    return {line.key: line.chosen for line in lines(kind, kept, other, chosen)}


def better(
    *, is_blank: tuple[bool, bool], is_by_hand: tuple[bool, bool], is_confirmed: tuple[bool, bool]
) -> str:
    """Something over nothing, typed by a person over read from a list, looked at over not; else the kept."""
    for kept, other in ((not is_blank[0], not is_blank[1]), is_by_hand, is_confirmed):
        if kept != other:
            return KEPT if kept else OTHER
    return KEPT


def _line(
    kind: Kind,
    choice: Choice,
    kept: Any,
    other: Any,
    hands: tuple[frozenset[str], frozenset[str]],
    wanted: Mapping[str, str],
) -> Line:
    values = [[getattr(side, name) for name in choice.fields] for side in (kept, other)]
    default = better(
        is_blank=(_is_blank(values[0]), _is_blank(values[1])),
        is_by_hand=(bool(hands[0] & {*choice.fields}), bool(hands[1] & {*choice.fields})),
        is_confirmed=(kind.is_confirmed(kept), kind.is_confirmed(other)),
    )
    side = wanted.get(choice.key, "")
    return Line(
        key=choice.key,
        label=choice.label,
        kept=_shown(choice, kept),
        other=_shown(choice, other),
        chosen=side if side in (KEPT, OTHER) else default,
        is_same=values[0] == values[1],
    )


def _set_line(kind: Kind, one: SetChoice, kept: Any, other: Any, wanted: Mapping[str, str]) -> Line:
    texts = one.show(kept), one.show(other)
    default = better(
        is_blank=(not texts[0], not texts[1]),
        is_by_hand=(False, False),
        is_confirmed=(kind.is_confirmed(kept), kind.is_confirmed(other)),
    )
    known = (KEPT, OTHER, BOTH) if one.can_both else (KEPT, OTHER)
    side = wanted.get(one.key, "")
    return Line(
        key=one.key,
        label=one.label,
        kept=texts[0],
        other=texts[1],
        chosen=side if side in known else default,
        is_same=texts[0] == texts[1],
        can_both=one.can_both,
    )


def _is_blank(values: list[Any]) -> bool:
    return all(value in EMPTY for value in values)


def _shown(choice: Choice, record: Any) -> str:
    if choice.show is not None:
        return choice.show(record)
    return " ".join(filter(None, (spoken(record, name) for name in choice.fields)))


def spoken(record: models.Model, name: str) -> str:
    """A value as people read it; "" for nothing."""
    value = getattr(record, name)
    if value in (None, "", []):
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if hasattr(record, f"get_{name}_display"):
        return str(getattr(record, f"get_{name}_display")())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if hasattr(value, "hour"):
        return date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")
    if hasattr(value, "year"):
        return date_format(value, "SHORT_DATE_FORMAT")
    return str(localize(value))


def week_text(intervals: list[Interval]) -> str:
    """ "Mo 08:00–09:00; We 12:00–13:00" in the language of the page."""
    days = sorted({interval.weekday for interval in intervals})
    parts = (
        f"{str(Weekday(day).label)[:2]} "
        + format_ranges((one.start, one.end) for one in intervals if one.weekday == day)
        for day in days
    )
    return "; ".join(parts)
