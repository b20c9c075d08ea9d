from apps.geocoding.models.places import PLZ_REGEX, Place, PostalCode, in_germany

__all__ = ["PLZ_REGEX", "Place", "PostalCode", "in_germany"]
