"""Therapists and practices as `duplicates` compares them: two statements, however many."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import Q
from django.db.models.functions import Left, Lower

from apps.core.merging.likeness import FirstName, LastName
from apps.therapists import duplicates
from apps.therapists.models import Practice, Therapist, Workplace
from apps.therapists.normalise import address_key

PLACES = (
    *("therapist_id", "practice__phone", "practice__email", "practice__website"),
    *("practice__plz", "practice__street", "practice__city"),
)


def therapist_columns(ids: Collection[int] | None = None) -> dict[int, duplicates.Therapist]:
    """By id, all or these."""
    limit = {} if ids is None else {"pk__in": ids}
    places = _places({f"therapist__{name}": value for name, value in limit.items()})
    people = Therapist.objects.filter(**limit).order_by("pk")
    return {
        pk: _therapist(last, first, title, gender, places.get(pk, []))
        for pk, last, first, title, gender in people.values_list(
            "pk", "last_name", "first_name", "title", "gender"
        )
    }


def practice_columns(ids: Collection[int] | None = None) -> dict[int, duplicates.Practice]:
    limit = {} if ids is None else {"pk__in": ids}
    owners: dict[int, set[str]] = defaultdict(set)
    for pk, last in Workplace.objects.order_by().values_list("practice_id", "therapist__last_name"):
        owners[pk].add(LastName.of(last).whole)
    names = ("pk", "name", "plz", "street", "phone", "email", "website")
    return {
        pk: duplicates.Practice(
            name=address_key(name),
            plz=plz,
            street=address_key(street),
            phone=phone,
            email=email.lower(),
            website=_website(website),
            owners=frozenset(owners.get(pk, ())),
        )
        for pk, name, plz, street, phone, email, website in Practice.objects.filter(**limit).values_list(
            *names
        )
    }


def neighbours(*, therapist_ids: Iterable[int]) -> set[int]:
    """Everybody one of these might be: the same number or mailbox, or the same initial in the same region."""
    own = Workplace.objects.filter(therapist__in=list(therapist_ids)).order_by()
    rows = list(
        own.values_list("practice__phone", "practice__email", "practice__plz", "therapist__first_name")
    )
    reached = Q(practice__phone__in={phone for phone, *_rest in rows if phone})
    reached |= Q(mailbox__in={email.lower() for _phone, email, *_rest in rows if email})
    for region, initial in {(plz[:2], first[:1]) for _phone, _email, plz, first in rows}:
        reached |= Q(region=region, therapist__first_name__istartswith=initial)
    places = Workplace.objects.annotate(mailbox=Lower("practice__email"), region=Left("practice__plz", 2))
    return {*therapist_ids, *places.filter(reached).order_by().values_list("therapist_id", flat=True)}


def _places(limit: dict[str, Any]) -> dict[int, list[tuple[str, ...]]]:
    found: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    for pk, *place in Workplace.objects.filter(**limit).order_by().values_list(*PLACES):
        found[pk].append(tuple(place))
    return found


def _therapist(
    last: str, first: str, title: str, gender: str, places: list[tuple[str, ...]]
) -> duplicates.Therapist:
    return duplicates.Therapist(
        last=LastName.of(last),
        first=FirstName.of(first),
        title=title,
        gender=gender,
        phones=frozenset(place[0] for place in places if place[0]),
        emails=frozenset(place[1].lower() for place in places if place[1]),
        websites=frozenset(_website(place[2]) for place in places if place[2]),
        addresses=frozenset((place[3], address_key(place[4])) for place in places),
        towns=frozenset(duplicates.town(place[5]) for place in places if place[5]),
    )


def _website(text: str) -> str:
    """ "https://www.Praxis.example/" and "http://praxis.example" are one."""
    return text.lower().partition("://")[2].removeprefix("www.").rstrip("/")
