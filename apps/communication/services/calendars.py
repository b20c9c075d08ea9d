"""The secret address of a coordinator's calendar of calls. Only its fingerprint is kept."""

import hashlib
import secrets
from datetime import datetime, timedelta

from apps.accounts.models import User
from apps.communication.models import CalendarFeed

TOKEN_BYTES = 32
NOTED_EVERY = timedelta(hours=1)


def renew(*, user: User, at: datetime) -> str:
    """A new address; the one before stops working. The token is returned once and never again."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    values = {"token_hash": fingerprint(token), "created_at": at, "last_read_at": None}
    CalendarFeed.objects.update_or_create(user=user, defaults=values)
    return token


def revoke(*, user: User) -> None:
    """Nobody reads this calendar any more. Twice is once."""
    CalendarFeed.objects.filter(user=user).delete()


def reader(*, token: str) -> CalendarFeed | None:
    """Whose calendar it is; None for an unknown token and for people who no longer work here."""
    feed = CalendarFeed.objects.select_related("user").filter(token_hash=fingerprint(token)).first()
    return feed if feed is not None and feed.user.can_view else None


def note_reading(*, feed: CalendarFeed, at: datetime) -> None:
    """So that its owner sees whether anybody reads it; about once an hour is enough."""
    if feed.last_read_at is None or feed.last_read_at <= at - NOTED_EVERY:
        CalendarFeed.objects.filter(pk=feed.pk).update(last_read_at=at)


def fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
