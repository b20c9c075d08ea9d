from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from apps.accounts.enums import Role


class User(AbstractUser):
    """A member of staff. Rights come from the roles (groups); see `apps.accounts.permissions`."""

    email = models.EmailField(_("email address"), unique=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("member of staff")
        verbose_name_plural = _("staff")

    @cached_property
    def roles(self) -> frozenset[str]:
        if not self.is_active:
            return frozenset()
        if self.is_superuser:
            return frozenset(Role.values)
        return frozenset(self.groups.values_list("name", flat=True)) & frozenset(Role.values)

    @property
    def can_view(self) -> bool:
        return bool(self.roles)

    @property
    def can_work(self) -> bool:
        return bool(self.roles & {Role.COORDINATOR, Role.MANAGER})

    @property
    def can_manage(self) -> bool:
        return Role.MANAGER in self.roles

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username
