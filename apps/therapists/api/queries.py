"""What the lists can be narrowed down by, and their orders."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from pydantic import Field

from apps.core.enums import Language, Method
from apps.gateway.fields import Id, Moment, Text
from apps.gateway.paging import PageQuery
from apps.geocoding.enums import State
from apps.therapists import selectors
from apps.therapists.api.schemas import ContactCode
from apps.therapists.enums import AgeGroup, Gender, ReviewStatus, Seat, Setting, TherapistStatus
from apps.therapists.filters import TherapistFilter
from apps.therapists.models import NEVER, Practice, Therapist, Workplace

PLZ_DIGITS = 5
THERAPIST_SORTS = {
    "id": ("id",),
    "last_name": ("last_name", "first_name", "id"),
    "created_at": ("created_at", "id"),
    "updated_at": ("updated_at", "id"),
    "last_contact_at": ("last_contact", "id"),
}
PRACTICE_SORTS = {
    "id": ("id",),
    "name": ("name", "id"),
    "plz": ("plz", "id"),
    "updated_at": ("updated_at", "id"),
}
HISTORY_SORTS = {"id": ("id",), "at": ("at", "id")}
PAUSE_SORTS = {"id": ("id",), "until": ("until", "id")}
NOT_IN_THE_LIST = ("internal_note", "further_qualifications", "special_offers", "wished_diagnoses")
# The filters that the page and the interface share; `TherapistFilter` knows them.
AS_ON_THE_PAGE = (
    *("q", "status", "review_status", "method", "age_group", "setting", "seat", "language", "free"),
    "contact",
)

PlzPrefix = Annotated[
    str, Field(max_length=PLZ_DIGITS, pattern=r"^[0-9]*$", description="a PLZ or how it begins")
]
Words = Annotated[Text, Field(max_length=80)]
UpdatedSince = Annotated[
    Moment,
    Field(description="at or after; rows of a change under way appear later: overlap by some minutes"),
]


class TherapistQuery(PageQuery):
    """Method, age group and setting must be met by one approval; PLZ and state by the main practice."""

    q: Words = Field("", description="words in the name, or in name, PLZ or town of a practice")
    status: TherapistStatus | None = None
    review_status: ReviewStatus | None = None
    contact: ContactCode | None = None
    plz: PlzPrefix = ""
    state: State | None = None
    method: Method | None = None
    age_group: AgeGroup | None = None
    setting: Setting | None = None
    seat: Seat | None = None
    gender: Gender | None = None
    language: Language | None = None
    free: Literal["individual", "group", "possibly"] | None = None
    has_email: bool | None = Field(None, description="of the main practice")
    practice_id: Id | None = None
    updated_since: UpdatedSince | None = None


class PracticeQuery(PageQuery):
    q: Words = Field("", description="words in name, street or town, or how the PLZ begins")
    plz: PlzPrefix = ""
    city: Annotated[Text, Field(max_length=80)] = Field("", description="the town, case aside")
    state: State | None = None
    has_email: bool | None = None
    has_phone: bool | None = None
    updated_since: UpdatedSince | None = None


def therapists(query: TherapistQuery, today: date) -> QuerySet[Therapist]:
    """The rows of the list; `last_contact` is the instant of the last contact, 1970 where there was none."""
    rows = selectors.with_last_contact(selectors.with_pause(Therapist.objects.all(), today))
    rows = selectors.with_rows_around(rows).defer(*NOT_IN_THE_LIST)
    if shared := _shared(query):
        rows = TherapistFilter(shared, queryset=rows).qs
    if query.gender:
        rows = rows.filter(gender=query.gender)
    if query.practice_id:
        rows = rows.filter(Exists(_places(practice=query.practice_id)))
    if query.updated_since:
        rows = rows.filter(updated_at__gte=query.updated_since)
    return _with_main_practice(rows, query)


def practices(query: PracticeQuery) -> QuerySet[Practice]:
    rows = _matching_words(_in_plz(Practice.objects.all(), query.plz), query.q)
    if query.city:
        rows = rows.filter(city__iexact=query.city)
    if query.state:
        rows = rows.filter(state=query.state)
    if query.updated_since:
        rows = rows.filter(updated_at__gte=query.updated_since)
    for name, is_wanted in (("email", query.has_email), ("phone", query.has_phone)):
        if is_wanted is not None:
            rows = rows.exclude(**{name: ""}) if is_wanted else rows.filter(**{name: ""})
    return rows


def with_count(rows: QuerySet[Practice]) -> QuerySet[Practice]:
    return rows.annotate(therapists_count=Count("workplaces"))


def _shared(query: TherapistQuery) -> dict[str, str]:
    given = ((name, getattr(query, name)) for name in AS_ON_THE_PAGE)
    return {name: str(value) for name, value in given if value}


def _with_main_practice(rows: QuerySet[Therapist], query: TherapistQuery) -> QuerySet[Therapist]:
    wanted: dict[str, Any] = plz_range("practice__plz", query.plz)
    if query.state:
        wanted["practice__state"] = query.state
    if wanted:
        rows = rows.filter(Exists(_places(is_main=True, **wanted)))
    if query.has_email is None:
        return rows
    has_email = Exists(_places(is_main=True).exclude(practice__email=""))
    return rows.filter(has_email if query.has_email else ~has_email)


def _places(**wanted: Any) -> QuerySet[Workplace]:
    return Workplace.objects.filter(therapist=OuterRef("pk"), **wanted)


def plz_range(column: str, prefix: str) -> dict[str, str]:
    """ "04" → from 04000 to 04999: a plain index serves a range, not a pattern."""
    if not prefix:
        return {}
    return {f"{column}__gte": prefix.ljust(PLZ_DIGITS, "0"), f"{column}__lte": prefix.ljust(PLZ_DIGITS, "9")}


def _in_plz(rows: QuerySet[Practice], prefix: str) -> QuerySet[Practice]:
    return rows.filter(**plz_range("plz", prefix))


def _matching_words(rows: QuerySet[Practice], text: str) -> QuerySet[Practice]:
    for word in text.split():
        rows = rows.filter(
            Q(name__icontains=word)
            | Q(street__icontains=word)
            | Q(city__icontains=word)
            | Q(plz__startswith=word)
        )
    return rows


def last_contact_at(therapist: Any) -> datetime | None:
    """Of a row of the list: the order needs an instant where there was no contact."""
    found: datetime = therapist.last_contact
    return None if found == NEVER else found
