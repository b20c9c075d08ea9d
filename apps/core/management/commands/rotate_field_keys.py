from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt, encrypt
from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import models, transaction

from apps.core.encryption import EncryptedField

SECRETS_OF_FACTORS = frozenset({"secret", "seed"})


class Command(BaseCommand):
    help = "Encrypt every encrypted field again with the first key. Can be stopped and run again at any time."

    def handle(self, *args: Any, **options: Any) -> None:
        for model in apps.get_models():
            fields = [field.name for field in model._meta.fields if isinstance(field, EncryptedField)]
            if fields:
                self.stdout.write(f"{model._meta.label}: {self._rotate(model, fields)} rows")
        self.stdout.write(f"{Authenticator._meta.label}: {self._rotate_second_factors()} rows")

    def _rotate(self, model: type[models.Model], fields: list[str]) -> int:
        ids = list(model._base_manager.order_by("pk").values_list("pk", flat=True))
        return sum(self._rotate_row(model, fields, pk) for pk in ids)

    @transaction.atomic
    def _rotate_row(self, model: type[models.Model], fields: list[str], pk: Any) -> int:
        """Read and write under one lock: what somebody saves meanwhile must not be overwritten."""
        rows = model._base_manager.filter(pk=pk)
        values = rows.select_for_update().values(*fields).first()
        return rows.update(**values) if values is not None else 0

    def _rotate_second_factors(self) -> int:
        ids = list(Authenticator.objects.order_by("pk").values_list("pk", flat=True))
        return sum(self._rotate_second_factor(pk) for pk in ids)

    @transaction.atomic
    def _rotate_second_factor(self, pk: int) -> int:
        factor = Authenticator.objects.select_for_update().filter(pk=pk).first()
        if factor is None:
            return 0
        for name in SECRETS_OF_FACTORS & factor.data.keys():
            factor.data[name] = encrypt(decrypt(factor.data[name]))
        factor.save(update_fields=["data"])
        return 1
