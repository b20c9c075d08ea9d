from django.urls import path

from apps.workspace.views import search, today

app_name = "workspace"
urlpatterns = [
    path("", today.today, name="today"),
    path("search/", search.search, name="search"),
]
