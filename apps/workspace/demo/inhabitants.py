"""Fills an empty database with invented staff, practices, therapists and patients, through the services."""

import random
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from apps.accounts.enums import Role
from apps.accounts.models import User
from apps.accounts.services import create_staff
from apps.core.enums import Language
from apps.patients.enums import Purpose
from apps.patients.models import Insurer, Patient
from apps.patients.services import registration
from apps.therapists.models import Therapist
from apps.therapists.services import records, status
from apps.workspace.demo import people, practices, vignettes, weeks
from apps.workspace.demo.people import Address, Name, fresh, weighted

PASSWORD = "vermittlung-zum-ansehen"  # noqa: S105  (printed by the demo; protects invented people only)
REGION_SHARES = {"saxony": 0.4, "franconia": 0.3, "rhineland": 0.3}
CITY_SHARE = 0.72  # the rest lives and works in the towns around
CITIES = {
    "saxony": ("Leipzig", "Leipzig", "Dresden"),
    "franconia": ("Nürnberg", "Nürnberg", "Erlangen"),
    "rhineland": ("Köln", "Köln", "Bonn"),
}
THERAPISTS, PATIENTS = 405, 84
CASE_ONLY = {"vignette", "pattern", "previous_therapy_months_ago", "symptoms", "wished_methods", "languages"}


@dataclass
class Taken:
    """What must not be given twice."""

    emails: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)


def hire_staff() -> dict[str, User]:
    """One person per role; `anna` does the daily work."""
    people_of_the_agency = (
        ("anna", "Anna", "Lindner", Role.COORDINATOR),
        ("mehmet", "Mehmet", "Aydın", Role.COORDINATOR),
        ("leitung", "Katharina", "Vogt", Role.MANAGER),
        ("einsicht", "Paul", "Richter", Role.VIEWER),
    )
    return {
        username: create_staff(
            username=username,
            email=f"{username}@example.org",
            password=PASSWORD,
            first_name=first,
            last_name=last,
            roles=[role],
        )
        for username, first, last, role in people_of_the_agency
    }


def settle_therapists(rng: random.Random, *, actor: User, at: datetime, count: int = THERAPISTS) -> None:
    """Practices of one to four people; most records are reviewed, some therapists blocked or retired."""
    taken = Taken()
    settled = 0
    while settled < count:
        address = _address(rng)
        size = min(weighted(rng, (1, 2, 3, 4), (0.62, 0.22, 0.11, 0.05)), count - settled)
        settled += size
        _settle_practice(rng, address, size, taken, actor=actor, at=at)


def register_patients(
    rng: random.Random, *, actor: User, at: datetime, count: int = PATIENTS
) -> list[Patient]:
    """Patients of all ages; about one in ten still lacks something before a search may begin."""
    insurers = {insurer.name: insurer for insurer in Insurer.objects.all()}
    taken = Taken()
    return [_register(rng, insurers, taken, actor=actor, at=at) for _number in range(count)]


def _address(rng: random.Random) -> Address:
    region = weighted(rng, list(REGION_SHARES), list(REGION_SHARES.values()))
    city = rng.choice(CITIES[region]) if rng.random() < CITY_SHARE else None
    return people.random_address(rng, region, city)


def _settle_practice(
    rng: random.Random, address: Address, size: int, taken: Taken, *, actor: User, at: datetime
) -> None:
    is_for_minors = rng.random() < 0.18
    names = [_therapist_name(rng) for _person in range(size)]
    practice = _practice(rng, names[0], address, size, taken, is_for_minors=is_for_minors)
    for name in names:
        seat = weighted(rng, ("full", "half", "none"), (0.4, 0.48, 0.12))
        therapist = records.create(
            data=_therapist_data(rng, name, seat, at=at, is_for_minors=is_for_minors),
            practices=[practice],
            approvals=_approvals(rng, is_for_minors=is_for_minors),
            phone_hours=weeks.phone_hours(rng, seat),
            working_hours=weeks.working_hours(rng, seat) if rng.random() < 0.7 else None,
            actor=actor,
            at=at,
        )
        _give_status(rng, therapist, actor=actor, at=at)


