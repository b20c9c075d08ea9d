"""The project's addresses with those of the mail provider, as config.urls has them where a secret is set."""

from django.urls import include, path

from config.urls import urlpatterns as ours

urlpatterns = [*ours, path("anymail/", include("apps.communication.webhooks"))]
