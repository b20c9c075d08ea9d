import random
import re
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.workspace.demo import facts
from apps.workspace.demo.people import Name, random_name
from apps.workspace.demo.vignettes import Case, fitting_vignettes, random_case

seeds = st.integers(0, 2**32)
ages = st.integers(6, 86)
genders = st.sampled_from(["male", "female"])
VIGNETTES = facts.document("vignettes")["vignette"]
KNOWN_KEYS = {
    *("key", "icd10", "ages", "genders", "origins", "marital", "patterns", "symptoms", "complaints", "since"),
    *(
        "reason_now",
        "medication",
        "goals",
        "stressors",
        "physical",
        "previous",
        "methods",
        "group",
        "therapy",
    ),
    *("inpatient", "urgent", "diga", "wished_gender", "own_language"),
}


def draw(seed: int, age: int, gender: str) -> tuple[Name, Case]:
    source = random.Random(seed)
    name = random_name(source, gender, 2026 - age)
    return name, random_case(source, age=age, name=name)


@given(seeds, ages, genders)
def test_random_case_fills_every_field(seed: int, age: int, gender: str) -> None:
    _name, case = draw(seed, age, gender)
    optional = {"previous_therapy_months_ago", "previous_therapy_method", "marital_status", "wished_methods"}
    flags = {field.name for field in fields(case) if field.type is bool}
    empty = [field.name for field in fields(case) if not getattr(case, field.name)]
    assert set(empty) <= optional | flags
    assert "{" not in case.complaints
    assert 1 <= len(case.symptoms) <= 3


@given(seeds, ages, genders)
def test_random_case_fits_the_person(seed: int, age: int, gender: str) -> None:
    name, case = draw(seed, age, gender)
    assert (case.marital_status == "") == (age < 18)
    assert (case.previous_therapy_months_ago is not None) == case.has_previous_therapy
    assert bool(case.previous_therapy_method) == case.has_previous_therapy
    assert set(case.languages) <= set(name.languages)
    if age < 17:
        assert case.pattern == "pupil"
        assert case.group_wish == "no"
    if age < 36:
        assert case.marital_status != "widowed"
    if age > 66:
        assert case.pattern in ("retired", "freelance")


@given(seeds, ages, genders)
def test_random_case_same_seed_same_case(seed: int, age: int, gender: str) -> None:
    assert draw(seed, age, gender) == draw(seed, age, gender)


@pytest.mark.parametrize("gender", ["male", "female"])
@pytest.mark.parametrize("age", range(6, 87))
def test_every_age_has_a_fitting_vignette(age: int, gender: str) -> None:
    name = Name("Mika", "Probe", gender, "german", ("de",))
    assert fitting_vignettes(age=age, name=name)


@pytest.mark.parametrize("vignette", VIGNETTES, ids=[vignette["key"] for vignette in VIGNETTES])
def test_vignette_is_written_correctly(vignette: dict[str, object]) -> None:
    codes = {row["code"] for row in facts.table("symptoms")}
    assert set(vignette) <= KNOWN_KEYS
    assert set(vignette["symptoms"]) <= codes
    assert 2 <= len(vignette["symptoms"]) <= 3
    assert all(re.fullmatch(r"F\d\d(\.\d{1,2})?", code) for code in vignette["icd10"])
    assert set(vignette.get("patterns", [])) <= {row["pattern"] for row in facts.table("occupations")}
    assert set(vignette.get("marital", [])) <= {row["status"] for row in facts.table("marital")}


def test_every_vignette_is_reached() -> None:
    people = [
        Name("Mika", "Probe", gender, origin, ("de",))
        for gender in ("male", "female")
        for origin in ("german", "arabic")
    ]
    reached = {
        v["key"] for age in range(6, 87) for name in people for v in fitting_vignettes(age=age, name=name)
    }
    assert reached == {vignette["key"] for vignette in VIGNETTES}


def test_about_thirty_symptoms_and_vignettes() -> None:
    assert (len(facts.table("symptoms")), len(VIGNETTES)) == (34, 36)
    assert len({vignette["key"] for vignette in VIGNETTES}) == 36


def test_spouse_is_named_by_the_gender_of_the_bereaved() -> None:
    grief = [draw(seed, 70, "male")[1] for seed in range(200)]
    assert {"meiner Frau" in case.complaints for case in grief if case.vignette == "grief"} == {True}
