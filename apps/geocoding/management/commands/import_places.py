from apps.geocoding.management.facts import FactsCommand
from apps.geocoding.services.facts import import_places


class Command(FactsCommand):
    help = (
        "Insert or update towns from GeoNames' table (cities500.txt, the gazetteer's DE.txt, or a ZIP) "
        "or a CSV with the packaged columns. Bad lines are named, the rest goes in. "
        "A second run changes nothing."
    )
    what = "towns"
    take = staticmethod(import_places)
