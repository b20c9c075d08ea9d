from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.gateway.enums import Scope
from apps.gateway.models import ApiClient
from apps.gateway.services import clients


class Command(BaseCommand):
    help = "Issue a token for a client of the interface, made where there is none; shown this once, last."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        scopes = parser.add_mutually_exclusive_group()
        scopes.add_argument("--scope", action="append", default=[], choices=Scope.values)
        scopes.add_argument("--all-scopes", action="store_true")
        parser.add_argument("--requests-per-minute", type=int, default=120)
        parser.add_argument("--days", type=int, default=30, help="how long the token is valid")

    def handle(self, *args: Any, **options: Any) -> None:
        scopes = Scope.values if options["all_scopes"] else options["scope"]
        at = timezone.now()
        try:
            client = ApiClient.objects.filter(name=options["name"]).first() or clients.create(
                name=options["name"], scopes=scopes, requests_per_minute=options["requests_per_minute"]
            )
            _token, secret = clients.issue_token(
                client=client, actor=None, at=at, expires_at=at + timedelta(days=options["days"])
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(
            f"{client.name} may {', '.join(client.scopes) or 'do nothing yet'}; token:\n{secret}"
        )
