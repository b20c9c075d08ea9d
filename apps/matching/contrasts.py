"""Why a pair does not fit, with the fact on either side: "treats adults; the patient is 15"."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.enums import Language, Method
from apps.core.parameters import Parameters
from apps.core.templatetags.ui import labels
from apps.matching.engine.reasons import Reason
from apps.matching.models import PlacementSearch
from apps.matching.phrases import REASONS
from apps.matching.selectors.candidates import Judgement
from apps.patients.enums import GroupWish
from apps.patients.models import Patient
from apps.patients.selectors import age_on
from apps.therapists.enums import AgeGroup, Setting
from apps.therapists.models import Approval, Therapist
from apps.therapists.selectors import paused_until

ADULT, GROWN_UP = 18, 21  # from 18 both kinds of approval, from 21 that for adults only


@dataclass(frozen=True)
class Pair:
    """Needs the therapist's approvals at hand.

    `exclusion` is why the patient has excluded the therapist. Without `is_diagnosis_shown` the patient's
    diagnosis is not read: a page about several patients does not show it.
    """

    search: PlacementSearch
    therapist: Therapist
    day: date
    parameters: Parameters
    distance_km: float | None
    longest_common_minutes: int | None
    exclusion: str = ""
    is_diagnosis_shown: bool = False
    setting: str = ""  # of the place in question; "" where any will do
    measured_minutes: float | None = None  # by a route planner, not estimated
    has_no_way: bool = False  # so says the route planner

    @property
    def patient(self) -> Patient:
        return self.search.patient

    @property
    def age(self) -> int | None:
        return age_on(self.patient.birth_date, self.day)

    @property
    def approvals(self) -> list[Approval]:
        """Those for the setting of the place."""
        return [row for row in self.therapist.approvals.all() if self.setting in ("", row.setting)]


def pair_of(
    search: PlacementSearch,
    judgement: Judgement,
    day: date,
    parameters: Parameters,
    *,
    is_diagnosis_shown: bool = True,
) -> Pair:
    """Of a search, with its patient's exclusions at hand, and what is thought of one therapist."""
    return Pair(
        search=search,
        therapist=judgement.therapist,
        day=day,
        parameters=parameters,
        distance_km=judgement.distance_km,
        longest_common_minutes=judgement.longest_common_minutes,
        measured_minutes=judgement.travel_minutes if judgement.is_travel_measured else None,
        has_no_way=judgement.has_no_way,
        exclusion=_why_excluded(search, judgement.therapist),
        is_diagnosis_shown=is_diagnosis_shown,
    )


def _why_excluded(search: PlacementSearch, therapist: Therapist) -> str:
    found = [row for row in search.patient.exclusions.all() if row.therapist_id == therapist.pk]
    return ": ".join(str(text) for row in found for text in (row.get_source_display(), row.reason) if text)


@dataclass(frozen=True)
class Contrast:
    """A failed rule in words; `facts` is "" where the sentence says it all."""

    sentence: str | Promise
    facts: str


def contrasts(reasons: Iterable[Reason], pair: Pair) -> list[Contrast]:
    return [Contrast(REASONS[reason], _facts(reason, pair)) for reason in reasons]


def _facts(reason: Reason, pair: Pair) -> str:
    told = FACTS.get(reason)
    return told(pair) if told else ""


def _location(pair: Pair) -> str:
    is_known = pair.patient.latitude is not None
    return _("the practice's place is missing") if is_known else _("the patient's place is missing")


def _distance(pair: Pair) -> str:
    if pair.distance_km is None:
        return ""
    patient = pair.patient
    kilometres, minutes = patient.max_distance_km, patient.max_travel_minutes
    if kilometres is None and minutes is None:
        kilometres = int(pair.parameters.default_max_distance_km)
    limits = [f"{kilometres} km"] if kilometres is not None else []
    if minutes is not None:
        limits.append(_("%(minutes)s minutes") % {"minutes": minutes})
    return _way(pair) % {
        "way": number_format(pair.distance_km, decimal_pos=1),
        "minutes": number_format(pair.measured_minutes or 0, decimal_pos=0),
        "limit": " / ".join(limits),
    }


def _way(pair: Pair) -> str:
    if pair.has_no_way:
        return _("%(way)s km, but the route planner finds no way")
    if pair.measured_minutes is not None:
        return _("%(way)s km, %(minutes)s minutes; the patient goes up to %(limit)s")
    return _("%(way)s km; the patient goes up to %(limit)s")


def _blocked(pair: Pair) -> str:
    until = pair.therapist.blocked_until
    since = _day(pair.therapist.blocked_since)
    text = _("since %(since)s until %(until)s") if until else _("since %(since)s")
    return ": ".join([text % {"since": since, "until": _day(until)}, pair.therapist.blocked_reason])


def _objected(pair: Pair) -> str:
    return _("since %(since)s") % {"since": _day(pair.therapist.do_not_contact_since)}


def _pause(pair: Pair) -> str:
    until = paused_until(pair.therapist, pair.day)
    return _("until %(until)s") % {"until": _day(until)} if until else ""


def _recently(pair: Pair) -> str:
    days = pair.parameters.contact_interval_days
    text = ngettext("at most one contact in %(days)s day", "at most one contact in %(days)s days", days)
    return text % {"days": days}


def _exclusion(pair: Pair) -> str:
    return pair.exclusion


