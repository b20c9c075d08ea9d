from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntakeConfig(AppConfig):
    name = "apps.intake"
    verbose_name = _("Registrations")

    def ready(self) -> None:
        from apps.intake import events, gates, letters, timeline  # noqa: F401  (register themselves)
