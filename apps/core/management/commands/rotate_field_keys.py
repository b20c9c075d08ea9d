from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import models

from apps.core.encryption import EncryptedField


class Command(BaseCommand):
    help = "Encrypt every encrypted field again with the first key. Can be stopped and run again at any time."

    def handle(self, *args: Any, **options: Any) -> None:
        for model in apps.get_models():
            fields = [field.name for field in model._meta.fields if isinstance(field, EncryptedField)]
            if fields:
                self.stdout.write(f"{model._meta.label}: {self._rotate(model, fields)} rows")

    def _rotate(self, model: type[models.Model], fields: list[str]) -> int:
        count = 0
        for row in model._base_manager.only("pk", *fields).order_by("pk").iterator(chunk_size=500):
            model._base_manager.filter(pk=row.pk).update(**{name: getattr(row, name) for name in fields})
            count += 1
        return count
