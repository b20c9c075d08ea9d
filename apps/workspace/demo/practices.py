"""Names, addresses on the net and offers of invented practices."""

import random
from dataclasses import dataclass

from apps.workspace.demo import facts
from apps.workspace.demo.people import Address, Name, slug, weighted

LONGEST_LABEL = 40  # a part of a host name may have 63 letters; nobody types that many


@dataclass(frozen=True, slots=True)
class Offer:
    """What a therapist says about the practice and whom he or she wishes to see; 0 in an age means none."""

    further_qualifications: str
    special_offers: str
    accessibility: str
    free_places_note: str
    wished_diagnoses: tuple[str, ...]
    wished_age_from: int
    wished_age_to: int


def random_title(rng: random.Random) -> str:
    """Titles as printed on the door, "" for about half of all."""
    titles = facts.document("practices")["titles"]
    title = weighted(rng, list(titles), list(titles.values()))
    return "" if title == "none" else title


def random_practice_name(rng: random.Random, *, sort: str, name: Name, address: Address) -> str:
    """`sort`: single, shared or minors (children and youth)."""
    pattern: str = rng.choice(facts.document("practices")[sort])
    street = address.street.rsplit(" ", 1)[0]
    return pattern.format(first=name.first, last=name.last, place=street, city=address.city)


def random_practice_email(rng: random.Random, name: Name) -> str:
    domain = rng.choice(facts.document("practices")["domains"])
    first, last = slug(name.first), slug(name.last)
    local = rng.choice((f"praxis-{last}", f"praxis.{last}", f"{first}.{last}", f"kontakt-{last}"))
    return f"{local}@{domain}"


def practice_website(practice_name: str) -> str:
    """A web site below the reserved top-level domain `.example`."""
    return f"https://www.{slug(practice_name)[:LONGEST_LABEL].strip('-')}.example/"


def random_offer(rng: random.Random, *, is_for_minors: bool = False) -> Offer:
    texts = facts.document("offers")
    age_from, age_to = _age_wish(rng, is_for_minors=is_for_minors)
    has_wish = not is_for_minors and rng.random() < 0.25
    return Offer(
        further_qualifications=", ".join(
            sorted(rng.sample(texts["qualifications"], rng.choice((0, 0, 1, 1, 2, 3))))
        ),
        special_offers="\n".join(rng.sample(texts["offers"], rng.choice((0, 0, 1, 2)))),
        accessibility=rng.choice(texts["accessibility"]) if rng.random() < 0.6 else "",
        free_places_note=rng.choice(texts["free_notes"]),
        wished_diagnoses=tuple(rng.choice(texts["diagnoses"])) if has_wish else (),
        wished_age_from=age_from,
        wished_age_to=age_to,
    )


def _age_wish(rng: random.Random, *, is_for_minors: bool) -> tuple[int, int]:
    if is_for_minors:
        return rng.choice(((0, 0), (3, 12), (6, 18), (12, 20)))
    return rng.choice(((0, 0),) * 7 + ((18, 65), (25, 0), (18, 35)))