def _therapist_name(rng: random.Random) -> Name:
    gender = weighted(rng, ("female", "male"), (0.74, 0.26))
    return people.random_name(rng, gender, rng.randrange(1956, 1992))


def _practice(
    rng: random.Random, name: Name, address: Address, size: int, taken: Taken, *, is_for_minors: bool
) -> dict[str, Any]:
    sort = "minors" if is_for_minors else "shared" if size > 1 else "single"
    practice_name = practices.random_practice_name(rng, sort=sort, name=name, address=address)
    has_email = rng.random() < 0.72
    return {
        "name": practice_name,
        "street": address.street,
        "plz": address.plz,
        "city": address.city,
        "state": address.state,
        "latitude": address.latitude,
        "longitude": address.longitude,
        "precision": "house",
        "phone": fresh(lambda: people.random_landline(rng, address.city), taken.phones),
        "fax": fresh(lambda: people.random_landline(rng, address.city), taken.phones)
        if rng.random() < 0.5
        else "",
        "email": fresh(lambda: practices.random_practice_email(rng, name), taken.emails) if has_email else "",
        "website": practices.practice_website(practice_name) if rng.random() < 0.5 else "",
    }


def _therapist_data(
    rng: random.Random, name: Name, seat: str, *, at: datetime, is_for_minors: bool
) -> dict[str, Any]:
    offer = asdict(practices.random_offer(rng, is_for_minors=is_for_minors))
    offer["wished_diagnoses"] = list(offer["wished_diagnoses"])
    today = timezone.localdate(at)
    has_place = rng.random() < 0.1
    is_mail_permitted = rng.random() < 0.2
    if not has_place:
        offer["free_places_note"] = ""
    return {
        **offer,
        "salutation": {"female": "ms", "male": "mr"}[name.gender] if rng.random() < 0.96 else "none",
        "gender": name.gender if rng.random() < 0.96 else "unknown",
        "title": practices.random_title(rng),
        "first_name": name.first,
        "last_name": name.last,
        "seat": seat,
        "languages": _languages(name.languages),
        "free_individual_from": today + timedelta(days=rng.randrange(0, 120)) if has_place else None,
        "free_group_from": today + timedelta(days=rng.randrange(0, 90)) if rng.random() < 0.04 else None,
        "is_possibly_free": rng.random() < 0.12,
        "knows_agency": rng.random() < 0.3,
        "prefers_group": rng.random() < 0.015,
        "wished_gender": weighted(rng, ("any", "female", "male"), (0.95, 0.035, 0.015)),
        "email_permission_since": today - timedelta(days=200) if is_mail_permitted else None,
        "email_permission_how": "oral" if is_mail_permitted else "",
    }


def _languages(languages: tuple[str, ...]) -> list[str]:
    return sorted({"de", *(code for code in languages if code in Language.values)})


def _approvals(rng: random.Random, *, is_for_minors: bool) -> list[tuple[str, str, str]]:
    methods: tuple[str, ...] = weighted(
        rng, (("VT",), ("TP",), ("TP", "AP"), ("AP",), ("ST",)), (0.5, 0.3, 0.1, 0.04, 0.06)
    )
    ages = ("minors",) if is_for_minors else ("adults",) if rng.random() < 0.93 else ("adults", "minors")
    settings = ("individual", "group") if rng.random() < 0.2 else ("individual",)
    return [(method, age, setting) for method in methods for age in ages for setting in settings]


def _give_status(rng: random.Random, therapist: Therapist, *, actor: User, at: datetime) -> None:
    if rng.random() < 0.94:
        status.verify(therapist=therapist, actor=actor, at=at)
    fate = rng.random()
    today = timezone.localdate(at)
    if fate < 0.015:
        status.block(
            therapist=therapist,
            reason="Praxis bittet um Ruhe bis zum Quartalsende",
            until=today + timedelta(days=90),
            actor=actor,
            at=at,
        )
    elif fate < 0.03:
        status.deactivate(therapist=therapist, actor=actor, at=at, reason="Praxis aufgegeben")
    elif fate < 0.04:
        status.object_to_contact(
            therapist=therapist, on=today, actor=actor, at=at, reason="möchte keine Anfragen"
        )


