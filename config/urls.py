from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from apps.core import health
from config.api import api_urls

# One log-in for everything, with its throttle and second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", include("apps.workspace.urls")),
    path("importe/", include("apps.workspace.import_urls")),
    path("events/", include("apps.workspace.event_urls")),
    path("patients/", include("apps.patients.urls")),
    path("therapists/", include("apps.therapists.urls")),
    path("places/", include("apps.geocoding.urls")),
    path("", include("apps.scraping.urls")),
    path("", include("apps.intake.urls")),
    path("", include("apps.matching.urls")),
    path("", include("apps.communication.urls")),
    path("schnittstellen/", include("apps.gateway.urls")),
    path("api/v1/", include("apps.workspace.interface_urls")),
    path("api/v1/", api_urls()),
    path("accounts/", include("allauth.urls")),
    path("i18n/setlang/", login_not_required(set_language), name="set_language"),
    path("admin/", admin.site.urls),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("version", health.version, name="version"),
]

# What a mail provider reports comes in only where a secret guards it.
if settings.ANYMAIL.get("WEBHOOK_SECRET"):
    urlpatterns.append(path("anymail/", include("apps.communication.webhooks")))
