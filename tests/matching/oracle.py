"""The matching rules once more, in plain Python on single records: slow, naive, independent of the engine."""

import math
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from string import ascii_uppercase

from apps.matching.engine.hours import Interval
from apps.matching.engine.records import Parameters, SearchRecord, TherapistRecord

EARTH_RADIUS_KM = 6371.0088
MARKS = "GVZA+*!†.-"
TRAVEL = {"car": (5.0, 1.95), "public_transport": (12.0, 3.5), "bicycle": (2.0, 5.0), "foot": (0.0, 15.0)}
Hours = tuple[Interval, ...] | None


@dataclass(frozen=True)
class Verdict:
    failures: frozenset[str]
    distance_km: float | None
    travel_minutes: int | None
    common_minutes: int | None
    longest_common_minutes: int | None


def judge(
    search: SearchRecord,
    therapist: TherapistRecord,
    everybody: list[TherapistRecord],
    parameters: Parameters,
    today: date,
) -> Verdict:
    distance, minutes = location(search, therapist)
    total, longest = common_time(search.availability, therapist.working_hours)
    failures = (
        location_failures(search, distance, minutes, parameters)
        | contact_failures(therapist, everybody, parameters, today)
        | patient_choice_failures(search, therapist)
        | insurance_failures(search, therapist)
        | approval_failures(search, therapist, today)
        | gender_failures(search, therapist)
        | therapist_wish_failures(search, therapist, today)
        | language_failures(search, therapist)
    )
    if longest is not None and longest < parameters.least_common_minutes:
        failures |= {"no_common_time"}
    return Verdict(frozenset(failures), distance, minutes, total, longest)


def location(search: SearchRecord, therapist: TherapistRecord) -> tuple[float | None, int | None]:
    places = (search.latitude, search.longitude, therapist.latitude, therapist.longitude)
    if any(value is None for value in places):
        return None, None
    lat1, lon1, lat2, lon2 = (math.radians(value) for value in places)
    half = math.sin((lat2 - lat1) / 2) ** 2
    half += math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    distance = round(2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, half))), 3)
    for point, minutes in search.measured:
        if point == point_of(therapist):
            return distance, minutes
    overhead, per_km = TRAVEL[search.travel_mode]
    return distance, math.ceil(overhead + per_km * distance)


def point_of(therapist: TherapistRecord) -> int:
    assert therapist.latitude is not None and therapist.longitude is not None
    north, east = round((therapist.latitude + 90) * 10_000), round((therapist.longitude + 180) * 10_000)
    return north * 10_000_000 + east


def closeness(search: SearchRecord, therapist: TherapistRecord, parameters: Parameters) -> float:
    """How much of the tighter limit is left, 0 to 1; for places that are known."""
    distance, minutes = location(search, therapist)
    assert distance is not None and minutes is not None
    kilometres, longest = search.max_distance_km, search.max_travel_minutes
    if kilometres is None and longest is None:
        kilometres = parameters.default_max_distance_km
    used = [distance / max(kilometres, 1e-9)] if kilometres is not None else []
    used += [minutes / max(longest, 1e-9)] if longest is not None else []
    return min(max(1 - max(used), 0.0), 1.0)


def location_failures(
    search: SearchRecord, distance: float | None, minutes: int | None, parameters: Parameters
) -> set[str]:
    if distance is None or minutes is None:
        return {"location_unknown"}
    longest = search.max_distance_km
    if longest is None and search.max_travel_minutes is None:
        longest = parameters.default_max_distance_km
    if longest is not None and distance > longest:
        return {"too_far"}
    if search.max_travel_minutes is not None and minutes > search.max_travel_minutes:
        return {"too_far"}
    return set()


