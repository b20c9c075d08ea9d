from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GeocodingConfig(AppConfig):
    name = "apps.geocoding"
    label = "geocoding"
    verbose_name = _("Places")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.geocoding import doctor, events  # noqa: F401  (register themselves)
