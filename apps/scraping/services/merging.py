"""What a row says and a record does not yet: saved where a person has not reviewed it, else reported."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from apps.core.enums import Salutation
from apps.geocoding.enums import Precision
from apps.therapists.enums import Gender, HoursKind, ReviewStatus
from apps.therapists.models import Practice, Therapist
from apps.therapists.services import records

UNKNOWN = {"salutation": Salutation.NONE, "gender": Gender.UNKNOWN}
PLACE = ("latitude", "longitude", "precision")


def complete_therapist(
    therapist: Therapist,
    data: Mapping[str, Any],
    around: Mapping[str, Any],
    *,
    actor: Any,
    at: datetime,
    notes: list[str],
) -> bool:
    """Save what differs; tells whether anything did."""
    changes = {name: value for name, value in data.items() if _differs(therapist, name, value)}
    sets = {name: value for name, value in around.items() if _rows(therapist, name) != value}
    if therapist.review_status == ReviewStatus.VERIFIED:
        kept = [name for name in changes if not _is_blank(therapist, name)]
        kept_sets = [name for name in sets if _rows(therapist, name)]
        changes = {name: value for name, value in changes.items() if name not in kept}
        sets = {name: value for name, value in sets.items() if name not in kept_sets}
        _note_kept(notes, [*_labels(therapist, kept), *_set_labels(kept_sets)])
    if changes:
        records.update(therapist=therapist, changes=changes, actor=actor, at=at)
    _save_rows(therapist, sets, at)
    return bool(changes or sets)


def differences(therapist: Therapist, data: Mapping[str, Any], around: Mapping[str, Any]) -> list[str]:
    """Names, for people, of what the row says differently."""
    names = [name for name, value in data.items() if _differs(therapist, name, value)]
    sets = [name for name, value in around.items() if _rows(therapist, name) != value]
    return [*_labels(therapist, names), *_set_labels(sets)]


def complete_practice(
    practice: Practice,
    given: Mapping[str, Any],
    *,
    actor: Any,
    at: datetime,
    settled: dict[tuple[int, str], Any],
    notes: list[str],
) -> bool:
    """Save what differs; tells whether anything did.

    `settled` holds what earlier rows of the run said of a practice: where two rows disagree the first one
    counts, so that a second run does not turn the values back and forth.
    """
    changes = {
        name: value for name, value in _place_once(practice, given).items() if _differs(practice, name, value)
    }
    kept = [name for name in changes if (practice.pk, name) in settled]
    if changes and practice.therapists.filter(review_status=ReviewStatus.VERIFIED).exists():
        kept += [name for name in changes if name not in kept and not _is_blank(practice, name)]
    changes = {name: value for name, value in changes.items() if name not in kept}
    if changes.keys() & set(PLACE):
        changes |= {
            name: given[name] for name in PLACE
        }  # without its precision a point counts as set by hand
    _note_kept(notes, _labels(practice, [name for name in kept if name not in PLACE]))
    for name, value in given.items():
        settled.setdefault((practice.pk, name), value)
    if changes:
        records.update_practice(practice=practice, changes=changes, actor=actor, at=at)
    return bool(changes)


def _place_once(practice: Practice, given: Mapping[str, Any]) -> dict[str, Any]:
    """A point set by hand stays; the three columns of a point are taken together."""
    if practice.precision == Precision.MANUAL:
        return {name: value for name, value in given.items() if name not in PLACE}
    return dict(given)


def _differs(row: models.Model, name: str, value: Any) -> bool:
    """An empty value never replaces a known one; the order of a list does not count."""
    known = getattr(row, name)
    if value == UNKNOWN.get(name, ""):
        return False
    return set(known) != set(value) if isinstance(value, list) else bool(known != value)


def _is_blank(row: models.Model, name: str) -> bool:
    known = getattr(row, name)
    if name in PLACE:
        return row.precision not in (Precision.HOUSE, Precision.STREET)  # type: ignore[attr-defined]
    return known in ("", None, []) or known == UNKNOWN.get(name)


def _rows(therapist: Therapist, name: str) -> list[Any]:
    if name == "approvals":
        return sorted((row.method, row.age_group, row.setting) for row in therapist.approvals.all())
    kind = HoursKind(name.removesuffix("_hours"))
    return sorted(row.interval for row in therapist.hours.all() if row.kind == kind)


def _save_rows(therapist: Therapist, sets: Mapping[str, Any], at: datetime) -> None:
    for name, value in sets.items():
        if name == "approvals":
            records.set_approvals(therapist=therapist, approvals=value, at=at)
        else:
            kind = HoursKind(name.removesuffix("_hours"))
            records.set_hours(therapist=therapist, kind=kind, intervals=value, at=at)


def _note_kept(notes: list[str], names: list[str]) -> None:
    if names:
        text = _("Another value is on record and was kept: %(names)s.")
        notes.append(text % {"names": ", ".join(names)})


def _labels(row: models.Model, names: list[str]) -> list[str]:
    return [str(row._meta.get_field(name).verbose_name) for name in names]  # type: ignore[union-attr]


def _set_labels(names: list[str]) -> list[str]:
    labels = {
        "approvals": _("approvals"),
        "phone_hours": _("phone hours"),
        "working_hours": _("working hours"),
    }
    return [labels[name] for name in names]
