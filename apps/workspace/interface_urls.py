from django.urls import path

from apps.workspace.views import interface

app_name = "interface"
urlpatterns = [
    path("docs/", interface.show, name="documentation"),
    path("openapi.json", interface.openapi, name="document"),
]
