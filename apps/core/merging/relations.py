"""What points at a record: read from the models, so that nobody can forget a new foreign key."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pghistory.models
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import F, Field, UniqueConstraint
from django.db.models.fields.reverse_related import ForeignObjectRel

Model = type[models.Model]

# The order in which services lock rows (docs/architecture.md); what is not named comes behind, by name.
LOCK_ORDER = (
    "communication.InboundMessage",
    "therapists.ContactGroup",
    "matching.PlacementSearch",
    "patients.Patient",
    "matching.PlacementRequest",
    "matching.Inquiry",
    "matching.IdentityLink",
    "communication.EmailMessage",
    "communication.PhoneCall",
)


@dataclass(frozen=True)
class Relation:
    """A column of `model` holds the primary key of a record that may be merged."""

    model: Model
    field: "Field[Any, Any]"

    @property
    def key(self) -> str:
        """ "matching.Inquiry.therapist"."""
        return f"{self.model._meta.label}.{self.field.name}"

    @property
    def column(self) -> str:
        return str(self.field.column)


def relations(model: Model) -> list[Relation]:
    """Every foreign key, one-to-one and link of many-to-many that points here, in the order of locks.

    Also those without a name on this side. The audit trail is left out: its rows tell of the record that was.
    """
    found = {(rel.related_model, rel.field.name): rel for rel in _incoming(model)}
    rows = [Relation(related, rel.field) for (related, _name), rel in found.items()]
    return sorted(rows, key=lambda row: (*lock_rank(row.model), row.field.name))


def lock_rank(model: Model) -> tuple[int, str]:
    label = model._meta.label
    return (LOCK_ORDER.index(label) if label in LOCK_ORDER else len(LOCK_ORDER)), label


def guards(relation: Relation) -> list[str]:
    """Names of the rules of the database that two rows pointing at one record could break."""
    meta, name = relation.model._meta, relation.field.name
    names = [rule.name for rule in meta.constraints if name in _columns(rule, relation)]
    names += [",".join(fields) for fields in meta.unique_together if name in fields]
    return [*names, name] if relation.field.unique else names


def count(relation: Relation, pk: int) -> int:
    return int(relation.model._base_manager.filter(**{relation.field.name: pk}).count())


def _incoming(model: Model) -> Iterator[ForeignObjectRel]:
    for field in model._meta.get_fields(include_hidden=True):
        if isinstance(field, ForeignObjectRel) and not field.many_to_many and _counts(field):
            yield field


def _counts(rel: ForeignObjectRel) -> bool:
    related: Any = rel.related_model
    is_trail = issubclass(related, pghistory.models.Event)
    return related._meta.managed and not related._meta.proxy and not is_trail and hasattr(rel.field, "column")


def _columns(rule: models.BaseConstraint, relation: Relation) -> set[str]:
    """Names of the fields a unique or exclusion constraint compares; the foreign key under its own name."""
    if isinstance(rule, UniqueConstraint):
        names = {*rule.fields, *(name for one in rule.expressions for name in _named(one))}
    elif isinstance(rule, ExclusionConstraint):
        names = {name for one, _operator in rule.expressions for name in _named(one)}
    else:
        return set()
    return {relation.field.name if name == relation.column else name for name in names}


def _named(expression: Any) -> set[str]:
    if isinstance(expression, str):
        return {expression}
    if isinstance(expression, F):
        return {str(expression.name)}  # type: ignore[attr-defined]
    return {name for part in expression.get_source_expressions() for name in _named(part)}
