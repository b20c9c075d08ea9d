from typing import Any

import redis
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection


class Command(BaseCommand):
    help = "Say in one sentence whether PostgreSQL and Redis can be reached."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self._check_postgres()
        self._check_redis()

    def _check_postgres(self) -> None:
        try:
            connection.ensure_connection()
        except OperationalError as error:
            reason = str(error).strip().splitlines()[0]
            raise CommandError(
                f"PostgreSQL does not answer: {reason}\n"
                "Start the server that DATABASE_URL names, or unset DATABASE_URL to use the embedded one."
            ) from None

    def _check_redis(self) -> None:
        if settings.REDIS_URL is None:
            return
        try:
            redis.from_url(settings.REDIS_URL, socket_connect_timeout=3).ping()
        except redis.RedisError as error:
            raise CommandError(
                f"Redis does not answer: {error}\n"
                "Start the server that REDIS_URL names, or unset REDIS_URL to use the embedded one."
            ) from None
