from django.urls import path

from apps.workspace.views import events

app_name = "events"
urlpatterns = [
    path("", events.show, name="list"),
    path("parked/", events.parked, name="parked"),
    path("parked/redrive/", events.redrive_parked, name="redrive_parked"),
    path("<int:pk>/", events.detail, name="event"),
    path("<int:pk>/redrive/", events.redrive, name="redrive"),
]
