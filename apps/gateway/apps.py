from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GatewayConfig(AppConfig):
    name = "apps.gateway"
    verbose_name = _("Interfaces")

    def ready(self) -> None:
        from apps.gateway import doctor  # noqa: F401  (registers itself)
