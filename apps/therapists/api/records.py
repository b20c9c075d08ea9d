"""What the endpoints of this app share: one therapist as shown, and changes of what was seen."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import StaleState
from apps.core.weekly import Interval
from apps.gateway import versions
from apps.gateway.problems import Precondition
from apps.therapists import selectors
from apps.therapists.api.inputs import WorkplaceIn
from apps.therapists.api.queries import last_contact_at
from apps.therapists.enums import HoursKind
from apps.therapists.models import Practice, Therapist
from apps.therapists.services import practices


def therapist_or_404(pk: int) -> Therapist:
    return get_object_or_404(Therapist, pk=pk)


def shown(response: HttpResponse, pk: int) -> Any:
    """The whole record with what a row of `schemas.TherapistOut` needs, and its ETag."""
    rows = selectors.with_last_contact(selectors.with_pause(Therapist.objects.all(), timezone.localdate()))
    whole = selectors.with_offer(selectors.with_rows_around(rows)).prefetch_related("hours")
    found: Any = get_object_or_404(whole, pk=pk)
    versions.show(response, found)
    found.phone_hours = intervals(selectors.hours(found, HoursKind.PHONE))
    found.working_hours = working_hours(found)
    return with_answers(found)


def with_answers(therapist: Any) -> Any:
    """A row of the list with what is worked out of it: no query."""
    therapist.contact = selectors.contact_state(therapist, timezone.localdate())
    therapist.last_contact_at = last_contact_at(therapist)
    return therapist


def working_hours(therapist: Therapist) -> list[dict[str, int]] | None:
    if not therapist.is_working_hours_known:
        return None
    return intervals(selectors.hours(therapist, HoursKind.WORKING))


def intervals(hours: list[Interval]) -> list[dict[str, int]]:
    return [{"weekday": day, "start_minute": start, "end_minute": end} for day, start, end in hours]


@contextmanager
def seen(request: HttpRequest, row: Therapist | Practice) -> Iterator[datetime]:
    """The version the client saw. Who loses a race against it is told 412, as if it had been lost before."""
    try:
        yield versions.seen_at(request, row)
    except StaleState as error:
        raise Precondition(412) from error


def resolved(workplaces: list[WorkplaceIn]) -> list[Practice | dict[str, Any]]:
    """As the services take them. Raises ValidationError that names the workplace."""
    known = Practice.objects.in_bulk([one.practice_id for one in workplaces if one.practice_id])
    return [_resolved(position, one, known) for position, one in enumerate(workplaces)]


def _resolved(position: int, one: WorkplaceIn, known: dict[int, Practice]) -> Practice | dict[str, Any]:
    if one.practice_id is not None:
        if one.practice_id not in known:
            raise ValidationError({f"workplaces.{position}.practice_id": _("There is no such practice.")})
        return known[one.practice_id]
    data = one.practice.dict() if one.practice else {}
    try:
        practices.check(data=data)
    except ValidationError as error:
        raise ValidationError(
            {f"workplaces.{position}.practice.{name}": wrong for name, wrong in error.error_dict.items()}
        ) from error
    return data
