from django.urls import path

from apps.geocoding.views import places

app_name = "geocoding"
urlpatterns = [
    path("", places.show, name="places"),
    path("again/", places.try_all_again, name="try_all_again"),
    path("<int:pk>/again/", places.try_again, name="try_again"),
    path("check/<slug:kind>/<int:pk>/", places.check, name="check"),
    path("check/<slug:kind>/<int:pk>/ask/", places.ask, name="ask"),
]
