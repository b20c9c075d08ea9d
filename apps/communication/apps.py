from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommunicationConfig(AppConfig):
    name = "apps.communication"
    verbose_name = _("Communication")

    def ready(self) -> None:
        from apps.communication import (  # noqa: F401  (register themselves)
            doctor,
            events,
            gates,
            merging,
            stories,
        )
