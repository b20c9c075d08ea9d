from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin import WrittenByServices
from apps.geocoding.models import CachedLookup, GeocodingJob, OutsideServer, Place, PostalCode, TravelTime


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


@admin.register(GeocodingJob)
class GeocodingJobAdmin(WrittenByServices):
    """The page of places is for staff; this is the row behind it."""

    list_display = ["kind", "object_id", "outcome", "precision", "reason", "waiting_since", "tried_at"]
    list_filter = ["kind", "outcome", "precision", "provenance", "reason"]
    search_fields = ["=object_id"]


@admin.register(OutsideServer)
class OutsideServerAdmin(WrittenByServices):
    list_display = ["name", "failures", "open_until", "failed_at", "reply", "next_free_at", "quiet_until"]


@admin.register(CachedLookup)
class CachedLookupAdmin(WrittenByServices):
    """Without the answers: among them are the points of patients' homes."""

    list_display = ["short_key", "is_found", "fetched_at", "expires_at"]
    list_filter = ["is_found"]
    fields = ["short_key", "is_found", "fetched_at", "expires_at"]

    @admin.display(description=_("fingerprint of the query"))
    def short_key(self, row: CachedLookup) -> str:
        return str(row)


@admin.register(TravelTime)
class TravelTimeAdmin(WrittenByServices):
    """Without the points: among them are patients' homes."""

    list_display = ["pk", "mode", "source", "seconds", "metres", "fetched_at", "expires_on"]
    list_filter = ["mode", "source"]
    fields = ["mode", "source", "seconds", "metres", "fetched_at", "expires_on"]
