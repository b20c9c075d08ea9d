"""What the endpoints of matching share: who is looked at, rows by id, sentences, parts of a score."""

from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core import parameters as operating
from apps.core.parameters import Parameters
from apps.gateway.enums import Scope
from apps.gateway.principal import principal
from apps.gateway.problems import Forbidden
from apps.matching import phrases, score_terms
from apps.matching.engine.reasons import Reason

M = TypeVar("M", bound=Model)
HEALTH_REASONS = frozenset({Reason.DIAGNOSIS_UNKNOWN, Reason.DIAGNOSIS_NOT_WISHED})
FREE_TEXT_REASONS = frozenset({Reason.EXCLUDED_BY_PATIENT})  # their facts are what somebody wrote
Told = dict[str, Any]


def acting(request: HttpRequest) -> Told:
    """`actor` and `at` for a service."""
    return {"actor": principal(request).account, "at": timezone.now()}


def acting_today(request: HttpRequest) -> Told:
    return {**acting(request), "today": timezone.localdate()}


def may_see_health(request: HttpRequest) -> bool:
    return principal(request).may(Scope.HEALTH_READ)


def require_health_for(request: HttpRequest, text: str) -> None:
    """Free text about a patient may be health data. Raises Forbidden."""
    if text and not principal(request).may(Scope.HEALTH_WRITE):
        raise Forbidden(Scope.HEALTH_WRITE)


def found(rows: QuerySet[M], pk: int) -> M:
    """The row of a path. Raises Http404."""
    row = rows.filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def narrowed(rows: QuerySet[M], **filters: Any) -> QuerySet[M]:
    """By those filters that were asked for."""
    return rows.filter(**{name: value for name, value in filters.items() if value is not None})


def named(rows: QuerySet[M], pk: int, field: str) -> M:
    """The row a body names. Raises ValidationError with the field."""
    row = rows.filter(pk=pk).first()
    if row is None:
        raise ValidationError({field: _("There is no such row.")})
    return row


def at_its_place(request: HttpRequest, response: HttpResponse, pk: int) -> None:
    """Where a row that a POST to its list has made can be read."""
    response["Location"] = f"{request.path.rstrip('/')}/{pk}"


def parameters_of(at: datetime) -> Parameters:
    return operating.current(at=at)


def number(value: float | None) -> float | None:
    """None for what the engine could not work out."""
    return float(value) if value is not None and isfinite(value) else None


def reason_told(request: HttpRequest, reason: Reason) -> Told:
    return coded(reason, phrases.REASONS[reason], is_told=_is_told(request, reason))


def blocking_told(request: HttpRequest, reason: Reason | None) -> Told | None:
    if reason is None:
        return None
    return coded(reason, phrases.blocked_by(reason), is_told=_is_told(request, reason))


def coded(code: str, sentence: object, *, is_told: bool = True) -> Told:
    return {"code": str(code), "sentence": str(sentence) if is_told else ""}


def score_parts(
    parts: Mapping[str, float],
    parameters: Parameters,
    *,
    distance_km: float | None,
    common_minutes: int | None,
) -> list[Told]:
    """None where the engine could not work one out: no place, no way."""
    if not all(isfinite(value) for value in parts.values()):
        return []
    terms = score_terms.terms(
        parts=parts, parameters=parameters, distance_km=distance_km, common_minutes=common_minutes
    )
    return [
        {
            "code": term.code,
            "label": str(term.label),
            "words": term.words,
            "value": parts[term.code],
            "weight": float(parameters.values[f"weight_{term.code}"]),
        }
        for term in terms
    ]


def _is_told(request: HttpRequest, reason: Reason) -> bool:
    return reason not in HEALTH_REASONS or may_see_health(request)
