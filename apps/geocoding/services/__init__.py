from apps.geocoding.services.places import (
    PLACES_FILE,
    POSTAL_CODES_FILE,
    FactsError,
    LoadResult,
    load_places,
)

__all__ = ["PLACES_FILE", "POSTAL_CODES_FILE", "FactsError", "LoadResult", "load_places"]
