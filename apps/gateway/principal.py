"""Who asks: a client with a token, or a member of staff with a session."""

from dataclasses import dataclass

from django.http import HttpRequest

from apps.accounts.models import User
from apps.gateway.enums import VIEWER_SCOPES, WORKER_SCOPES, Scope
from apps.gateway.models import ApiClient


@dataclass(frozen=True)
class Principal:
    """`account` acts in histories and in the access log, for a client its own account."""

    account: User
    scopes: frozenset[str]
    client: ApiClient | None = None

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes


def of_staff(user: User) -> Principal:
    scopes = WORKER_SCOPES if user.can_work else VIEWER_SCOPES if user.can_view else frozenset()
    return Principal(account=user, scopes=frozenset(scopes))


def of_client(client: ApiClient) -> Principal:
    return Principal(account=client.account, scopes=frozenset(client.scopes), client=client)


def principal(request: HttpRequest) -> Principal:
    """Of a request that an endpoint has let in."""
    found: Principal = request.principal  # type: ignore[attr-defined]
    return found
