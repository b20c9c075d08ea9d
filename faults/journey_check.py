"""What must have been told of the journeys, and whether it was: over Kafka and by webhook, each by itself."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from apps.communication.enums import LetterKind
from apps.communication.models import EmailMessage
from apps.events.models import DomainEvent
from apps.intake.models import Registration
from apps.matching.models import Inquiry, PlacementSearch, Round
from apps.patients.models import Patient
from faults.journey_steps import PLAIN, REJECTED_FIRST, SECOND_YES
from faults.outcome import Outcome

Told = dict[str, Any]
Subject = tuple[str, str]

OF_REGISTRATION = ("registration.received", "registration.accepted")
OF_PATIENT = ("patient.created", "patient.searching", "patient.in_therapy")
OF_SEARCH = {
    PLAIN: ("search.active", "request.accepted", "search.trial", "request.confirmed", "search.placed"),
    REJECTED_FIRST: (
        *("search.active", "request.rejected", "request.accepted"),
        *("search.trial", "request.confirmed", "search.placed"),
    ),
    SECOND_YES: (
        *("search.active", "request.accepted", "search.trial"),
        *("request.conflict", "request.confirmed", "search.placed"),
    ),
}
SEARCH_STEPS = frozenset(step for story in OF_SEARCH.values() for step in story)
OF_ROUND = ("round.draft", "round.released")
OF_INQUIRY = ("inquiry.released", "inquiry.sent")
OF_LETTER = ("email.queued", "email.sent")


def judge(outcome: Outcome, name: str, told: Sequence[Told]) -> None:
    """`told` as they came in at one place, without repetitions."""
    events = {str(event_id): pk for event_id, pk in DomainEvent.objects.values_list("event_id", "pk")}
    times = Counter(one["event_id"] for one in told)
    outcome.count(times[event_id] for event_id in events)
    outcome.promise(times.keys() <= events.keys(), f"{name}: an event nobody published")
    outcome.promise(not _disorder(told, events), f"{name}: order of a subject broken")
    missing = sorted(set(_missing(told)))
    outcome.promise(not missing, f"{name}: steps missing or out of order: {', '.join(missing[:5])}")


def all_arrived() -> bool:
    """Everybody has a place."""
    searches = set(PlacementSearch.objects.values_list("status", flat=True))
    patients = set(Patient.objects.values_list("status", flat=True))
    return searches == {"placed"} and patients == {"in_therapy"}


def first_appearances(told: Iterable[Told]) -> list[Told]:
    """What a receiver keeps that knows the ids it has seen."""
    seen: dict[str, Told] = {}
    for one in told:
        seen.setdefault(one["event_id"], one)
    return list(seen.values())


def _disorder(told: Iterable[Told], events: dict[str, int]) -> int:
    """How often one came after a later event of the same producer and subject."""
    by_subject: dict[Subject, list[int]] = defaultdict(list)
    for one in told:
        by_subject[one["producer"], one["subject_id"]].append(events.get(one["event_id"], 0))
    return sum(after < before for ids in by_subject.values() for before, after in pairwise(ids))


def _missing(told: Sequence[Told]) -> list[str]:
    """Whose steps were not told exactly once and in their order."""
    return [
        *_wrong_people(_by_subject(told)),
        *_wrong_rows(told, "round", OF_ROUND, Round.objects.values_list("pk", flat=True)),
        *_wrong_inquiries(told),
        *_wrong_rows(told, "email", OF_LETTER, _letters()),
    ]


def _by_subject(told: Iterable[Told]) -> dict[Subject, list[str]]:
    types: dict[Subject, list[str]] = defaultdict(list)
    for one in told:
        types[one["producer"], one["subject_id"]].append(one["type"])
    return types


def _wrong_people(types: dict[Subject, list[str]]) -> list[str]:
    wrong = []
    for row in Registration.objects.all():
        story = row.external_reference.rpartition("-")[0]
        registration, patient = ("patients", str(row.pk)), str(row.patient_id)
        expected = [
            (_only(types[registration], OF_REGISTRATION), OF_REGISTRATION),
            (_only(types["patients", patient], OF_PATIENT), OF_PATIENT),
            (_only(types["matching", patient], SEARCH_STEPS), OF_SEARCH[story]),
        ]
        wrong += [row.external_reference for found, steps in expected if found != list(steps)]
    return wrong


def _wrong_rows(told: Iterable[Told], kind: str, steps: Sequence[str], ids: Iterable[int]) -> list[str]:
    by_row: dict[str, list[str]] = defaultdict(list)
    for one in told:
        if one["type"] in steps:
            by_row[one["subject_id"]].append(one["type"])
    return [f"{kind} {pk}" for pk in ids if by_row[str(pk)] != list(steps)]


def _wrong_inquiries(told: Iterable[Told]) -> list[str]:
    """Their subject is the therapist; the payload names the inquiry."""
    rows = [one | {"subject_id": str(one["payload"].get("inquiry_id"))} for one in told]
    return _wrong_rows(rows, "inquiry", OF_INQUIRY, Inquiry.objects.values_list("pk", flat=True))


def _letters() -> Iterable[int]:
    return EmailMessage.objects.filter(kind=LetterKind.INQUIRY).values_list("pk", flat=True)


def _only(types: Iterable[str], steps: Iterable[str]) -> list[str]:
    wanted = set(steps)
    return [one for one in types if one in wanted]
