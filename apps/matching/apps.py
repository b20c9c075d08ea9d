from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MatchingConfig(AppConfig):
    name = "apps.matching"
    verbose_name = _("Matching")

    def ready(self) -> None:
        from apps.matching import (  # noqa: F401  (register themselves)
            call_outcomes,
            call_reasons,
            doctor,
            events,
            gates,
            inbound,
            merging,
            stories,
            subscribers,
        )
