"""Encrypted model fields and blind indexes.

Values are JSON, encrypted with the first key of FIELD_ENCRYPTION_KEYS and readable with any of them
(rotation: put the new key first, run `manage.py rotate_field_keys`, drop the old one). Only `isnull`
can be queried; exact look-ups go through a `blind_index` column.
"""

import hashlib
import hmac
import json
from datetime import date
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError
from django.core.signals import setting_changed
from django.db import models


@cache
def cipher() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS])


def _forget_cipher(*, setting: str, **kwargs: object) -> None:
    if setting == "FIELD_ENCRYPTION_KEYS":
        cipher.cache_clear()


setting_changed.connect(_forget_cipher)  # only fired by tests that override settings


def blind_index(value: str) -> str:
    """Keyed fingerprint (hex HMAC-SHA256) of a normalised value, for exact look-ups; "" stays ""."""
    if not value:
        return ""
    return hmac.new(settings.BLIND_INDEX_KEY.encode(), value.encode(), hashlib.sha256).hexdigest()


def decrypted(token: str) -> Any:
    """The value of an encrypted column as it stands in the database; an empty one is returned as it is."""
    return json.loads(cipher().decrypt(token)) if token else token


class EncryptedField(models.Field):
    """Base: stores any JSON value as a Fernet token in a text column; empty values stay empty."""

    def get_internal_type(self) -> str:
        return "TextField"

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        if value is None or value == "":
            return value
        return cipher().encrypt(json.dumps(self.to_json(value)).encode()).decode()

    def from_db_value(self, value: str | None, expression: object, connection: object) -> Any:
        return self.from_json(decrypted(value)) if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted: only isnull can be queried.")
        return super().get_lookup(lookup_name)

    def to_json(self, value: Any) -> Any:
        return value

    def from_json(self, value: Any) -> Any:
        return value


class EncryptedTextField(EncryptedField, models.TextField):
    """Text; a short one shows as a single line when `max_length` is given."""


class EncryptedJSONField(EncryptedField):
    """A JSON list or object."""

    def formfield(self, **kwargs: Any) -> Any:
        from django import forms

        return super().formfield(**{"form_class": forms.JSONField, **kwargs})


class EncryptedBooleanField(EncryptedField, models.BooleanField):
    """Yes, no, unknown."""

    def get_internal_type(self) -> str:
        return "TextField"


class EncryptedDateField(EncryptedField, models.DateField):
    """A calendar day."""

    def get_internal_type(self) -> str:
        return "TextField"

    def to_json(self, value: Any) -> Any:
        day = self.to_python(value)
        return day.isoformat() if day else None

    def from_json(self, value: Any) -> Any:
        return date.fromisoformat(value) if value else None
