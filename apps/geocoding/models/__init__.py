from apps.geocoding.models.lookups import CachedLookup, GeocodingJob, OutsideServer
from apps.geocoding.models.places import PLZ_REGEX, Place, PostalCode, in_germany
from apps.geocoding.models.travel import TravelTime

__all__ = [
    "PLZ_REGEX",
    "CachedLookup",
    "GeocodingJob",
    "OutsideServer",
    "Place",
    "PostalCode",
    "TravelTime",
    "in_germany",
]
