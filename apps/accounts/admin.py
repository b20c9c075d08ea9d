from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User


@admin.register(User)
class StaffAdmin(UserAdmin):
    list_display = ("username", "email", "first_name", "last_name", "is_active", "role_names", "last_login")
    list_filter = ("is_active", "groups")

    add_fieldsets = (
        *UserAdmin.add_fieldsets,
        (_("Person"), {"fields": ("email", "first_name", "last_name", "groups", "is_staff")}),
    )

    @admin.display(description=_("roles"))
    def role_names(self, user: User) -> str:
        return ", ".join(sorted(user.roles))