def contact_failures(
    therapist: TherapistRecord, everybody: list[TherapistRecord], parameters: Parameters, today: date
) -> set[str]:
    failures = set()
    if not therapist.is_active:
        failures.add("therapist_inactive")
    if therapist.is_blocked:
        failures.add("therapist_blocked")
    if not therapist.is_verified:
        failures.add("not_reviewed")
    if therapist.do_not_contact:
        failures.add("do_not_contact")
    for colleague in everybody:
        if colleague.contact_group == therapist.contact_group:
            failures |= group_failures(colleague, parameters, today)
    return failures


def group_failures(colleague: TherapistRecord, parameters: Parameters, today: date) -> set[str]:
    failures = set()
    if colleague.paused_until is not None and today <= colleague.paused_until:
        failures.add("contact_pause")
    last = colleague.last_contact_on
    if last is not None and (today - last).days < parameters.contact_interval_days:
        failures.add("contacted_recently")
    if colleague.has_open_inquiry:
        failures.add("open_inquiry")
    return failures


def patient_choice_failures(search: SearchRecord, therapist: TherapistRecord) -> set[str]:
    failures = set()
    if therapist.id in search.excluded_therapists:
        failures.add("excluded_by_patient")
    if therapist.id in search.locked_therapists:
        failures.add("locked_after_rejection")
    return failures


def insurance_failures(search: SearchRecord, therapist: TherapistRecord) -> set[str]:
    failures = set()
    if search.insurance == "gkv" and not search.is_kostenerstattung:
        if not therapist.has_seat:
            failures.add("no_seat")
        return failures
    if search.insurance == "gkv" and therapist.has_seat:
        failures.add("private_wanted")
    if not therapist.is_licensed:
        failures.add("not_licensed")
    return failures


def age_on(birth_date: date | None, today: date) -> int | None:
    if birth_date is None or birth_date > today:
        return None
    years = today.year - birth_date.year
    if (today.month, today.day) < (birth_date.month, birth_date.day):
        years -= 1
    return years


def approval_failures(search: SearchRecord, therapist: TherapistRecord, today: date) -> set[str]:
    failures = set()
    if therapist.prefers_group and search.group_wish == "no":
        failures.add("group_only")
    age = age_on(search.birth_date, today)
    if age is None:
        return failures | {"age_unknown"}
    groups = ["minors"] if age < 18 else ["minors", "adults"] if age < 21 else ["adults"]
    rows = [row for row in therapist.approvals if row[1] in groups]
    if not rows:
        return failures | {"age_not_treated"}
    rows = [row for row in rows if not search.wished_methods or row[0] in search.wished_methods]
    if not rows:
        return failures | {"method_not_offered"}
    settings = {"no": ["individual"], "also": ["individual", "group"], "only": ["group"]}[search.group_wish]
    if not any(row[2] in settings for row in rows):
        failures.add("setting_not_offered")
    return failures


def gender_failures(search: SearchRecord, therapist: TherapistRecord) -> set[str]:
    failures = set()
    if search.wished_gender != "any":
        if therapist.gender == "unknown":
            failures.add("therapist_gender_unknown")
        elif therapist.gender != search.wished_gender:
            failures.add("therapist_gender")
    if therapist.wished_gender != "any" and therapist.wished_gender != search.gender:
        failures.add("patient_gender")
    return failures


def therapist_wish_failures(search: SearchRecord, therapist: TherapistRecord, today: date) -> set[str]:
    failures = set()
    age = age_on(search.birth_date, today)
    if age is not None:
        if therapist.wished_age_from and age < therapist.wished_age_from:
            failures.add("patient_age_range")
        if therapist.wished_age_to and age > therapist.wished_age_to:
            failures.add("patient_age_range")
    wishes = [code for code in therapist.wished_diagnoses if code.strip()]
    if wishes:
        diagnosed = leaves(search.diagnosis or "")
        if not diagnosed:
            failures.add("diagnosis_unknown")
        elif not any(leaves(wish) & diagnosed for wish in wishes):
            failures.add("diagnosis_not_wished")
    return failures