def _register(
    rng: random.Random, insurers: dict[str, Insurer], taken: Taken, *, actor: User, at: datetime
) -> Patient:
    today = timezone.localdate(at)
    age = rng.randrange(7, 18) if rng.random() < 0.1 else min(18 + int(rng.expovariate(1 / 17)), 82)
    gender = weighted(rng, ("female", "male", "diverse", "not_stated"), (0.64, 0.32, 0.02, 0.02))
    name = people.random_name(rng, gender, today.year - age)
    case = vignettes.random_case(rng, age=age, name=name)
    is_complete = rng.random() < 0.9
    purposes = list(Purpose) if rng.random() < 0.9 else [Purpose.HEALTH_DATA, Purpose.PSEUDONYMOUS]
    return registration.register(
        data={
            **_identity(rng, name, gender, age, taken, today=today),
            **_insurance(rng, insurers),
            **_clinical(case, today),
            **_process(rng, today, is_complete=is_complete),
        },
        actor=actor,
        at=at,
        availability=weeks.availability(rng, case.pattern),
        consents=purposes,
        proof="Vertrag unterschrieben, Ablage Ordner 3",
    )


def _identity(
    rng: random.Random, name: Name, gender: str, age: int, taken: Taken, *, today: date
) -> dict[str, Any]:
    address = _address(rng)
    is_reachable_by_mobile = rng.random() < 0.8
    return {
        "salutation": {"female": "ms", "male": "mr"}.get(gender, "none") if age >= 16 else "none",
        "gender": gender,
        "first_name": name.first,
        "last_name": name.last,
        "street": address.street,
        "plz": address.plz,
        "city": address.city,
        "email": fresh(lambda: people.random_email(rng, name), taken.emails),
        "phone": people.random_mobile(rng)
        if is_reachable_by_mobile
        else people.random_landline(rng, address.city),
        "birth_date": people.random_birth_date(rng, age=age, today=today),
        "preferred_channel": weighted(rng, ("email", "phone", "post"), (0.7, 0.27, 0.03)),
        "latitude": address.latitude,
        "longitude": address.longitude,
        "precision": "street",
        "travel_mode": weighted(rng, ("car", "public_transport", "bicycle", "foot"), (0.45, 0.4, 0.12, 0.03)),
        "max_distance_km": rng.choice((10, 15, 15, 20, 20, 25, 30, 40)),
        "max_travel_minutes": rng.choice((None, None, None, 45, 60)),
    }


def _insurance(rng: random.Random, insurers: dict[str, Insurer]) -> dict[str, Any]:
    kind = weighted(rng, ("gkv", "pkv", "beihilfe", "self_payer"), (0.87, 0.07, 0.04, 0.02))
    insurer = people.random_insurer(rng, kind)
    return {
        "insurance_kind": kind,
        "insurer": insurers.get(insurer) if insurer else None,
        "kvnr": people.random_kvnr(rng) if kind == "gkv" else "",
        "gp_name": f"Praxis {people.random_name(rng, 'female', 1970).last}" if rng.random() < 0.8 else "",
    }


def _clinical(case: vignettes.Case, today: date) -> dict[str, Any]:
    values = {name: value for name, value in asdict(case).items() if name not in CASE_ONLY}
    months = case.previous_therapy_months_ago
    return {
        **values,
        "symptoms": list(case.symptoms),
        "wished_methods": list(case.wished_methods),
        "languages": _wished_languages(case.languages),
        "previous_therapy_last_session_on": today - timedelta(days=30 * months) if months else None,
    }


def _wished_languages(languages: tuple[str, ...]) -> list[str]:
    return [code for code in languages if code in Language.values]


def _process(rng: random.Random, today: date, *, is_complete: bool) -> dict[str, Any]:
    signed_on = today - timedelta(days=rng.randrange(3, 30))
    paid_on = signed_on + timedelta(days=rng.randrange(0, 3))
    return {
        "contracts_signed_on": signed_on,
        "sprechstunde_on": signed_on - timedelta(days=rng.randrange(5, 60)),
        "ptv11_on": signed_on - timedelta(days=rng.randrange(0, 5)),
        "referral_code": people.random_referral_code(rng) if rng.random() < 0.6 else "",
        "payment_reference": f"PV-{rng.randrange(10_000, 99_999)}",
        "payment_received_on": paid_on if is_complete else None,
    }
