from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkspaceConfig(AppConfig):
    name = "apps.workspace"
    verbose_name = _("Workspace")

    def ready(self) -> None:
        from apps.workspace import quality  # noqa: F401  (registers itself)
