"""Who can manage the installation, and whether a stolen password would be enough for it."""

from collections.abc import Iterable
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.accounts.models import User
from apps.core.doctor import Finding, good, looks_at, warning

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


@looks_at("superusers", gettext_lazy("Superusers"))
def look(at: datetime) -> Iterable[Finding]:
    superusers = User.objects.filter(is_superuser=True, is_active=True)
    count = superusers.count()
    if not count:
        return [
            warning(_("There is none: nobody can give rights."), _("Create one: manage.py createsuperuser."))
        ]
    bare = superusers.exclude(authenticator__type__in=FACTORS).count()
    if bare:
        return [_about_bare(bare)]
    return [good(_("All have a second factor (%(count)s).") % {"count": count})]


def _about_bare(count: int) -> Finding:
    text = ngettext(
        "%(count)s superuser has no second factor.", "%(count)s superusers have no second factor.", count
    )
    remedy = _("Let them log in once: they are then led to set it up.")
    if not settings.REQUIRE_SECOND_FACTOR:
        remedy = _("Set REQUIRE_SECOND_FACTOR=true; at the next log-in they are led to set it up.")
    return warning(text % {"count": count}, remedy)
