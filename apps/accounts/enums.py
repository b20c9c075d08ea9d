from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a member of staff may do. Stored as membership of the group of the same name."""

    VIEWER = "viewer", _("Viewer: reads, changes nothing")
    COORDINATOR = "coordinator", _("Coordinator: does the daily work")
    MANAGER = "manager", _("Manager: also parameters, staff and deletions")
