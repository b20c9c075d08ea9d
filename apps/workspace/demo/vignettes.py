"""What an invented patient tells: one consistent case out of facts/vignettes.toml.

Age, gender, daily life and family status are drawn together, so that nobody of nineteen is widowed and nobody
in a nursing home works shifts.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apps.workspace.demo import facts
from apps.workspace.demo.people import Name, weighted

MINORS_UNTIL = 17
OLDER_FROM = 62
GROUP_WISHES = ("no", "also", "only")
METHODS = ("VT", "TP", "AP", "ST")
SPOUSE = {"female": "meines Mannes", "male": "meiner Frau"}
NONE = "keine"

Vignette = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """The clinical fields and wishes of one patient, named as in `patients.Patient`.

    `pattern` feeds `weeks.availability`; `symptoms` are codes of facts/symptoms.csv;
    `previous_therapy_months_ago` is None without a previous therapy.
    """

    vignette: str
    diagnosis: str
    symptoms: tuple[str, ...]
    complaints: str
    complaints_since: str
    reason_now: str
    previous_treatments: str
    has_previous_therapy: bool
    previous_therapy_months_ago: int | None
    previous_therapy_method: str
    inpatient_treatment: str
    physical_illnesses: str
    medication: str
    stressors: str
    support_systems: str
    expectations: str
    therapy_goals: str
    occupation: str
    pattern: str
    marital_status: str
    referrer: str
    wished_gender: str
    wished_methods: tuple[str, ...]
    group_wish: str
    is_diga_accepted: bool
    languages: tuple[str, ...]
    is_ptv11_urgent: bool


def random_case(rng: random.Random, *, age: int, name: Name) -> Case:
    """A case that fits an age from 6 to 86 and a name (its gender, origin and languages)."""
    vignette = rng.choice(fitting_vignettes(age=age, name=name))
    return Case(
        vignette=vignette["key"],
        diagnosis=rng.choice(vignette["icd10"]),
        symptoms=tuple(vignette["symptoms"][: rng.choice((2, 3, 3))]),
        **_story(rng, vignette, name),
        **_history(rng, vignette, age),
        **_life(rng, vignette, age, name),
        **_wishes(rng, vignette, age, name),
    )


def fitting_vignettes(*, age: int, name: Name) -> list[Vignette]:
    """Vignettes whose age, gender, origin, occupation and family status somebody can have."""
    return [
        vignette
        for vignette in facts.document("vignettes")["vignette"]
        if vignette["ages"][0] <= age <= vignette["ages"][1]
        and name.gender in vignette.get("genders", [name.gender])
        and name.origin in vignette.get("origins", [name.origin])
        and _occupations(vignette, age)
        and _marital_states(vignette, age)
    ]


def _story(rng: random.Random, vignette: Vignette, name: Name) -> dict[str, Any]:
    return {
        "complaints": rng.choice(vignette["complaints"]).replace("{spouse}", SPOUSE[name.gender]),
        "complaints_since": rng.choice(vignette["since"]),
        "reason_now": rng.choice(vignette["reason_now"]),
        "medication": rng.choice(vignette["medication"]),
        "therapy_goals": rng.choice(vignette["goals"]),
    }


def _history(rng: random.Random, vignette: Vignette, age: int) -> dict[str, Any]:
    texts = facts.document("shared_texts")
    share = 0.65 if vignette.get("therapy") == "often" else 0.2
    had_therapy = age > MINORS_UNTIL + 3 and rng.random() < share
    return {
        "has_previous_therapy": had_therapy,
        "previous_therapy_months_ago": rng.randint(5, min(90, (age - 16) * 12)) if had_therapy else None,
        "previous_therapy_method": rng.choice(METHODS) if had_therapy else "",
        "previous_treatments": _previous(rng, vignette, age, had_therapy=had_therapy),
        "inpatient_treatment": rng.choice(texts["previous"]["inpatient"])
        if vignette.get("inpatient")
        else NONE,
        "physical_illnesses": rng.choice(vignette.get("physical") or texts["physical"][_age_band(age)]),
    }


def _previous(rng: random.Random, vignette: Vignette, age: int, *, had_therapy: bool) -> str:
    texts = facts.document("shared_texts")
    if vignette.get("previous"):
        return rng.choice(vignette["previous"])
    if age <= MINORS_UNTIL:
        return rng.choice(texts["previous"]["pupil"])
    if had_therapy:
        return rng.choice(texts["previous"]["therapy"])
    return rng.choice(texts["previous"]["some"]) if rng.random() < 0.6 else NONE


def _life(rng: random.Random, vignette: Vignette, age: int, name: Name) -> dict[str, Any]:
    texts = facts.document("shared_texts")
    occupation = rng.choice(_occupations(vignette, age))
    marital = _marital_status(rng, vignette, age)
    circle = _circle(age, marital)
    burden = "parent" if occupation["pattern"] == "parent" else circle
    audience = "pupil" if circle == "pupil" else "adult"
    return {
        "occupation": occupation[name.gender],
        "pattern": occupation["pattern"],
        "marital_status": marital,
        "support_systems": rng.choice(texts["support"][circle]),
        "stressors": rng.choice(vignette.get("stressors") or texts["stressors"][burden]),
        "expectations": rng.choice(texts["expectations"][audience]),
        "referrer": rng.choice(texts["referrers"][audience]),
    }


def _wishes(rng: random.Random, vignette: Vignette, age: int, name: Name) -> dict[str, Any]:
    methods = vignette.get("methods", [])
    group = weighted(rng, GROUP_WISHES, vignette.get("group", (7, 2, 0.3)))
    return {
        "wished_gender": vignette.get("wished_gender") or _wished_gender(rng, name),
        "wished_methods": tuple(methods) if rng.random() < 0.6 else (),
        "group_wish": "no" if age <= MINORS_UNTIL else group,
        "is_diga_accepted": bool(vignette.get("diga")) or rng.random() < 0.25,
        "languages": _languages(rng, vignette, name),
        "is_ptv11_urgent": rng.random() < (0.75 if vignette.get("urgent") else 0.12),
    }


def _wished_gender(rng: random.Random, name: Name) -> str:
    weights = (75, 4, 21) if name.gender == "female" else (84, 10, 6)
    return weighted(rng, ("any", "male", "female"), weights)


def _languages(rng: random.Random, vignette: Vignette, name: Name) -> tuple[str, ...]:
    """Most people come with German alone; a few want therapy in the language they grew up with."""
    own = name.languages[1:]
    if own and vignette.get("own_language"):
        return own
    return (*own, "de") if own and rng.random() < 0.3 else ("de",)


def _occupations(vignette: Vignette, age: int) -> list[dict[str, str]]:
    patterns: Sequence[str] | None = vignette.get("patterns")
    return [
        row
        for row in facts.table("occupations")
        if int(row["age_from"]) <= age <= int(row["age_to"])
        and (patterns is None or row["pattern"] in patterns)
    ]


def _marital_states(vignette: Vignette, age: int) -> list[tuple[str, float]]:
    """Family states of that age with weights; "" for minors, who are not asked."""
    if age <= MINORS_UNTIL:
        return [] if "marital" in vignette else [("", 1.0)]
    return [
        (row["status"], float(row["weight"]))
        for row in facts.table("marital")
        if int(row["age_from"]) <= age <= int(row["age_to"])
        and row["status"] in vignette.get("marital", [row["status"]])
    ]


def _marital_status(rng: random.Random, vignette: Vignette, age: int) -> str:
    states = _marital_states(vignette, age)
    return weighted(rng, [state for state, _weight in states], [weight for _state, weight in states])


def _circle(age: int, marital: str) -> str:
    if age <= MINORS_UNTIL:
        return "pupil"
    if age >= OLDER_FROM:
        return "older"
    return "partnered" if marital in ("married", "partnership") else "alone"


def _age_band(age: int) -> str:
    if age < 35:
        return "young"
    return "middle" if age < OLDER_FROM else "older"
