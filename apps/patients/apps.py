from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PatientsConfig(AppConfig):
    name = "apps.patients"
    verbose_name = _("Patients")

    def ready(self) -> None:
        from apps.patients import events, timeline  # noqa: F401  (register themselves)
