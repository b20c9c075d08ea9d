"""Taking a merge back: exactly, or not at all and with the reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from apps.core.audit import acting
from apps.core.errors import Refused, StaleState
from apps.core.merging import kinds, ledger, suggestions
from apps.core.merging.kinds import Kind
from apps.core.merging.ledger import Model, Step
from apps.core.merging.merge import check_now, hold
from apps.core.merging.relations import relations
from apps.core.models import DuplicateSuggestion, MergeRecord
from apps.core.transitions import operation, write_history

KEPT_FOR = timedelta(days=180)  # longer, and the former values of a record have no purpose any more
MOST_NAMED = 6
PASSING = "updated_at"


@dataclass(frozen=True)
class Outlook:
    """What undoing would meet: `obstacles` forbid it, `newcomers` (name, number) stay where they are."""

    obstacles: list[str]
    newcomers: list[tuple[str, int]]


@transaction.atomic
def undo(*, record: MergeRecord, actor: Any, at: datetime, reason: str) -> MergeRecord:
    """Both records are as they were, with everything around them. What came since stays with the kept one.

    Raises StaleState where it is undone already, Refused naming what has changed since.
    """
    what = kinds.get(record.kind)
    hold(what, [record.kept_id])
    fresh = MergeRecord.objects.select_for_update(of=("self",)).get(pk=record.pk)
    if fresh.undone_at is not None:
        raise StaleState(_("This merge has been undone already."))
    if found := obstacles(fresh):
        raise Refused(_refusal(found))
    with acting(actor), operation():
        standing = _standing(what, fresh.kept_id)
        _restore(fresh)
        _note_way_back(what, fresh, standing, actor, at)
        fresh.undone_at, fresh.undone_by, fresh.undo_reason = at, actor, reason.strip()[:300]
        fresh.log = None  # everything in it stands in the tables again
        fresh.save(update_fields=["undone_at", "undone_by", "undo_reason", "log"])
        suggestions.note_undo(record=fresh, actor=actor, at=at)
        what.done(kept_id=fresh.kept_id, other_id=fresh.dropped_id, at=at, is_undo=True)
    return fresh


def outlook(record: MergeRecord) -> Outlook:
    found = obstacles(record)
    return Outlook(found, [] if record.log is None else list(_newcomers(record)))


def forget_old(*, at: datetime) -> int:
    """Empty the logs of old merges; that they happened stays. Returns how many."""
    old = MergeRecord.objects.filter(merged_at__lt=at - KEPT_FOR, log__isnull=False)
    return old.update(log=None, names={})


def obstacles(record: MergeRecord) -> list[str]:
    """Why a merge cannot be undone (any more), each as a sentence; empty if it can."""
    if record.log is None:
        return [_("The former values are no longer kept.")]
    what = kinds.get(record.kind)
    if not what.model._base_manager.filter(pk=record.kept_id).exists():
        return [_gone(record)]
    later = MergeRecord.objects.filter(kind=record.kind, kept_id=record.kept_id, undone_at=None)
    if newer := later.filter(pk__gt=record.pk).order_by("-pk").first():
        text = _("The record was merged once more later, with %(name)s. Please undo that first.")
        return [text % {"name": newer.names.get("dropped", f"#{newer.dropped_id}")}]
    return [*_changed_rows(record.log["prints"]), *_changed_values(record.log["steps"])]


def _gone(record: MergeRecord) -> str:
    later = MergeRecord.objects.filter(kind=record.kind, dropped_id=record.kept_id, undone_at=None).first()
    if later is None:
        return _("The kept record no longer exists.")
    text = _("The kept record has itself been merged with %(name)s. Please undo that first.")
    return text % {"name": later.names.get("kept", f"#{later.kept_id}")}


def _changed_rows(prints: dict[str, Any]) -> Iterator[str]:
    """Rows that were moved or added by the merge and do not look the same any more."""
    for label, known in prints.items():
        model = apps.get_model(label)
        now = ledger.fingerprints(model, _keys(model, known["rows"]), known["columns"])
        for pk, print_ in known["rows"].items():
            if pk not in now:
                yield _("%(row)s no longer exists.") % {"row": _row(model, pk)}
            elif now[pk] != print_:
                yield _("%(row)s was changed.") % {"row": _row(model, pk)}


def _changed_values(steps: list[Step]) -> Iterator[str]:
    """Values the merge has set and somebody has changed since; only the last step at a value counts."""
    seen: set[tuple[str, Any, str]] = set()
    removed = {(step["model"], step["pk"]) for step in steps if step["act"] == "delete"}
    for step in reversed(steps):
        if step["act"] != "update" or (step["model"], step["pk"]) in removed or _is_suggestion(step):
            continue
        names = [name for name in step["new"] if (step["model"], step["pk"], name) not in seen]
        seen |= {(step["model"], step["pk"], name) for name in names}
        if text := _different(step, names):
            yield text


def _different(step: Step, names: list[str]) -> str:
    model = apps.get_model(step["model"])
    present = ledger.read(model, [step["pk"]]).get(step["pk"])
    if present is None:
        return _("%(row)s no longer exists.") % {"row": _row(model, step["pk"])}
    wrong = [
        name for name in names if name != PASSING and not ledger.is_same(present[name], step["new"][name])
    ]
    if not wrong:
        return ""
    values = {"row": _row(model, step["pk"]), "fields": ", ".join(_field(model, name) for name in wrong)}
    return _("%(row)s was changed: %(fields)s.") % values


def _restore(record: MergeRecord) -> None:
    try:
        with transaction.atomic():
            for step in reversed((record.log or {})["steps"]):
                _reverse(apps.get_model(step["model"]), step)
            check_now()
    except IntegrityError as error:
        text = _(
            "What came after the merge leaves no room for the former record. Please look at both histories."
        )
        raise Refused(text) from error


def _reverse(model: Model, step: Step) -> None:
    if step["act"] == "point":
        values = [step["from"], step["pks"], step["to"]]
        text = "UPDATE {table} SET {column} = %s WHERE {key} = ANY(%s) AND {column} = %s"
        ledger.run(text, model, values, column=step["column"])
    elif step["act"] == "update":
        _set_back(model, step)
    elif step["act"] == "delete":
        if not (_is_suggestion(step) and _is_found_again(step)):
            ledger.put_back(model, ledger.stored(model, step["row"]))
    else:
        ledger.run("DELETE FROM {table} WHERE {key} = %s", model, [step["pk"]])


def _set_back(model: Model, step: Step) -> None:
    """The time of the last change goes back as well, unless there was a change after the merge."""
    old = ledger.stored(model, step["old"])
    if PASSING in old:
        present = ledger.read(model, [step["pk"]], [PASSING])
        if present and present[step["pk"]][PASSING] != step["new"][PASSING]:
            del old[PASSING]
    if old:
        ledger.write(model, step["pk"], old)


def _standing(what: Kind, pk: int) -> str:
    """The state of a record that has states, else ""."""
    return str(getattr(what.model._base_manager.get(pk=pk), "status", ""))


def _note_way_back(what: Kind, record: MergeRecord, before: str, actor: Any, at: datetime) -> None:
    """History is never taken away: where the merge had changed the state, the way back is a row as well."""
    after = _standing(what, record.kept_id)
    if after != before:
        row: Any = what.model._base_manager.get(pk=record.kept_id)
        write_history(row, old=before, new=after, actor=actor, at=at, reason=_("The merge was undone."))


def _newcomers(record: MergeRecord) -> Iterator[tuple[str, int]]:
    what: Kind = kinds.get(record.kind)
    newest = (record.log or {})["newest"]
    for relation in relations(what.model):
        rows = relation.model._base_manager.filter(**{relation.field.name: record.kept_id})
        if (known := newest.get(relation.model._meta.label)) is not None:
            rows = rows.filter(pk__gt=known)
        if number := rows.count():
            yield str(relation.model._meta.verbose_name_plural), number


def _refusal(found: list[str]) -> str:
    shown = " ".join(found[:MOST_NAMED])
    more = len(found) - MOST_NAMED
    rest = _(" And %(count)s more.") % {"count": more} if more > 0 else ""
    return _("This merge can no longer be undone exactly. %(what)s%(rest)s") % {"what": shown, "rest": rest}


def _is_suggestion(step: Step) -> bool:
    """Suggestions come and go with every search for duplicates: they hold nothing up."""
    return bool(step["model"] == DuplicateSuggestion._meta.label)


def _is_found_again(step: Step) -> bool:
    names = ("kind", "first_id", "second_id")
    return DuplicateSuggestion.objects.filter(**{name: step["row"][name] for name in names}).exists()


def _keys(model: Model, rows: dict[str, str]) -> list[Any]:
    key: Any = model._meta.pk
    return [key.to_python(pk) for pk in rows]


def _row(model: Model, pk: Any) -> str:
    return f"{capfirst(str(model._meta.verbose_name))} #{pk}"


def _field(model: Model, column: str) -> str:
    found = {str(field.column): str(field.verbose_name) for field in model._meta.concrete_fields}
    return found.get(column, column)
