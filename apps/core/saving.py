"""Saving a row whose rules the database keeps, without asking it for every rule beforehand."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction


def normalise_each(values: Mapping[str, Any], normalise_one: Callable[[str, Any], Any]) -> dict[str, Any]:
    """The same keys with `normalise_one(name, value)`. One ValidationError names all wrong fields."""
    clean: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for name, value in values.items():
        try:
            clean[name] = normalise_one(name, value)
        except ValidationError as error:
            errors[name] = error
    if errors:
        raise ValidationError(errors)
    return clean


def check_fields(obj: models.Model, *, exclude: Collection[str] = ()) -> None:
    """What the row says about itself: fields and `clean()`. Raises ValidationError with field names.

    Leaves uniqueness and constraints, a query each, to `save_checked`.
    """
    obj.full_clean(exclude=set(exclude), validate_unique=False, validate_constraints=False)


def save_checked(obj: models.Model, *, update_fields: Iterable[str] | None = None) -> None:
    """Save inside a savepoint. What PostgreSQL refuses becomes the ValidationError of the broken rule.

    Raises IntegrityError where the model cannot name the rule.
    """
    try:
        with transaction.atomic():
            obj.save(update_fields=update_fields)
    except IntegrityError:
        obj.validate_unique()
        obj.validate_constraints()
        raise
