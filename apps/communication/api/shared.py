"""What the endpoints of communication share: rows with their history, and the log of who looked."""

from typing import Annotated, Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Schema
from pydantic import AwareDatetime, Field

from apps.communication.selectors.concerned import patient_ids
from apps.gateway.access import note_access
from apps.gateway.enums import Scope
from apps.gateway.fields import In, Text
from apps.gateway.principal import principal

HEALTH = "Only with the scope health:read, else null"
SIGNED = 2**31 - 1

Reason = Annotated[Text, Field(min_length=1, description="Why; kept in the history")]


class ContactReasonIn(In):
    reason: Reason


class ContactStepOut(Schema):
    """One step of a history; `actor` is empty where the system took it."""

    old: str
    new: str
    at: AwareDatetime
    actor: str
    reason: str

    @staticmethod
    def resolve_actor(step: Any) -> str:
        return step.actor.display_name if step.actor else ""


def may_read_health(context: dict[str, Any]) -> bool:
    return principal(context["request"]).may(Scope.HEALTH_READ)


def with_history(rows: QuerySet[Any]) -> QuerySet[Any]:
    history = rows.model.history.rel.related_model.objects  # type: ignore[attr-defined]
    return rows.prefetch_related(Prefetch("history", queryset=history.select_related("actor")))


def found(rows: QuerySet[Any], pk: int) -> Any:
    """Raises Http404."""
    return get_object_or_404(rows, pk=pk)


def note_access_to_row(request: HttpRequest, row: Any, operation: str) -> None:
    """With its words it speaks of everybody in the inquiry; without them of the patient it names."""
    if principal(request).may(Scope.HEALTH_READ):
        note_access(request, patient_ids(row), operation)
    else:
        note_access(request, [getattr(row, "patient_id", None)], operation)
