"""Pairs of records that may be the same: kept as rows, best first, dismissed for good by a person."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.core.enums import SuggestionStatus
from apps.core.locks import hold
from apps.core.models import DuplicateSuggestion, MergeRecord
from apps.core.transitions import move

if TYPE_CHECKING:
    from apps.core.merging.rules import Work

S = SuggestionStatus


@dataclass(frozen=True)
class Found:
    """Two ids, how sure (0 to 1) and the codes of the reasons."""

    first: int
    second: int
    score: float
    reasons: tuple[str, ...]


@transaction.atomic
def record(*, kind: str, found: Iterable[Found], at: datetime, around: Collection[int] | None = None) -> int:
    """Bring the open suggestions of a kind in line with what was found; returns how many are new.

    `around` limits it to pairs with one of these records. What a person has decided stays as it is.
    """
    hold(f"duplicates of {kind}")
    pairs = {tuple(sorted((one.first, one.second))): one for one in found}
    rows = DuplicateSuggestion.objects.filter(kind=kind)
    if around is not None:
        rows = rows.filter(Q(first_id__in=around) | Q(second_id__in=around))
    known = {
        (row.first_id, row.second_id): row for row in rows.select_for_update(of=("self",)).order_by("pk")
    }
    _refresh(known, pairs)
    gone = [row.pk for pair, row in known.items() if row.status == S.OPEN and pair not in pairs]
    DuplicateSuggestion.objects.filter(pk__in=gone).delete()
    new = [_row(kind, pair, one, at) for pair, one in sorted(pairs.items()) if pair not in known]
    DuplicateSuggestion.objects.bulk_create(new)
    return len(new)


def dismiss(*, suggestion: DuplicateSuggestion, reason: str, actor: Any, at: datetime) -> DuplicateSuggestion:
    """They are not the same; the pair is never suggested again. Raises ValidationError without a reason."""
    if not reason.strip():
        raise ValidationError({"reason": _("Please say how the two can be told apart.")})
    return move(suggestion, to=S.DISMISSED, actor=actor, at=at, reason=reason.strip())


@transaction.atomic
def set_apart(*, kind: str, pk: int, others: Collection[int], reason: str, actor: Any, at: datetime) -> None:
    """A person has looked before the second record was saved: they are not the same."""
    for other in sorted(set(others) - {pk}):
        pair = tuple(sorted((pk, other)))
        row, _is_new = DuplicateSuggestion.objects.get_or_create(
            kind=kind,
            first_id=pair[0],
            second_id=pair[1],
            defaults={"score": 0.0, "reasons": [], "found_at": at},
        )
        if row.status == S.OPEN:
            dismiss(suggestion=row, reason=reason, actor=actor, at=at)


def reopen(*, suggestion: DuplicateSuggestion, actor: Any, at: datetime) -> DuplicateSuggestion:
    return move(suggestion, to=S.OPEN, actor=actor, at=at, undo=True)


def open_pairs(*, kind: str, status: str = S.OPEN) -> QuerySet[DuplicateSuggestion]:
    return DuplicateSuggestion.objects.filter(kind=kind, status=status).order_by("-score", "pk")


def of_record(*, kind: str, pk: int) -> QuerySet[DuplicateSuggestion]:
    """Open suggestions about one record."""
    return open_pairs(kind=kind).filter(Q(first_id=pk) | Q(second_id=pk))


def note_merge(*, record: MergeRecord, actor: Any, at: datetime) -> None:
    """The suggestion of this pair, if there was one, has led to a merge."""
    pair = sorted((record.kept_id, record.dropped_id))
    row = DuplicateSuggestion.objects.filter(kind=record.kind, first_id=pair[0], second_id=pair[1]).first()
    if row is not None and row.status != S.MERGED:
        move(row, to=S.MERGED, actor=actor, at=at, fields={"merge": record})


def note_undo(*, record: MergeRecord, actor: Any, at: datetime) -> None:
    for row in record.suggestions.filter(status=S.MERGED):
        move(row, to=S.OPEN, actor=actor, at=at, fields={"merge": None}, undo=True)


def carry_over(work: "Work") -> None:
    """What was suggested or dismissed about the record that goes holds for the one that stays."""
    from apps.core.merging.rules import Pair, absorb

    mine = Q(first_id=work.dropped) | Q(second_id=work.dropped)
    rows = DuplicateSuggestion.objects.filter(mine, kind=work.kind.name).order_by("pk")
    for row in list(rows.select_for_update(of=("self",))):
        other = row.second_id if row.first_id == work.dropped else row.first_id
        first, second = sorted((work.kept, other))
        if other == work.kept:
            continue
        twin = DuplicateSuggestion.objects.filter(kind=row.kind, first_id=first, second_id=second).first()
        if twin is None:
            work.ledger.update(DuplicateSuggestion, row.pk, {"first_id": first, "second_id": second})
            continue
        if row.status == S.DISMISSED and twin.status == S.OPEN:
            work.ledger.update(DuplicateSuggestion, twin.pk, {"status": S.DISMISSED.value})
        absorb(Pair(work, DuplicateSuggestion, kept=twin.pk, dropped=row.pk))


def _refresh(known: dict[Any, DuplicateSuggestion], pairs: dict[Any, Found]) -> None:
    changed = []
    for pair, one in pairs.items():
        row = known.get(pair)
        if row is not None and (row.score, row.reasons) != (one.score, list(one.reasons)):
            row.score, row.reasons = one.score, list(one.reasons)
            changed.append(row)
    DuplicateSuggestion.objects.bulk_update(changed, ["score", "reasons"], batch_size=500)


def _row(kind: str, pair: Any, one: Found, at: datetime) -> DuplicateSuggestion:
    return DuplicateSuggestion(
        kind=kind,
        first_id=pair[0],
        second_id=pair[1],
        score=one.score,
        reasons=list(one.reasons),
        found_at=at,
    )
