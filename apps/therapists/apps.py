from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TherapistsConfig(AppConfig):
    name = "apps.therapists"
    verbose_name = _("Therapists")

    def ready(self) -> None:
        from apps.therapists import events, places, subscribers, timeline  # noqa: F401  (register themselves)
        from apps.therapists.services import merge, merge_practices  # noqa: F401
