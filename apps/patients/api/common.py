"""What the endpoints about one patient share: the row, the log of accesses, names of wrong fields."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from apps.gateway.enums import Scope
from apps.gateway.principal import principal
from apps.gateway.problems import Forbidden
from apps.patients.models import SECRET_FIELDS, Insurer, Patient

INSURER = {"insurer": "insurer_id"}  # how the service calls it, how the client does


def plain(patient_id: int) -> Patient:
    """The patient with nothing decrypted. Raises Http404."""
    return get_object_or_404(Patient.objects.defer(*SECRET_FIELDS), pk=patient_id)


def whole(patient_id: int) -> Patient:
    return get_object_or_404(Patient, pk=patient_id)


def held(patient_id: int) -> Patient:
    """To be changed by this request, which is one transaction: the row that is compared with If-Match is
    the row that is written, and whoever comes at the same moment waits and is then too late."""
    rows = Patient.objects.defer(*SECRET_FIELDS).select_for_update(of=("self",))
    return get_object_or_404(rows, pk=patient_id)


def demand(request: HttpRequest, scope: Scope) -> None:
    """For a part of a request that needs more than its operation. Raises Forbidden."""
    if not principal(request).may(scope):
        raise Forbidden(scope)


@contextmanager
def wrong_fields_as(names: Mapping[str, str]) -> Iterator[None]:
    """A field that a service finds wrong is told under the path at which the client wrote it."""
    try:
        yield
    except ValidationError as error:
        if not hasattr(error, "error_dict"):
            raise
        found: dict[str, Any] = {names.get(name, name): text for name, text in error.error_dict.items()}
        raise ValidationError(found) from error


def with_insurer(values: dict[str, Any]) -> dict[str, Any]:
    """The same with the row instead of `insurer_id`. Raises ValidationError for one that is not there."""
    if "insurer_id" not in values:
        return values
    pk = values.pop("insurer_id")
    insurer = Insurer.objects.filter(pk=pk).first() if pk else None
    if pk and insurer is None:
        raise ValidationError({"insurer_id": _("There is no such insurer.")})
    return {**values, "insurer": insurer}
