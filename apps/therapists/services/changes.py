"""What every service of this app does when it changes a row: normalise, validate, find out what changed."""

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core import contacts
from apps.core.saving import check_fields, normalise_each, save_checked
from apps.therapists import normalise
from apps.therapists.models import Practice, Therapist

NORMALISERS: dict[str, Callable[[Any], Any]] = {
    "phone": contacts.phone,
    "fax": contacts.phone,
    "email": contacts.email,
    "website": contacts.website,
    "plz": contacts.plz,
    "wished_diagnoses": normalise.diagnoses,
    "languages": lambda codes: list(dict.fromkeys(codes)),
}


def editable_fields(model: type[models.Model]) -> frozenset[str]:
    """Names of the fields that data and forms may set; states and keys have doors of their own."""
    fields = model._meta.concrete_fields
    return frozenset(field.name for field in fields if field.editable and not field.primary_key)


def apply(obj: Practice | Therapist, changes: Mapping[str, Any]) -> list[str]:
    """Set the values on `obj`, validate it, and return the names of the fields that are different now.

    Raises TypeError for a name that is no editable field, ValidationError with field names.
    """
    if unknown := changes.keys() - editable_fields(type(obj)):
        raise TypeError(f"{type(obj).__name__} has no editable field {', '.join(sorted(unknown))}")
    before = {name: getattr(obj, name) for name in changes}
    for name, value in normalised(changes).items():
        setattr(obj, name, value)
    validate(obj)
    return [name for name in changes if getattr(obj, name) != before[name]]


def normalised(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Every value in its one spelling. Raises ValidationError with field names."""
    return normalise_each(changes, _normalised_value)


def validate(obj: Practice | Therapist) -> None:
    """Friendly sentences first, then what the fields say; the constraints speak in `save_checked`."""
    if isinstance(obj, Therapist):
        _validate_therapist(obj)
    check_fields(obj, exclude=["contact_group"])


def save_changed(obj: Practice | Therapist, changed: list[str]) -> None:
    if changed:
        save_checked(obj, update_fields=[*changed, "updated_at"])


def bring_up_to_date(stale: models.Model, fresh: models.Model, names: list[str]) -> None:
    """Copy saved values to the caller's own instance of the row."""
    for name in (*names, "updated_at"):
        setattr(stale, name, getattr(fresh, name))


def _normalised_value(name: str, value: Any) -> Any:
    if name in NORMALISERS and value:
        return NORMALISERS[name](value)
    return value.strip() if isinstance(value, str) else value


def _validate_therapist(therapist: Therapist) -> None:
    errors: dict[str, Any] = {}
    if therapist.wished_age_to and therapist.wished_age_to < (therapist.wished_age_from or 0):
        errors["wished_age_to"] = _("The highest age must not be below the lowest.")
    if bool(therapist.email_permission_since) != bool(therapist.email_permission_how):
        empty = "how" if therapist.email_permission_since else "since"
        errors[f"email_permission_{empty}"] = _("A permission needs both: since when and how it was given.")
    if errors:
        raise ValidationError(errors)
