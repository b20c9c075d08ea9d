from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.geocoding.services import PLACES_FILE, POSTAL_CODES_FILE, FactsError, load_places


class Command(BaseCommand):
    help = (
        "Insert or update towns and postal codes from the packaged tables (or files with the same columns)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--places", type=Path, default=PLACES_FILE, metavar="CSV")
        parser.add_argument("--postal-codes", type=Path, default=POSTAL_CODES_FILE, metavar="CSV")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            result = load_places(places_file=options["places"], postal_codes_file=options["postal_codes"])
        except FactsError as error:
            raise CommandError(str(error)) from error
        if options["verbosity"]:
            self.stdout.write(f"{result.places} places, {result.postal_codes} postal codes")
