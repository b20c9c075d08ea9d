"""Registrations from a website: handed in, and what has become of them."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Status

from apps.gateway import paging, versions
from apps.gateway.access import note_access
from apps.gateway.enums import Scope
from apps.gateway.fields import RowId
from apps.gateway.principal import principal
from apps.gateway.routing import Endpoints
from apps.intake.api.schemas import RegistrationOut, RegistrationQuery, RegistrationsOut
from apps.intake.enums import OPEN
from apps.intake.models import Registration
from apps.intake.schema import RegistrationIn
from apps.intake.services import receiving
from apps.intake.services.receiving import Origin

endpoints = Endpoints(tags=["registrations"])
SORTS = {"id": ("id",), "received_at": ("received_at", "id")}
UNSEEN = ("payload", "corrected")  # costs decrypting and is never shown


@endpoints.post(
    "",
    scope=Scope.REGISTRATIONS_WRITE,
    answer=RegistrationOut,
    status=202,
    operation_id="hand_in_registration",
    summary="Hand in a registration",
)
def hand_in(request: HttpRequest, response: HttpResponse, data: RegistrationIn) -> Any:
    """Staged for a person to look at. The same `external_reference` with the same content answers with the
    registration that is there already, with other content 409. Where an e-mail address is given, a letter
    asks its owner to confirm it."""
    who = principal(request)
    origin = Origin(client=who.client)
    received = receiving.receive(data=data, origin=origin, actor=who.account, at=timezone.now())
    response["Location"] = f"{request.path}/{received.registration.pk}"
    _show(request, response, received.registration, "hand_in_registration")
    return Status(202, received.registration)


@endpoints.get(
    "",
    scope=Scope.REGISTRATIONS_READ,
    answer=RegistrationsOut,
    operation_id="list_registrations",
    summary="Registrations and what has become of them",
)
def list_registrations(request: HttpRequest, query: Query[RegistrationQuery]) -> paging.Page:
    rows = _chosen(query.status, query.since)
    page = paging.page(rows, query, SORTS)
    _note(request, page.items, "list_registrations")
    return page


@endpoints.get(
    "/{registration_id}",
    scope=Scope.REGISTRATIONS_READ,
    answer=RegistrationOut,
    operation_id="read_registration",
    summary="What has become of a registration",
)
def read_registration(request: HttpRequest, response: HttpResponse, registration_id: RowId) -> Registration:
    registration = get_object_or_404(Registration.objects.defer(*UNSEEN), pk=registration_id)
    _show(request, response, registration, "read_registration")
    return registration


def _chosen(status: str, since: datetime | None) -> QuerySet[Registration]:
    rows = Registration.objects.defer(*UNSEEN)
    if status:
        rows = rows.filter(status__in=OPEN if status == "open" else [status])
    return rows.filter(received_at__gte=since) if since else rows


def _show(request: HttpRequest, response: HttpResponse, row: Registration, operation: str) -> None:
    versions.show(response, row)
    _note(request, [row], operation)


def _note(request: HttpRequest, rows: list[Registration], operation: str) -> None:
    """Whose registration it was is something about a patient, once there is one."""
    note_access(request, (row.patient_id for row in rows), operation)
