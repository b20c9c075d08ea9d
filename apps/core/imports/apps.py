from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ImportsConfig(AppConfig):
    name = "apps.core.imports"
    label = "imports"
    verbose_name = _("Files in and out")

    def ready(self) -> None:
        from apps.core.imports import doctor  # noqa: F401  (registers itself)
