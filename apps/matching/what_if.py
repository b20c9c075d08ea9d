"""What each relaxed wish would change, in words, and where it can be changed."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.enums import Language, Method, WishedGender
from apps.core.parameters import Parameters
from apps.core.templatetags.ui import labels
from apps.core.weekly import total_minutes
from apps.matching.engine.relaxation import EXTRA_KM
from apps.matching.engine.travel import MINUTES_PER_KM, TRAVEL_MODES
from apps.matching.wordings import RELAXATIONS
from apps.patients.enums import GroupWish
from apps.patients.models import Patient
from apps.patients.selectors import weekly_intervals


@dataclass(frozen=True)
class WhatIf:
    """A relaxed wish. `change` is "" where the patient has no such wish, `url` where no page changes it."""

    label: str | Promise
    change: str
    gain: int
    url: str


def what_ifs(*, gains: Mapping[str, int], patient: Patient, parameters: Parameters) -> list[WhatIf]:
    """All of them, those that bring most first. Wants the patient's weekly hours and exclusions at hand."""
    changes = _changes(patient, parameters)
    found = [
        WhatIf(RELAXATIONS[key], changes[key], gain, _url(key, patient) if changes[key] else "")
        for key, gain in gains.items()
    ]
    return sorted(found, key=lambda row: -row.gain)


def _changes(patient: Patient, parameters: Parameters) -> dict[str, str]:
    farther = {f"distance_plus_{extra}_km": _farther(extra, patient, parameters) for extra in EXTRA_KM}
    return farther | {
        "any_method": _instead(_("any"), labels(patient.wished_methods, Method)),
        "any_therapist_gender": _gender(patient),
        "group_also": _group(patient),
        "any_language": _instead(_("any"), labels(patient.languages, Language) or str(Language.DE.label)),
        "any_hours": _hours(patient),
        "no_exclusions": _exclusions(patient),
    }


def _instead(new: str, old: str) -> str:
    return _("%(new)s instead of %(old)s") % {"new": new, "old": old} if old else ""


def _farther(extra_km: int, patient: Patient, parameters: Parameters) -> str:
    """Kilometres widen a limit in minutes by the time they take, as the engine does."""
    kilometres, minutes = patient.max_distance_km, patient.max_travel_minutes
    if kilometres is None and minutes is None:
        kilometres = int(parameters.default_max_distance_km)
    found = []
    if kilometres is not None:
        new, old = kilometres + extra_km, kilometres
        found.append(_("up to %(new)s instead of %(old)s km") % {"new": new, "old": old})
    if minutes is not None:
        new = minutes + int(extra_km * MINUTES_PER_KM[TRAVEL_MODES.index(patient.travel_mode)])
        found.append(_("up to %(new)s instead of %(old)s minutes") % {"new": new, "old": minutes})
    return ", ".join(found)


def _gender(patient: Patient) -> str:
    if patient.wished_gender == WishedGender.ANY:
        return ""
    return _instead(str(WishedGender.ANY.label), patient.get_wished_gender_display())


def _group(patient: Patient) -> str:
    if patient.group_wish == GroupWish.ALSO:
        return ""
    return _instead(str(GroupWish.ALSO.label), patient.get_group_wish_display())


def _hours(patient: Patient) -> str:
    intervals = weekly_intervals(patient=patient)
    if not intervals:
        return ""
    hours = total_minutes(intervals) // 60
    old = ngettext("%(hours)s hour a week", "%(hours)s hours a week", hours) % {"hours": hours}
    return _instead(_("any"), old)


def _exclusions(patient: Patient) -> str:
    count = len(patient.exclusions.all())
    if not count:
        return ""
    text = ngettext("%(count)s therapist is excluded now", "%(count)s therapists are excluded now", count)
    return text % {"count": count}


def _url(key: str, patient: Patient) -> str:
    """The form of the patient's wishes, at the field in question. Exclusions have no form: they are facts."""
    if key == "no_exclusions":
        return ""
    if key == "any_hours":
        return reverse("patients:availability", args=[patient.pk])
    return f"{reverse('patients:edit', args=[patient.pk])}#div_id_{_field(key, patient)}"


def _field(key: str, patient: Patient) -> str:
    if key.startswith("distance"):
        has_minutes_only = patient.max_distance_km is None and patient.max_travel_minutes is not None
        return "max_travel_minutes" if has_minutes_only else "max_distance_km"
    return _FIELDS[key]


_FIELDS = {
    "any_method": "wished_methods",
    "any_therapist_gender": "wished_gender",
    "group_also": "group_wish",
    "any_language": "languages",
}
