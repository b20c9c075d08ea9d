from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PatientsConfig(AppConfig):
    name = "apps.patients"
    verbose_name = _("Patients")

    def ready(self) -> None:
        from apps.patients import events, file_kind, places, subscribers, timeline  # noqa: F401  (register themselves)
        from apps.patients.services import merge  # noqa: F401
