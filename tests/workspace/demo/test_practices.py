import random
import re

from hypothesis import given
from hypothesis import strategies as st

from apps.workspace.demo.people import random_address, random_name
from apps.workspace.demo.practices import (
    practice_website,
    random_offer,
    random_practice_email,
    random_practice_name,
    random_title,
)

seeds = st.integers(0, 2**32)


@given(seeds, st.sampled_from(["single", "shared", "minors"]))
def test_random_practice_name_is_filled_in(seed: int, sort: str) -> None:
    rng = random.Random(seed)
    name, address = random_name(rng, "female", 1970), random_address(rng, "franconia")
    practice = random_practice_name(rng, sort=sort, name=name, address=address)
    assert not set("{}0123456789") & set(practice)
    assert 8 <= len(practice) <= 160
    assert re.fullmatch(r"https://www\.[a-z0-9-]+\.example/", practice_website(practice))


@given(seeds)
def test_random_practice_email_is_at_a_reserved_domain(seed: int) -> None:
    rng = random.Random(seed)
    email = random_practice_email(rng, random_name(rng, "male", 1970))
    assert re.fullmatch(r"[a-z0-9.-]+@(example\.(org|com)|[a-z]+\.example)", email)


def test_random_title_is_absent_for_half_and_never_the_word_none() -> None:
    titles = [random_title(random.Random(seed)) for seed in range(400)]
    assert 160 < titles.count("") < 270
    assert "none" not in titles


@given(seeds, st.booleans())
def test_random_offer_has_ages_in_order(seed: int, is_for_minors: bool) -> None:
    offer = random_offer(random.Random(seed), is_for_minors=is_for_minors)
    assert offer.wished_age_to == 0 or offer.wished_age_from < offer.wished_age_to
    assert all(re.fullmatch(r"F\d\d(\.\d)?(-F\d\d)?", code) for code in offer.wished_diagnoses)
    if is_for_minors:
        assert offer.wished_age_to <= 20
        assert offer.wished_diagnoses == ()


def test_random_offer_same_seed_same_offer() -> None:
    assert random_offer(random.Random(5)) == random_offer(random.Random(5))
