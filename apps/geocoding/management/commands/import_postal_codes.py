from apps.geocoding.management.facts import FactsCommand
from apps.geocoding.services.facts import import_postal_codes


class Command(FactsCommand):
    help = (
        "Insert or update postal codes from GeoNames' table (DE.txt, or the DE.zip it comes in) or a CSV "
        "with the packaged columns. Bad lines are named, the rest goes in; a second run changes nothing."
    )
    what = "postal codes"
    take = staticmethod(import_postal_codes)