def _seat(pair: Pair) -> str:
    seat, insurance = pair.therapist.get_seat_display(), pair.patient.get_insurance_kind_display()
    if not insurance:
        return _("therapist: %(seat)s") % {"seat": seat}
    return _("therapist: %(seat)s; patient: %(insurance)s") % {"seat": seat, "insurance": insurance}


def _private(pair: Pair) -> str:
    return _("therapist: %(seat)s") % {"seat": pair.therapist.get_seat_display()}


def _treated(pair: Pair) -> str:
    if not pair.approvals:
        return _("no approval is recorded")
    whom = sorted({AgeGroup(row.age_group).label for row in pair.approvals}, key=str)
    return _("treats %(whom)s; the patient is %(age)s") % {"whom": _listed(whom), "age": pair.age}


def _method(pair: Pair) -> str:
    offered = labels(sorted({row.method for row in _of_age(pair)}), Method)
    wished = labels(pair.patient.wished_methods, Method)
    return _("offers %(offered)s; wished: %(wished)s") % {"offered": offered, "wished": wished}


def _setting(pair: Pair) -> str:
    offered = _listed(sorted({Setting(row.setting).label for row in _of_age(pair)}, key=str))
    offered = str(Setting(pair.setting).label) if pair.setting else offered
    wish = pair.patient.get_group_wish_display()
    return _("offers %(offered)s; wished: %(wished)s") % {"offered": offered, "wished": wish}


def _group_only(pair: Pair) -> str:
    return _("the patient: %(wish)s") % {"wish": GroupWish(pair.patient.group_wish).label}


def _gender(pair: Pair) -> str:
    is_now, wish = pair.therapist.get_gender_display(), pair.patient.get_wished_gender_display()
    return _("therapist: %(gender)s; wished: %(wish)s") % {"gender": is_now, "wish": wish}


def _patient_gender(pair: Pair) -> str:
    wish, is_now = pair.therapist.get_wished_gender_display(), pair.patient.get_gender_display()
    return _("wished: %(wish)s; patient: %(gender)s") % {"wish": wish, "gender": is_now}


def _age_range(pair: Pair) -> str:
    first, last = pair.therapist.wished_age_from, pair.therapist.wished_age_to
    values = {"first": first, "last": last, "age": pair.age}
    if not last:
        return _("takes patients from %(first)s; the patient is %(age)s") % values
    if not first:
        return _("takes patients up to %(last)s; the patient is %(age)s") % values
    return _("takes patients from %(first)s to %(last)s; the patient is %(age)s") % values


def _wished_diagnoses(pair: Pair) -> str:
    return _("takes %(codes)s") % {"codes": ", ".join(pair.therapist.wished_diagnoses)}


def _diagnosis(pair: Pair) -> str:
    if not pair.is_diagnosis_shown:
        return _wished_diagnoses(pair)
    codes = ", ".join(pair.therapist.wished_diagnoses)
    values = {"codes": codes, "diagnosis": pair.patient.diagnosis}
    return _("takes %(codes)s; the patient has %(diagnosis)s") % values


def _languages(pair: Pair) -> str:
    german = [Language.DE]
    values = {
        "theirs": labels(pair.therapist.languages or german, Language),
        "patient": labels(pair.patient.languages or german, Language),
    }
    return _("therapist: %(theirs)s; patient: %(patient)s") % values


def _hours(pair: Pair) -> str:
    least, longest = pair.parameters.least_common_minutes, pair.longest_common_minutes
    if longest is None:
        return ""
    values = {"longest": longest, "least": least}
    return _("at most %(longest)s min in one piece; %(least)s are needed") % values


def _of_age(pair: Pair) -> list[Approval]:
    groups = {AgeGroup.MINORS.value} if (pair.age or 0) < GROWN_UP else set()
    groups |= {AgeGroup.ADULTS.value} if (pair.age or 0) >= ADULT else set()
    return [row for row in pair.approvals if row.age_group in groups]


def _listed(words: Iterable[str | Promise]) -> str:
    return ", ".join(str(word) for word in words)


def _day(day: date | None) -> str:
    return date_format(day, "SHORT_DATE_FORMAT") if day else ""


FACTS: dict[Reason, Callable[[Pair], str]] = {
    Reason.LOCATION_UNKNOWN: _location,
    Reason.TOO_FAR: _distance,
    Reason.THERAPIST_BLOCKED: _blocked,
    Reason.DO_NOT_CONTACT: _objected,
    Reason.CONTACT_PAUSE: _pause,
    Reason.CONTACTED_RECENTLY: _recently,
    Reason.EXCLUDED_BY_PATIENT: _exclusion,
    Reason.NO_SEAT: _seat,
    Reason.PRIVATE_WANTED: _private,
    Reason.AGE_NOT_TREATED: _treated,
    Reason.METHOD_NOT_OFFERED: _method,
    Reason.SETTING_NOT_OFFERED: _setting,
    Reason.GROUP_ONLY: _group_only,
    Reason.THERAPIST_GENDER_UNKNOWN: _gender,
    Reason.THERAPIST_GENDER: _gender,
    Reason.PATIENT_GENDER: _patient_gender,
    Reason.PATIENT_AGE_RANGE: _age_range,
    Reason.DIAGNOSIS_UNKNOWN: _wished_diagnoses,
    Reason.DIAGNOSIS_NOT_WISHED: _diagnosis,
    Reason.NO_COMMON_LANGUAGE: _languages,
    Reason.NO_COMMON_TIME: _hours,
}
