"""What a merge does with one relation. Without a rule of its own, rows just point at the kept record.

An app registers rules for its models in `merging.py`, read when the app starts. A relation under a unique or
exclusion constraint needs one: tests/core/merging/test_relations.py names those that have none.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Q, UniqueConstraint

from apps.core.merging.ledger import Ledger, Model, Row, read
from apps.core.merging.relations import Relation, relations

if TYPE_CHECKING:
    from apps.core.merging.kinds import Kind

KEPT, OTHER, BOTH = "kept", "other", "both"


@dataclass
class Work:
    """One merge under way: the record `dropped` becomes part of `kept`."""

    kind: "Kind"
    kept: int
    dropped: int
    choices: Mapping[str, str]
    at: datetime
    actor: Any = None
    ledger: Ledger = field(default_factory=Ledger)
    memo: dict[str, Any] = field(default_factory=dict)  # what an app must remember between its steps


@dataclass(frozen=True)
class Pair:
    """Two rows of one model of which the first stays: the records themselves, or rows around them."""

    work: Work
    model: Model
    kept: int
    dropped: int


Rule = Callable[[Pair, Relation], None]
Objection = Callable[[int, int], Iterator[str]]

_rules: dict[str, Rule] = {}
_keeps: dict[str, frozenset[str]] = {}
_objections: dict[str, list[Objection]] = {}
_finishers: dict[str, list[Callable[["Work"], None]]] = {}


def rule_for(*keys: str, keeps: tuple[str, ...] = ()) -> Callable[[Rule], Rule]:
    """Register what happens to a relation ("app.Model.field"); `keeps` names the constraints it respects."""

    def register(rule: Rule) -> Rule:
        for key in keys:
            _rules[key], _keeps[key] = rule, frozenset(keeps)
        return rule

    return register


def objects_to(kind: str) -> Callable[[Objection], Objection]:
    """Register sentences that stand against a merge of two records (kept, dropped) of a kind."""

    def register(objection: Objection) -> Objection:
        _objections.setdefault(kind, []).append(objection)
        return objection

    return register


def objections(kind: str, kept: int, dropped: int) -> list[str]:
    return [text for ask in _objections.get(kind, []) for text in ask(kept, dropped)]


def finishes(kind: str) -> Callable[[Callable[[Work], None]], Callable[[Work], None]]:
    """Register what an app above puts in order at the end of a merge; through the ledger."""

    def register(function: Callable[[Work], None]) -> Callable[[Work], None]:
        _finishers.setdefault(kind, []).append(function)
        return function

    return register


def finish(work: Work) -> None:
    for function in _finishers.get(work.kind.name, []):
        function(work)


def kept_constraints(relation: Relation) -> frozenset[str]:
    return _keeps.get(relation.key, frozenset())


def absorb(pair: Pair) -> None:
    """Everything that points at the dropped row points at the kept one; then the dropped row is removed."""
    for relation in relations(pair.model):
        _rules.get(relation.key, move_all)(pair, relation)
    pair.work.ledger.delete(pair.model, [pair.dropped])


def move_all(pair: Pair, relation: Relation) -> None:
    pks = list(rows_of(relation, pair.dropped).values_list("pk", flat=True))
    pair.work.ledger.point(relation.model, relation.column, to_id=pair.kept, pks=pks)


def fold(pair: Pair, relation: Relation) -> None:
    """Rows that both sides have, by the unique constraints of the model, become one; the others move."""
    for dropped, kept in twins(pair, relation).items():
        absorb(Pair(pair.work, relation.model, kept=kept, dropped=dropped))
    move_all(pair, relation)


def twins(pair: Pair, relation: Relation) -> dict[int, int]:
    """Row of the dropped side → the one of the kept side that leaves no room for it."""
    found: dict[int, int] = {}
    for constraint in relation.model._meta.constraints:
        if isinstance(constraint, UniqueConstraint) and relation.field.name in constraint.fields:
            found = _twins_by(constraint, pair, relation) | found
    return found


def _twins_by(constraint: UniqueConstraint, pair: Pair, relation: Relation) -> dict[int, int]:
    names = ["pk", *(name for name in constraint.fields if name != relation.field.name)]
    condition = constraint.condition or Q()
    kept = rows_of(relation, pair.kept).filter(condition).values_list(*names)
    by_values = {tuple(values): pk for pk, *values in kept}
    dropped = rows_of(relation, pair.dropped).filter(condition).values_list(*names)
    return {pk: by_values[tuple(values)] for pk, *values in dropped if tuple(values) in by_values}


def rows_of(relation: Relation, pk: int) -> Any:
    return relation.model._base_manager.filter(**{relation.field.name: pk}).order_by("pk")


def rows_of_both(work: Work) -> tuple[Row, Row]:
    """Both records as they stand in the table."""
    rows = read(work.kind.model, [work.kept, work.dropped])
    return rows[work.kept], rows[work.dropped]


def earliest(*values: Any) -> Any:
    return min((value for value in values if value is not None), default=None)


def latest(*values: Any) -> Any:
    """Of dates or times as they stand in a row: all in UTC, so that their texts can be compared."""
    return max((value for value in values if value is not None), default=None)
