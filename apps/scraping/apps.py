from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ScrapingConfig(AppConfig):
    name = "apps.scraping"
    verbose_name = _("Imports")

    def ready(self) -> None:
        from apps.scraping import (  # noqa: F401  (register themselves)
            doctor,
            events,
            file_kinds,
            merging,
            sections,
        )
