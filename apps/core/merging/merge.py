"""The act: one transaction that moves everything, or refuses with a sentence and leaves all as it was."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Any

from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.utils.translation import gettext as _

from apps.core.audit import acting
from apps.core.errors import DomainError, Refused, StaleState
from apps.core.locks import in_order
from apps.core.merging import kinds, sides, suggestions
from apps.core.merging.kinds import Kind
from apps.core.merging.ledger import read
from apps.core.merging.relations import LOCK_ORDER, Relation, count, lock_rank, relations
from apps.core.merging.rules import OTHER, Pair, Work, absorb, finish, objections
from apps.core.models import MergeRecord
from apps.core.transitions import operation

GROUPS = "therapists.ContactGroup"


@dataclass(frozen=True)
class Preview:
    """What a merge would do. `refusal` is the sentence that stands against it, or ""."""

    lines: list[sides.Line]
    moved: list[tuple[str, int]]
    folded: list[tuple[str, int]]
    refusal: str


@transaction.atomic
def merge(
    *,
    kind: str,
    kept_id: int,
    dropped_id: int,
    chosen: Mapping[str, str],
    actor: Any,
    at: datetime,
    reason: str = "",
) -> MergeRecord:
    """The other record becomes part of the kept one. `chosen`: line → side; what is missing is decided.

    Raises StaleState where one of the two is gone, Refused where a rule stands against it. Rows are changed
    in plain SQL, so that undoing restores them exactly; the audit trail sees it all the same.
    """
    what = kinds.get(kind)
    hold(what, [kept_id, dropped_id])
    kept, other = both(what, kept_id, dropped_id)
    if sentences := objections(kind, kept_id, dropped_id):
        raise Refused(" ".join(sentences))
    names = {"kept": what.label(kept), "dropped": what.label(other)}
    work = Work(what, kept_id, dropped_id, sides.choices(what, kept, other, chosen), at, actor)
    with acting(actor), operation():
        _act(work)
        record = MergeRecord.objects.create(
            kind=kind,
            kept_id=kept_id,
            dropped_id=dropped_id,
            alias=what.alias(other),
            names=names,
            moved=work.ledger.counts,
            log={**work.ledger.log(), "newest": _newest(what)},
            merged_at=at,
            merged_by=actor,
            reason=reason.strip()[:300],
        )
        suggestions.note_merge(record=record, actor=actor, at=at)
        what.done(kept_id=kept_id, other_id=dropped_id, at=at, is_undo=False)
    return record


def preview(*, kind: str, kept_id: int, dropped_id: int, chosen: Mapping[str, str], at: datetime) -> Preview:
    """What `merge` would do: it is done and rolled back. Raises StaleState where one of the two is gone."""
    what = kinds.get(kind)
    kept, other = both(what, kept_id, dropped_id)
    lines = sides.lines(what, kept, other, chosen)
    moved: Mapping[str, Any] = {}
    refusal = ""
    try:
        with transaction.atomic():
            moved = merge(
                kind=kind, kept_id=kept_id, dropped_id=dropped_id, chosen=chosen, actor=None, at=at
            ).moved
            transaction.set_rollback(True)
    except StaleState:
        raise
    except DomainError as error:
        refusal = str(error.message)
    return Preview(lines, _named(moved.get("moved", {})), _named(moved.get("folded", {})), refusal)


def what_points(*, kind: str, pk: int) -> list[tuple[str, int]]:
    """How many rows of which kind belong to a record: for the side-by-side page."""
    found: dict[str, int] = {}
    for relation in relations(kinds.get(kind).model):
        label = relation.model._meta.label
        found[label] = found.get(label, 0) + count(relation, pk)
    return _named({label: number for label, number in found.items() if number})


def both(what: Kind, kept_id: int, dropped_id: int) -> tuple[Any, Any]:
    if kept_id == dropped_id:
        raise Refused(_("A record cannot be merged with itself."))
    kept, other = what.load(kept_id), what.load(dropped_id)
    if kept is None or other is None:
        raise StaleState(_("One of the two records is gone. Perhaps somebody has merged them already."))
    return kept, other


def hold(what: Kind, ids: list[int]) -> None:
    """Lock the records and what points at them, in the order every service keeps."""
    what.lock_first()
    turns: list[tuple[tuple[Any, ...], Callable[[], object]]] = [
        ((*lock_rank(relation.model), relation.field.name), partial(_hold_around, relation, ids))
        for relation in relations(what.model)
    ]
    turns.append(((*lock_rank(what.model), ""), partial(_hold_records, what, ids)))
    turns.append(((LOCK_ORDER.index(GROUPS), GROUPS, ""), partial(what.lock_groups, ids)))
    for _turn, lock in sorted(turns, key=itemgetter(0)):
        lock()


def check_now() -> None:
    """Let the database say at once what it would say at the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _act(work: Work) -> None:
    try:
        with transaction.atomic():
            _take_values(work)
            work.kind.settle(work)
            absorb(Pair(work, work.kind.model, work.kept, work.dropped))
            suggestions.carry_over(work)
            work.kind.after(work)
            finish(work)
            check_now()
    except IntegrityError as error:
        raise Refused(_refusal(error)) from error


def _take_values(work: Work) -> None:
    """The chosen columns of the other record, in the form they stand in the table."""
    model = work.kind.model
    names = [
        str(model._meta.get_field(name).column)  # type: ignore[union-attr]
        for choice in work.kind.choices
        if work.choices[choice.key] == OTHER
        for name in choice.fields
    ]
    values = read(model, [work.dropped], names)[work.dropped] if names else {}
    if any(field.name == "updated_at" for field in model._meta.concrete_fields):
        values = {**values, "updated_at": work.at.isoformat()}
    work.ledger.update(model, work.kept, values)


def _newest(what: Kind) -> dict[str, Any]:
    """The highest key of every model that points here: what is newer came after the merge."""
    models_around: set[type[models.Model]] = {relation.model for relation in relations(what.model)}
    return {
        model._meta.label: model._base_manager.aggregate(newest=models.Max("pk"))["newest"]
        for model in models_around
    }


def _hold_around(relation: Relation, ids: list[int]) -> None:
    in_order(relation.model._base_manager.filter(**{f"{relation.field.name}__in": ids}))


def _hold_records(what: Kind, ids: list[int]) -> None:
    rows = what.model._base_manager.filter(pk__in=ids).order_by("pk").select_for_update(of=("self",))
    list(rows.values_list("pk", flat=True))


def _named(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted((str(apps.get_model(label)._meta.verbose_name_plural), n) for label, n in counts.items())


def _refusal(error: IntegrityError) -> str:
    """A rule of the database for which no app has a sentence of its own."""
    diagnosis = getattr(error.__cause__, "diag", None)
    tables = {model._meta.db_table: model for model in apps.get_models()}
    model = tables.get(getattr(diagnosis, "table_name", None) or "")
    values = {
        "name": model._meta.verbose_name_plural if model else "—",
        "rule": getattr(diagnosis, "constraint_name", "—"),
    }
    text = _(
        "Both records have entries that exclude each other: %(name)s (%(rule)s). Please clear that first."
    )
    return text % values
