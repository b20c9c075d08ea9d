"""Practices as records whose address is turned into a point (`geocoding.targets`)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.events.catalogue import subscribe
from apps.events.models import DomainEvent
from apps.geocoding import targets
from apps.geocoding.addresses import Address
from apps.geocoding.enums import Precision
from apps.geocoding.services import jobs
from apps.geocoding.services.lookup import Found
from apps.geocoding.targets import Spot
from apps.therapists.models import Practice, Workplace
from apps.therapists.services import contact_groups, practices

KIND = "practice"


def spots(object_ids: Sequence[int]) -> dict[int, Spot]:
    rows = Practice.objects.filter(pk__in=object_ids).prefetch_related("workplaces__therapist")
    return {practice.pk: _spot(practice) for practice in rows}


@transaction.atomic
def place(*, object_id: int, address: Address, found: Found, at: datetime) -> bool:
    """Save the point and tell the therapists' searches; False where the address or a hand was quicker."""
    contact_groups.hold()
    practice = Practice.objects.select_for_update().filter(pk=object_id).first()
    if practice is None or practice.precision == Precision.MANUAL or _address(practice) != address:
        return False
    changes: dict[str, Any] = {
        "latitude": found.latitude,
        "longitude": found.longitude,
        "precision": found.precision,
    }
    if found.state is not None:
        changes["state"] = found.state
    practices.update_practice(practice=practice, changes=changes, actor=None, at=at)
    return True


@subscribe("therapist.moved")
def queue_practices(event: DomainEvent) -> None:
    """A new address is looked up; a new point alone is ours already or was set by hand."""
    numbers = list(
        Workplace.objects.filter(therapist_id=int(event.subject_id)).values_list("practice_id", flat=True)
    )
    if practices.ADDRESS & set(event.payload.get("changed", [])):
        jobs.queue(kind=KIND, object_ids=numbers, at=event.occurred_at, has_moved=True)
    else:
        jobs.settle_by_hand(kind=KIND, object_ids=numbers, at=event.occurred_at)


def _spot(practice: Practice) -> Spot:
    therapists = [workplace.therapist for workplace in practice.workplaces.all()]
    return Spot(
        title=practice.name or ", ".join(sorted(str(therapist) for therapist in therapists)) or str(practice),
        url=therapists[0].get_absolute_url() if therapists else "",
        address=_address(practice),
        latitude=practice.latitude,
        longitude=practice.longitude,
        precision=Precision(practice.precision),
    )


def _address(practice: Practice) -> Address:
    return Address(street=practice.street, plz=practice.plz, city=practice.city)


targets.register(
    targets.Target(kind=KIND, label=_("Practices"), rows=Practice.objects.all, spots=spots, place=place)
)
