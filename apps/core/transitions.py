"""The one door of every state machine."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone

from apps.core import bulk
from apps.core.errors import StaleState
from apps.core.models import StatefulModel
from apps.events.services import publish, publish_many

S = TypeVar("S", bound=StatefulModel)

_operation: ContextVar[uuid.UUID | None] = ContextVar("operation", default=None)


@contextmanager
def operation() -> Iterator[uuid.UUID]:
    """Group all moves inside under one id, so that one act can be shown and undone as a whole."""
    current = _operation.get()
    if current is not None:
        yield current
        return
    token = _operation.set(uuid.uuid4())
    try:
        yield _operation.get()  # type: ignore[misc]
    finally:
        _operation.reset(token)


def move(
    obj: S,
    *,
    to: str,
    actor: Any,
    at: datetime,
    reason: str = "",
    fields: Mapping[str, Any] | None = None,
    undo: bool = False,
) -> S:
    """Bring `obj` into state `to`: lock, re-read, check the table, save, write history, publish.

    `fields` are saved with the state. `actor` is the user, or None for the system. With `undo` the
    model's UNDO table counts instead of TRANSITIONS. Returns the locked, fresh row and brings `obj`
    up to date as well. Raises StaleState where the table has no such way from the row's present
    state (somebody else was faster, or the click was an old one).
    """
    fields = dict(fields or {})
    with _transaction():
        fresh = lock(obj)
        old = fresh.status
        table = fresh.UNDO if undo else fresh.TRANSITIONS
        if to not in table.get(old, frozenset()):
            raise StaleState()
        fresh.status = to
        for name, value in fields.items():
            setattr(fresh, name, value)
        fresh.save(update_fields=["status", "updated_at", *fields])
        write_history(fresh, old=old, new=to, actor=actor, at=at, reason=reason)
        _publish(fresh, old=old, at=at)
    for name in ("status", "updated_at", *fields):
        setattr(obj, name, getattr(fresh, name))
    return fresh


def move_many(
    objs: Sequence[S],
    *,
    to: str,
    actor: Any,
    at: datetime,
    reason: str = "",
    fields: Mapping[str, Any] | None = None,
    each: Mapping[int, Mapping[str, str]] | None = None,
    still: Mapping[str, Any] | None = None,
) -> list[S]:
    """The same for many rows of one kind, in one statement (two with events); returns those that went.

    A row whose state has no such way any more is left out, not an error: among many somebody is always
    faster. `fields` are the same for all; `each` holds one row's own by primary key (texts, every row the
    same names). Rows are locked in the order of their keys. Who holds rows for a while names in `still`
    what must not have changed since.
    """
    if not objs:
        return []
    now = timezone.now()
    common = {"status": to, "updated_at": now, **(fields or {})}
    with _transaction(), operation() as operation_id:
        statement = bulk.Move(
            model=type(objs[0]),
            ids=[obj.pk for obj in objs],
            to=to,
            fields=common,
            each=each or {},
            still=still or {},
            history={"at": at, "actor_id": actor and actor.pk, "reason": reason, "operation": operation_id},
        )
        old = statement.run()
        going = [obj for obj in objs if obj.pk in old]
        if going and (event := type(going[0]).EVENTS.get(to)):
            prefetch_related_objects(going, *type(going[0]).EVENT_NEEDS)
            subjects = [(_subject(obj), _payload(obj, old=old[obj.pk], new=to)) for obj in going]
            publish_many(type=event, subjects=subjects, at=at)
    for obj in going:
        for name, value in {**common, **(each or {}).get(obj.pk, {})}.items():
            setattr(obj, name, value)
    return going


@contextmanager
def _transaction() -> Iterator[None]:
    """The caller's transaction where there is one: nothing is written before StaleState can be raised, so
    the two statements of a savepoint per step would buy nothing."""
    if transaction.get_connection().in_atomic_block:
        yield
    else:
        with transaction.atomic():
            yield


def lock(obj: S) -> S:
    """The row, locked and read again. Callers that lock several kinds keep docs/architecture.md's order."""
    rows = type(obj)._base_manager.all()
    if obj.EVENT_NEEDS:
        rows = rows.select_related(*obj.EVENT_NEEDS)
    return rows.select_for_update(of=("self",)).get(pk=obj.pk)


def record_start(obj: StatefulModel, *, actor: Any, at: datetime, reason: str = "") -> None:
    """History row and event of a row that was just created in its first state."""
    write_history(obj, old="", new=obj.status, actor=actor, at=at, reason=reason)
    _publish(obj, old="", at=at)


def write_history(
    obj: StatefulModel, *, old: str, new: str, actor: Any, at: datetime, reason: str = ""
) -> None:
    """One row of history, under the id of the act it belongs to. For what is no change of `status`."""
    with operation() as operation_id:
        obj.history.create(  # type: ignore[attr-defined]
            old=old, new=new, at=at, actor=actor, reason=reason, operation=operation_id
        )


def _publish(obj: StatefulModel, *, old: str, at: datetime) -> None:
    if event := obj.EVENTS.get(obj.status):
        publish(
            type=event,
            subject_id=_subject(obj),
            at=at,
            payload=_payload(obj, old=old, new=obj.status),
        )


def _subject(obj: StatefulModel) -> Any:
    return attrgetter(obj.SUBJECT_ID)(obj)


def _payload(obj: StatefulModel, *, old: str, new: str) -> dict[str, Any]:
    ids = {key: attrgetter(path)(obj) for key, path in obj.EVENT_IDS.items()}
    return {"from": old, "to": new} | {key: value for key, value in ids.items() if value is not None}
