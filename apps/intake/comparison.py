"""A registration beside the record of a patient: what differs, and which value is taken unless somebody
chooses otherwise: something over nothing, otherwise what is on record."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from apps.core.enums import MergeKind
from apps.core.merging import kinds, sides
from apps.core.merging.kinds import Kind, Text
from apps.core.weekly import Interval
from apps.intake import reading
from apps.intake.enums import ProblemCode
from apps.intake.models import Registration
from apps.patients.models import Patient
from apps.patients.sections import FORM_FIELDS

PLACE = ("street", "plz", "city")  # where it lies is worked out anew
HOURS = "availability"
UNUSABLE = ProblemCode.UNUSABLE
NOTHING: tuple[Any, ...] = ("", None, [], "none", "not_stated", "any")


@dataclass(frozen=True)
class Difference:
    """`on_record` and `said` in words; `is_taken`: the registration's value is the better-known one."""

    key: str
    label: Text
    on_record: str
    said: str
    is_taken: bool


@dataclass(frozen=True)
class Comparison:
    differences: list[Difference]
    proposed: Patient
    hours: list[Interval]
    choices: dict[str, tuple[str, ...]]

    def changes(self, keys: set[str]) -> dict[str, Any]:
        """Field → value of what was chosen."""
        names = [name for key in keys for name in self.choices.get(key, ())]
        return {name: getattr(self.proposed, name) for name in names if name in FORM_FIELDS}


def compare(registration: Registration, patient: Patient, *, today: date) -> Comparison:
    """Only what the registration says something about and the record says otherwise."""
    proposed = reading.as_patient(reading.values(registration), today=today)
    hours = reading.hours(registration)
    kind = _kind()
    choices = {one.key: one.fields for one in kind.choices}
    unusable = {one["path"].rpartition(".")[2] for one in registration.problems if one["code"] == UNUSABLE}
    found = [
        _difference(line, is_usable=not unusable & {*choices[line.key]})
        for line in sides.lines(kind, patient, proposed)
        if line.kept != line.other and _says_something(proposed, choices[line.key])
    ]
    weeks = [row.interval for row in patient.availability.all()]
    if hours and hours != weeks:
        texts = sides.week_text(weeks), sides.week_text(hours)
        label = next(one.label for one in kinds.get(MergeKind.PATIENT).sets if one.key == HOURS)
        found.append(Difference(HOURS, label, *texts, is_taken=not weeks))
    return Comparison(found, proposed, hours, choices)


def _kind() -> Kind:
    """The patients' own, with nothing that only a saved record has."""
    own = kinds.get(MergeKind.PATIENT)
    choices = [replace(one, fields=PLACE) if one.key == "place" else one for one in own.choices]
    return replace(own, choices=choices, sets=[], hand_edited=_by_nobody)


def _says_something(proposed: Patient, names: tuple[str, ...]) -> bool:
    return any(getattr(proposed, name) not in NOTHING for name in names)


def _by_nobody(_record: Any) -> frozenset[str]:
    return frozenset()


def _difference(line: sides.Line, *, is_usable: bool) -> Difference:
    is_taken = line.chosen == sides.OTHER and is_usable
    return Difference(line.key, line.label, line.kept, line.other, is_taken=is_taken)
