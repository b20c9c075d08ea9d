from django.contrib import admin

from apps.geocoding.models import Place, PostalCode


@admin.register(Place)
class PlaceAdmin(admin.ModelAdmin):
    list_display = ["name", "state", "population", "latitude", "longitude"]
    list_filter = ["state"]
    search_fields = ["name", "sort_key"]
    readonly_fields = ["sort_key"]


@admin.register(PostalCode)
class PostalCodeAdmin(admin.ModelAdmin):
    list_display = ["plz", "place_name", "state", "latitude", "longitude"]
    list_filter = ["state"]
    search_fields = ["^plz", "place_name"]
