"""Rows of the lists and pages of matching: a fixed number of queries however many rows.

Lists leave the encrypted columns of patients where they are: decrypting costs, and a list shows none of them.
"""

import json
from collections.abc import Mapping
from datetime import date

from django.db.models import (
    Count,
    F,
    Func,
    IntegerField,
    JSONField,
    Max,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.functions import Cast, Coalesce, Greatest

from apps.core.parameters import Parameters
from apps.matching.enums import OPEN_REQUESTS, YES_REQUESTS, InquiryStatus, RequestStatus
from apps.matching.models import (
    Inquiry,
    InquiryContact,
    PlacementRequest,
    PlacementSearch,
    Round,
    TherapistExclusion,
)
from apps.matching.selectors import world as worlds
from apps.patients.models import CLINICAL_FIELDS
from apps.therapists.models import Therapist
from apps.therapists.selectors import with_offer

SECRETS = [*CLINICAL_FIELDS, "kvnr", "referral_code"]


def without_secrets(path: str) -> list[str]:
    """What to defer where a patient is joined in: `without_secrets("search__patient")`."""
    return [f"{path}__{name}" for name in SECRETS]


def search_list() -> QuerySet[PlacementSearch]:
    """Every search with its patient, `open_requests` and `last_request_at` (asked or answered)."""
    requests = PlacementRequest.objects.filter(search=OuterRef("pk")).order_by().values("search")
    open_requests = requests.filter(status__in=OPEN_REQUESTS).annotate(count=Count("pk")).values("count")
    last = requests.annotate(last=Greatest(Max("sent_at"), Max("answered_at"))).values("last")
    searches = PlacementSearch.objects.select_related("patient").defer(*without_secrets("patient"))
    return searches.annotate(
        open_requests=Coalesce(Subquery(open_requests, output_field=IntegerField()), 0),
        last_request_at=Subquery(last),
    )


class _Entry(Func):
    """The text under a key of a JSON object."""

    template = "(%(expressions)s)"
    arg_joiner = " ->> "
    output_field = TextField()


def with_candidate_count(
    searches: QuerySet[PlacementSearch], counts: Mapping[int, int]
) -> QuerySet[PlacementSearch]:
    """Annotates `candidate_count` from counts by search id; None where there is none. To sort by it."""
    known = Cast(
        Value(json.dumps(dict(counts))), JSONField()
    )  # as text: Django hashes every value it is given
    entry = _Entry(known, Cast(F("pk"), TextField()))
    return searches.annotate(candidate_count=Cast(entry, IntegerField()))


def without_candidates(*, today: date, parameters: Parameters) -> list[int]:
    """Ids of the plannable searches for which no therapist fits today."""
    world, standing = worlds.outlook(today=today, parameters=parameters)
    return world.search_columns.id[standing.candidate_count == 0].tolist()


def search_page() -> QuerySet[PlacementSearch]:
    """For the page of one search: with patient, weekly hours and excluded therapists."""
    exclusions = TherapistExclusion.objects.select_related("therapist").order_by("pk")
    return PlacementSearch.objects.select_related("patient").prefetch_related(
        "patient__availability", Prefetch("patient__exclusions", queryset=exclusions)
    )


def requests_of_search(search: PlacementSearch) -> QuerySet[PlacementRequest]:
    """Newest first, with therapist and inquiry."""
    return search.requests.select_related("therapist", "inquiry").order_by("-pk")


def inquiry_list() -> QuerySet[Inquiry]:
    """Every inquiry with its therapist, how many requests it carries, how many are answered and accepted."""
    rows = Inquiry.objects.select_related("therapist")
    carried = ~Q(requests__status=RequestStatus.DROPPED)
    return rows.annotate(
        request_count=Count("requests", filter=carried),
        answered_count=Count("requests", filter=Q(requests__answered_at__isnull=False)),
        accepted_count=Count("requests", filter=Q(requests__status__in=YES_REQUESTS)),
    )


def inquiry_page() -> QuerySet[Inquiry]:
    """For the page of one inquiry: therapist with practices, contacts, requests with patient and sessions."""
    requests = (
        PlacementRequest.objects.select_related("search__patient", "therapist")
        .prefetch_related("trial_sessions", "search__patient__availability")
        .order_by("pk")
    )
    contacts = InquiryContact.objects.select_related("email", "call").defer("email__text", "email__html")
    return Inquiry.objects.select_related("round", "released_by").prefetch_related(
        Prefetch("therapist", queryset=with_offer(Therapist.objects.prefetch_related("hours"))),
        Prefetch("contacts", queryset=contacts.order_by("pk")),
        Prefetch("requests", queryset=requests),
    )


def request_page() -> QuerySet[PlacementRequest]:
    """One request with everything an act upon it names."""
    return PlacementRequest.objects.select_related("search__patient", "inquiry", "therapist")


def unresolved_conflicts() -> QuerySet[PlacementRequest]:
    """Second acceptances nobody has settled yet, oldest first."""
    rows = PlacementRequest.objects.filter(status=RequestStatus.CONFLICT, conflict_resolved_at__isnull=True)
    joined = rows.select_related("search__patient", "inquiry", "therapist")
    return joined.defer("answer_note", *without_secrets("search__patient")).order_by("answered_at", "pk")


def round_list() -> QuerySet[Round]:
    """Newest first, with the numbers of inquiries and of requests that were not dropped."""
    kept = ~Q(inquiries__requests__status=RequestStatus.DROPPED)
    return (
        Round.objects.select_related("created_by")
        .annotate(
            inquiry_count=Count("inquiries", filter=~Q(inquiries__status="cancelled"), distinct=True),
            request_count=Count("inquiries__requests", filter=kept, distinct=True),
        )
        .order_by("-pk")
    )


def inquiries_of_round(round_: Round) -> QuerySet[Inquiry]:
    """By therapist's name; each with its lines, dropped ones last."""
    lines = PlacementRequest.objects.select_related("search__patient").defer(
        "answer_note", *without_secrets("search__patient")
    )
    return round_.inquiries.prefetch_related(
        Prefetch("therapist", queryset=with_offer(Therapist.objects.all())),
        Prefetch("requests", queryset=lines.order_by("-score", "pk")),
    ).order_by("therapist__last_name", "therapist__first_name", "pk")


def drafts_by_hand() -> QuerySet[Inquiry]:
    """Draft inquiries outside a round, filled by hand; they wait for their release too."""
    drafts = inquiry_list().filter(status=InquiryStatus.DRAFT, round__isnull=True)
    return drafts.order_by("pk")


def draft_ids(therapist_ids: list[int]) -> list[int]:
    """Draft inquiries of these therapists: another request may still be added to them."""
    drafts = Inquiry.objects.filter(therapist__in=therapist_ids, status=InquiryStatus.DRAFT)
    return list(drafts.values_list("pk", flat=True))


def patients_of(inquiry: Inquiry) -> list[int]:
    return sorted({request.search.patient_id for request in inquiry.requests.all()})


def matching_inquiries(inquiries: QuerySet[Inquiry], text: str) -> QuerySet[Inquiry]:
    """Those whose reference, therapist's name or a request's case code holds every word."""
    for word in text.split():
        coded = PlacementRequest.objects.filter(search__patient__case_code__icontains=word).values("inquiry")
        name = Q(therapist__last_name__icontains=word) | Q(therapist__first_name__icontains=word)
        inquiries = inquiries.filter(Q(reference__icontains=word) | name | Q(pk__in=coded))
    return inquiries
