"""Practices: found again instead of entered twice, placed on the map, changed with their therapists told."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.core.audit import acting
from apps.core.errors import StaleState
from apps.core.saving import save_checked
from apps.events.services import publish
from apps.geocoding.enums import Precision
from apps.geocoding.selectors import locate
from apps.therapists.models import Practice
from apps.therapists.normalise import address_key
from apps.therapists.services import contact_groups
from apps.therapists.services.changes import apply, bring_up_to_date, save_changed

ADDRESS = frozenset({"street", "plz", "city"})
COORDINATES = frozenset({"latitude", "longitude"})
PLACE = ADDRESS | COORDINATES | {"precision", "state"}
REACH = frozenset({"email", "phone"})


@transaction.atomic
def update_practice(
    *,
    practice: Practice,
    changes: Mapping[str, Any],
    actor: Any,
    at: datetime,
    seen_at: datetime | None = None,
) -> Practice:
    """Change a practice; a new address is located again unless the place was set by hand.

    Publishes `therapist.moved` or `therapist.changed` for its therapists and regroups them when the mailbox
    or number changed. `seen_at` is the row's `updated_at` as the person saw it: a different one raises
    StaleState. Raises ValidationError with field names.
    """
    contact_groups.hold()
    fresh = Practice.objects.select_for_update().get(pk=practice.pk)
    if seen_at is not None and fresh.updated_at != seen_at:
        raise StaleState()
    with acting(actor):
        changed = apply(fresh, _with_precision(changes))
        changed += _relocate(fresh, changed)
        save_changed(fresh, changed)
    if REACH & set(changed):
        contact_groups.regroup(practices=[fresh])
    _tell(fresh, changed, at)
    bring_up_to_date(practice, fresh, changed)
    return fresh


def resolve(practices: Sequence[Practice | Mapping[str, Any]]) -> list[Practice]:
    """Each mapping found or created as a row; the same practice named twice counts once.

    Raises ValidationError where none is named.
    """
    found = [one if isinstance(one, Practice) else find_or_create(data=one) for one in practices]
    if not found:
        raise ValidationError({"practices": _("A therapist needs at least one practice.")})
    return list({practice.pk: practice for practice in found}.values())


@transaction.atomic
def record(*, data: Mapping[str, Any], actor: Any) -> tuple[Practice, bool]:
    """`find_or_create` for itself; tells whether the practice is a new one. Raises ValidationError."""
    contact_groups.hold()
    with acting(actor):
        return _found_or_created(data)


def check(*, data: Mapping[str, Any]) -> None:
    """What `find_or_create` would refuse, found out before anything is written. Raises ValidationError."""
    apply(Practice(), data)


def find_or_create(*, data: Mapping[str, Any]) -> Practice:
    """The practice of that name, street and PLZ, spelling aside; what it did not have yet is filled in.

    Without a name, a different mailbox or number means a different practice in the same house; without a
    street as well, only a shared mailbox or number tells that it is the same one.
    """
    return _found_or_created(data)[0]


def _found_or_created(data: Mapping[str, Any]) -> tuple[Practice, bool]:
    wanted = Practice()
    apply(wanted, _with_precision(data))
    for practice in Practice.objects.filter(plz=wanted.plz).order_by("pk"):
        if _is_same(practice, wanted):
            return _fill_blanks(practice, wanted), False
    if wanted.latitude is None:
        _locate(wanted)
    save_checked(wanted)
    return wanted, True


def _is_same(known: Practice, wanted: Practice) -> bool:
    if _keys(known) != _keys(wanted):
        return False
    if wanted.name:
        return True
    pairs = [(getattr(known, name), getattr(wanted, name)) for name in REACH]
    if wanted.street:
        return all(one == other or not one or not other for one, other in pairs)
    return any(one == other and one for one, other in pairs)


def _keys(practice: Practice) -> tuple[str, str]:
    return address_key(practice.name), address_key(practice.street)


def _fill_blanks(known: Practice, wanted: Practice) -> Practice:
    names = ("phone", "fax", "email", "website")
    changed = [name for name in names if getattr(wanted, name) and not getattr(known, name)]
    for name in changed:
        setattr(known, name, getattr(wanted, name))
    save_changed(known, changed)
    return known


def _with_precision(data: Mapping[str, Any]) -> dict[str, Any]:
    """Coordinates somebody gives without a precision were set by hand."""
    given = {name for name in COORDINATES if data.get(name) is not None}
    if given and "precision" not in data:
        return {**data, "precision": Precision.MANUAL}
    return dict(data)


def _relocate(practice: Practice, changed: Iterable[str]) -> list[str]:
    """Locate again after a change of address; returns the fields that changed by it."""
    if not ADDRESS & set(changed) or COORDINATES & set(changed) or practice.precision == Precision.MANUAL:
        return []
    before = {name: getattr(practice, name) for name in PLACE}
    _locate(practice)
    return [name for name in sorted(PLACE) if getattr(practice, name) != before[name] and name not in changed]


def _locate(practice: Practice) -> None:
    place = locate(plz=practice.plz, city=practice.city)
    practice.latitude, practice.longitude = place.latitude, place.longitude
    practice.precision, practice.state = place.precision, place.state or ""


def _tell(practice: Practice, changed: Sequence[str], at: datetime) -> None:
    moved = sorted(PLACE & set(changed))
    other = sorted(set(changed) - PLACE)
    for therapist_id in practice.workplaces.values_list("therapist_id", flat=True):
        if moved:
            publish(type="therapist.moved", subject_id=therapist_id, at=at, payload={"changed": moved})
        if other:
            publish(type="therapist.changed", subject_id=therapist_id, at=at, payload={"changed": other})
