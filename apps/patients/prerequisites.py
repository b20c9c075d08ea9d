"""What must be there before a search begins, and what a coordinator should know. Pure: no query, no clock."""

import calendar
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from apps.core import icd
from apps.geocoding.regions import is_plausible
from apps.patients.enums import InsuranceKind, Purpose
from apps.patients.models import Patient
from apps.patients.normalise import MOST_SYMPTOMS

OF_AGE = 18
NEEDED_CONSENTS = (Purpose.HEALTH_DATA, Purpose.PSEUDONYMOUS)
USEFUL_CONSENTS = (Purpose.IDENTITY, Purpose.EMAIL)

Page = Literal["edit", "consents", "availability"]


@dataclass(frozen=True)
class Prerequisite:
    """One line of the checklist. `page` and `field` say where it is mended; warnings do not block."""

    code: str
    label: str | Promise
    is_blocking: bool = True
    is_met: bool = False
    page: Page = "edit"
    field: str = ""


@dataclass(frozen=True)
class Facts:
    """A patient with what lies in other tables. `minutes` is the weekly availability."""

    patient: Patient
    today: date
    consents: Collection[str]
    minutes: int
    least_weekly_hours: float
    window_months: int


def age_on(birth_date: date | None, today: date) -> int | None:
    """Full years; somebody born on 29 February has the birthday on 1 March in other years."""
    if birth_date is None:
        return None
    had_birthday = (today.month, today.day) >= (birth_date.month, birth_date.day)
    return today.year - birth_date.year - (not had_birthday)


def add_months(day: date, months: int) -> date:
    """31 January + 1 month is the last day of February."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def is_within_two_years(patient: Patient, today: date, months: int) -> bool:
    """Whether the previous therapy ended inside the window: the insurer then asks a reviewer."""
    last = patient.previous_therapy_last_session_on
    if patient.has_previous_therapy is False or last is None:
        return False
    return today <= add_months(last, months)


def check(facts: Facts) -> list[Prerequisite]:
    """The whole checklist: every prerequisite, met or not, then the warnings that apply."""
    return [*_process(facts.patient), *_consents(facts), *_person(facts.patient), *_warnings(facts)]


def _process(patient: Patient) -> Iterator[Prerequisite]:
    statutory = (
        ("sprechstunde", _("Sprechstunde held"), "sprechstunde_on"),
        ("ptv11", _("PTV 11 with date"), "ptv11_on"),
    )
    for code, label, field in (
        ("contracts", _("contracts signed"), "contracts_signed_on"),
        # Sprechstunde and PTV 11 belong to statutory insurance (Psychotherapie-Richtlinie); until the kind is
        # known they are asked for.
        *(statutory if patient.insurance_kind in ("", InsuranceKind.STATUTORY) else ()),
        ("payment", _("payment received"), "payment_received_on"),
    ):
        yield Prerequisite(code, label, is_met=getattr(patient, field) is not None, field=field)


def _consents(facts: Facts) -> Iterator[Prerequisite]:
    for purpose in NEEDED_CONSENTS:
        label = format_lazy("{}: {}", _("consent"), purpose.label)
        yield Prerequisite(
            f"consent_{purpose}", label, is_met=purpose in facts.consents, page="consents", field="purpose"
        )


def _person(patient: Patient) -> Iterator[Prerequisite]:
    yield Prerequisite(
        "birth_date", _("date of birth"), is_met=patient.birth_date is not None, field="birth_date"
    )
    yield Prerequisite(
        "insurance", _("kind of insurance"), is_met=bool(patient.insurance_kind), field="insurance_kind"
    )
    if patient.insurance_kind == InsuranceKind.STATUTORY:
        yield Prerequisite("insurer", _("insurer"), is_met=patient.insurer_id is not None, field="insurer")
    has_place = bool(patient.plz) and patient.latitude is not None
    yield Prerequisite("place", _("PLZ of a known place"), is_met=has_place, field="plz")
    has_diagnosis = icd.normalise_diagnosis(patient.diagnosis or "") is not None
    yield Prerequisite("diagnosis", _("diagnosis"), is_met=has_diagnosis, field="diagnosis")
    has_symptoms = 1 <= len(patient.symptoms or []) <= MOST_SYMPTOMS
    yield Prerequisite("symptoms", _("one to three symptoms"), is_met=has_symptoms, field="symptoms")
    is_known = patient.is_availability_known
    yield Prerequisite("availability", _("weekly availability"), is_met=is_known, page="availability")


def _warnings(facts: Facts) -> Iterator[Prerequisite]:
    yield from _warn_hours(facts)
    yield from _warn_contact(facts)
    yield from _warn_person(facts)
    yield from _warn_previous_therapy(facts)


def _warn_hours(facts: Facts) -> Iterator[Prerequisite]:
    if facts.patient.is_availability_known and facts.minutes < facts.least_weekly_hours * 60:
        label = format_lazy(_("less than {hours} hours a week"), hours=facts.least_weekly_hours)
        yield Prerequisite("few_hours", label, is_blocking=False, page="availability")


def _warn_contact(facts: Facts) -> Iterator[Prerequisite]:
    if not facts.patient.email and not facts.patient.phone:
        yield Prerequisite("unreachable", _("neither e-mail nor phone"), is_blocking=False, field="email")
    for purpose in USEFUL_CONSENTS:
        if purpose not in facts.consents:
            label = format_lazy("{}: {}", _("no consent"), purpose.label)
            yield Prerequisite(
                f"consent_{purpose}", label, is_blocking=False, page="consents", field="purpose"
            )


def _warn_person(facts: Facts) -> Iterator[Prerequisite]:
    age = age_on(facts.patient.birth_date, facts.today)
    if age is not None and age < OF_AGE:
        label = _("under 18: the guardians must agree")
        yield Prerequisite("under_age", label, is_blocking=False, field="birth_date")
    if _is_place_doubtful(facts.patient):
        label = _("the place on the map does not fit the PLZ")
        yield Prerequisite("place_doubtful", label, is_blocking=False, field="plz")


def _is_place_doubtful(patient: Patient) -> bool:
    """A point set by hand stays when the patient moves."""
    if not patient.plz or patient.latitude is None or patient.longitude is None:
        return False
    return not is_plausible(patient.plz, latitude=patient.latitude, longitude=patient.longitude)


def _warn_previous_therapy(facts: Facts) -> Iterator[Prerequisite]:
    field = "previous_therapy_last_session_on"
    if is_within_two_years(facts.patient, facts.today, facts.window_months):
        label = format_lazy(
            _("previous therapy within {months} months: the insurer asks a reviewer"),
            months=facts.window_months,
        )
        yield Prerequisite("two_years", label, is_blocking=False, field=field)
    elif facts.patient.has_previous_therapy and facts.patient.previous_therapy_last_session_on is None:
        label = _("previous therapy: day of the last session unknown")
        yield Prerequisite("two_years_unknown", label, is_blocking=False, field=field)
