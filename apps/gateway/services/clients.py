"""Clients and their tokens."""

import hashlib
import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.errors import StaleState
from apps.core.saving import check_fields, save_checked
from apps.gateway.enums import Scope
from apps.gateway.models import ApiClient, ApiToken

log = structlog.get_logger(__name__)

PREFIX = "ptv_"
SHOWN = 12
LONGEST_LIFE = timedelta(days=730)
USED_EVERY = timedelta(minutes=1)  # how exactly the last use is kept


@transaction.atomic
def create(*, name: str, scopes: Iterable[str], requests_per_minute: int = 120, note: str = "") -> ApiClient:
    """A client with an account of its own that nobody can log in with. Raises ValidationError."""
    account = User(
        username=f"api:{name}"[:150], email=_no_mailbox(name), first_name=name[:150], is_active=False
    )
    account.set_unusable_password()
    save_checked(account)
    client = ApiClient(
        name=name, account=account, scopes=_known(scopes), requests_per_minute=requests_per_minute, note=note
    )
    check_fields(client)
    save_checked(client)
    return client


def update(
    *,
    client: ApiClient,
    scopes: Iterable[str],
    requests_per_minute: int,
    is_active: bool,
    note: str | None = None,
) -> None:
    """The name stays: it stands in histories. Raises ValidationError."""
    client.scopes, client.requests_per_minute, client.is_active = (
        _known(scopes),
        requests_per_minute,
        is_active,
    )
    client.note = client.note if note is None else note
    client.save(update_fields=["scopes", "requests_per_minute", "is_active", "note", "updated_at"])


def issue_token(
    *,
    client: ApiClient,
    actor: Any,
    at: datetime,
    expires_at: datetime,
    once_key: uuid.UUID | None = None,
) -> tuple[ApiToken, str]:
    """The row and the secret, which is shown this once. Raises ValidationError for an end in the past,
    StaleState where the form with this `once_key` was sent before."""
    if not at < expires_at <= at + LONGEST_LIFE:
        raise ValidationError({"expires_at": _("Between now and two years from now, please.")})
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        client=client,
        shown=secret[:SHOWN],
        digest=digest(secret),
        created_at=at,
        created_by=actor,
        expires_at=expires_at,
        once_key=once_key,
    )
    _save_once(token)
    log.info("api_token_issued", token_id=token.pk, client_id=client.pk, user_id=getattr(actor, "pk", None))
    return token, secret


def _save_once(token: ApiToken) -> None:
    try:
        with transaction.atomic():
            token.save()
    except IntegrityError as error:
        text = _(
            "This token has been issued already, and its secret stood in the first answer only. If nobody "
            "has seen it, please revoke the token and issue another one."
        )
        raise StaleState(text) from error


def revoke(*, token: ApiToken, at: datetime, actor: Any = None) -> None:
    """From now on it opens nothing. Twice is once."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=at):
        user_id = getattr(actor, "pk", None)
        log.info("api_token_revoked", token_id=token.pk, client_id=token.client_id, user_id=user_id)


def client_of(*, secret: str, at: datetime) -> ApiClient | None:
    """The client of a valid token; notes its use. None for anything else, without telling why."""
    tokens = ApiToken.objects.select_related("client__account")
    token = tokens.filter(digest=digest(secret), revoked_at__isnull=True, expires_at__gt=at).first()
    if token is None or not token.client.is_active:
        return None
    if token.last_used_at is None or token.last_used_at < at - USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=at)
    return token.client


def digest(secret: str) -> str:
    """A long random secret needs no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _known(scopes: Iterable[str]) -> list[str]:
    given = set(scopes)
    if unknown := given - set(Scope.values):
        raise ValidationError({"scopes": _("Unknown: %(names)s") % {"names": ", ".join(sorted(unknown))}})
    return sorted(given)


def _no_mailbox(name: str) -> str:
    """Accounts have an address each; nothing is ever sent to this one (RFC 2606)."""
    return f"{hashlib.sha256(name.encode()).hexdigest()[:16]}@client.invalid"
