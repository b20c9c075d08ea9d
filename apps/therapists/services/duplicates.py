"""Finding therapists and practices that are on record twice: everybody at night, somebody new at once."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from apps.core.enums import MergeKind
from apps.core.merging import blocking, suggestions
from apps.core.merging.suggestions import Found
from apps.therapists import duplicates
from apps.therapists.duplicate_rows import neighbours, practice_columns, therapist_columns
from apps.therapists.duplicates import Around


def scan_therapists(*, at: datetime) -> int:
    """Compare everybody; returns how many pairs are new. Suggestions that no longer hold disappear."""
    return suggestions.record(kind=MergeKind.THERAPIST, found=list(find(therapist_columns())), at=at)


def scan_practices(*, at: datetime) -> int:
    return suggestions.record(kind=MergeKind.PRACTICE, found=list(find_practices(practice_columns())), at=at)


def look_around(*, therapist_ids: Collection[int], at: datetime) -> int:
    """Compare these with whom they might be: the same contact, or near them and their initial."""
    wanted = set(therapist_ids)
    people = therapist_columns(neighbours(therapist_ids=wanted))
    found = (one for one in find(people) if {one.first, one.second} & wanted)
    return suggestions.record(kind=MergeKind.THERAPIST, found=list(found), at=at, around=wanted)


def find(people: dict[int, duplicates.Therapist]) -> Iterator[Found]:
    keys = {pk: list(person.keys()) for pk, person in people.items()}
    counts = blocking.sharers(keys)
    for first, second in blocking.pairs(keys):
        one, other = people[first], people[second]
        verdict = duplicates.compare(one, other, _around(counts, one, other))
        if verdict.is_suggested:
            yield Found(first, second, verdict.score, verdict.reasons)


def find_practices(practices: dict[int, duplicates.Practice]) -> Iterator[Found]:
    for first, second in blocking.pairs({pk: list(one.keys()) for pk, one in practices.items()}):
        verdict = duplicates.compare_practices(practices[first], practices[second])
        if verdict.is_suggested:
            yield Found(first, second, verdict.score, verdict.reasons)


def _around(counts: dict, one: duplicates.Therapist, other: duplicates.Therapist) -> Around:
    shared = [("phone", key) for key in one.phones & other.phones]
    shared += [("email", key) for key in one.emails & other.emails]
    return Around(
        namesakes=max(_counted(counts, (("name", one.last.whole, plz[:2]) for plz in one.plz))),
        sharers=max(_counted(counts, shared)),
    )


def _counted(counts: dict, keys: Iterable[tuple]) -> list[int]:
    return [0, *(counts.get(key, 0) for key in keys)]
