"""Who may do what: three steps, each includes the one before. Deny by default.

Every view of the back office carries exactly one of `viewing`, `working`, `managing`; the URL matrix
in the tests fails for a view without one. Anonymous people never get here (LoginRequiredMiddleware).
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.core.errors import NotAllowed

View = Callable[..., HttpResponse]

# Rows that only a manager may change in the admin, and rows nobody may (they are written by services).
MANAGED_APPS = frozenset({"accounts", "auth", "core", "events", "gateway", "mfa", "account"})


def _guard(view: View, right: str) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not getattr(request.user, right, False):
            raise NotAllowed(_("Your role does not allow this. Please ask the management."))
        return view(request, *args, **kwargs)

    guarded.required_right = right  # type: ignore[attr-defined]  # read by the URL matrix test
    return guarded


def viewing(view: View) -> View:
    return _guard(view, "can_view")


def working(view: View) -> View:
    return _guard(view, "can_work")


def managing(view: View) -> View:
    return _guard(view, "can_manage")


class RoleBackend(ModelBackend):
    """Model permissions (used by the admin) derived from the roles; nothing to keep in step in tables."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        if not isinstance(user_obj, User) or not user_obj.is_active:
            return False
        app, _dot, codename = perm.partition(".")
        if codename.startswith("view_") and app not in MANAGED_APPS:
            return user_obj.can_view
        if codename.startswith(("add_", "change_")) and app not in MANAGED_APPS:
            return user_obj.can_work
        return user_obj.can_manage

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        if not isinstance(user_obj, User):
            return False
        return user_obj.can_manage if app_label in MANAGED_APPS else user_obj.can_view