@cache
def leaves(code: str) -> frozenset[str]:
    """Spell out every five-character code below a code or block; empty for what is no code."""
    text = "".join(character for character in code.upper() if not character.isspace()).replace("–", "-")
    first, _, last = text.partition("-")
    first, last = first[:1] + first[1:].rstrip(MARKS), last.rstrip(MARKS)
    if not last:
        return _below(first)
    lowest, highest = _below(first), _below(first[:1] + last if last[0].isdigit() else last)
    if not lowest or not highest:
        return frozenset()
    first_leaf, last_leaf = min(lowest), max(highest)
    return frozenset(leaf for leaf in _every_leaf() if first_leaf <= leaf <= last_leaf)


@cache
def _every_leaf() -> tuple[str, ...]:
    return tuple(f"{letter}{number:04d}" for letter in ascii_uppercase for number in range(10_000))


def _below(code: str) -> frozenset[str]:
    if not re.fullmatch(r"[A-Z]([0-9]|[0-9]{2}(\.?[0-9]{1,2})?)?", code):
        return frozenset()
    stem = code.replace(".", "")
    missing = 5 - len(stem)
    tails = [""] if missing == 0 else [f"{number:0{missing}d}" for number in range(10**missing)]
    return frozenset(stem + tail for tail in tails)


def language_failures(search: SearchRecord, therapist: TherapistRecord) -> set[str]:
    understood, spoken = search.languages or {"de"}, therapist.languages or {"de"}
    return set() if set(understood) & set(spoken) else {"no_common_language"}


def common_time(availability: Hours, working_hours: Hours) -> tuple[int | None, int | None]:
    """Return (minutes in the week, longest stretch) by walking through every minute; None where unknown."""
    left, right = _minutes(availability), _minutes(working_hours)
    if not left or not right:
        return None, None
    longest = stretch = 0
    shared = left & right
    for weekday, minute in sorted(shared):
        stretch = stretch + 1 if minute > 0 and (weekday, minute - 1) in shared else 1
        longest = max(longest, stretch)
    return len(shared), longest


def _minutes(intervals: Hours) -> set[tuple[int, int]]:
    return {(i.weekday, minute) for i in intervals or () for minute in range(i.start, i.end)}


def acceptance(
    search: SearchRecord, therapist: TherapistRecord, parameters: Parameters, today: date | None
) -> float:
    """The chance that the therapist says yes to this search; without `today` the last contact is ignored."""
    model = parameters.acceptance
    average = model.overall_rate if model.overall_rate is not None else parameters.prior_acceptance
    strength = model.therapist_strength or parameters.smoothing_strength
    base = average
    for region, rate in model.region_rates:
        if therapist.region.isdigit() and int(therapist.region) == region:
            base = rate
    for practice, rate in model.practice_rates:
        if therapist.practice == practice:
            base = rate
    rate = (therapist.accepted_count + strength * base) / (therapist.asked_count + strength)
    line = math.log(model.level_odds) + _logit(average)
    line += model.history_power * (_logit(rate) - _logit(average))
    line += sum(math.log(factor) for factor in _sign_factors(search, therapist, parameters, today))
    return 1 / (1 + math.exp(-line))


def _sign_factors(
    search: SearchRecord, therapist: TherapistRecord, parameters: Parameters, today: date | None
) -> list[float]:
    model, factors = parameters.acceptance, []
    dates = {
        "no": [therapist.free_individual_from],
        "also": [therapist.free_individual_from, therapist.free_group_from],
        "only": [therapist.free_group_from],
    }
    if any(dates[search.group_wish]):
        factors.append(model.free_place_odds)
    elif therapist.possibly_has_places:
        factors.append(model.possible_place_odds)
    if therapist.knows_agency:
        factors.append(model.knows_agency_odds)
    if today is not None and therapist.last_contact_on is not None:
        days = (today - therapist.last_contact_on).days
        if days <= 30:
            factors.append(model.recent_contact_odds)
        elif days <= 90:
            factors.append(model.former_contact_odds)
    return factors


def _logit(rate: float) -> float:
    rate = min(max(rate, 0.001), 0.99)
    return math.log(rate / (1 - rate))
