"""Whether what stands encrypted in the database can be read, and with which key."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.doctor import Finding, error, good, looks_at, warning
from apps.core.encryption import EncryptedField, cipher

SAMPLE_ROWS = 200  # of either end of a table: the first that is filled is tried


@looks_at("keys", gettext_lazy("Encryption keys"))
def look(at: datetime) -> Iterable[Finding]:
    count, unreadable, old = _try_samples()
    if unreadable:
        text = _("Cannot be read with any key: %(columns)s.") % {"columns": ", ".join(sorted(unreadable))}
        remedy = _("Add the key these were written with at the end of FIELD_ENCRYPTION_KEYS and restart.")
        yield error(text, remedy)
    if old:
        text = _("Still written with an older key: %(columns)s.") % {"columns": ", ".join(sorted(old))}
        yield warning(text, _("Run manage.py rotate_field_keys before you take the older key out."))
    if not unreadable and not old:
        values = {"keys": len(settings.FIELD_ENCRYPTION_KEYS), "samples": count}
        yield good(_("Keys: %(keys)s; samples read with the first of them: %(samples)s.") % values)


def _try_samples() -> tuple[int, set[str], set[str]]:
    """(number of samples, columns that no key reads, columns that an older key reads)."""
    first = Fernet(settings.FIELD_ENCRYPTION_KEYS[0])
    count, unreadable, old = 0, set(), set()
    for column, token in _samples():
        count += 1
        if not _reads(cipher(), token):
            unreadable.add(column)
        elif not _reads(first, token):
            old.add(column)
    return count, unreadable, old


def _reads(key: object, token: str) -> bool:
    try:
        key.decrypt(token)  # type: ignore[attr-defined]
    except InvalidToken:
        return False
    return True


def _samples() -> Iterator[tuple[str, str]]:
    """("app.Model.field", token) of the oldest and the newest filled row of every encrypted column."""
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, EncryptedField):
                for order in ("pk", "-pk"):
                    if token := _token(model, field.name, order):
                        yield f"{model._meta.label}.{field.name}", token


def _token(model: type[models.Model], name: str, order: str) -> str | None:
    """As it stands in the database: read through a cast, it is not decrypted."""
    ends = model._base_manager.order_by(order).values("pk")[:SAMPLE_ROWS]
    rows = model._base_manager.filter(pk__in=ends).annotate(token=Cast(name, models.TextField()))
    filled = rows.filter(token__isnull=False).exclude(token="").order_by(order)
    return filled.values_list("token", flat=True).first()
