"""The history of answers as the fit wants it, and the model that is in force."""

from bisect import bisect_left
from collections import defaultdict
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import numpy as np
from django.apps import apps
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce, JSONObject
from django.utils import timezone

from apps.matching.engine.acceptance import NEVER
from apps.matching.engine.acceptance_history import NO_PRACTICE, NO_REGION, History
from apps.matching.engine.acceptance_model import NO_FIT, AcceptanceModel
from apps.matching.enums import YES_REQUESTS, RequestStatus
from apps.matching.models import AcceptanceFit, Inquiry, PlacementRequest
from apps.patients.enums import GroupWish
from apps.therapists.models import Therapist, Workplace

# what counts as having been asked: an answer of any kind, or silence until the expiry
ASKED_REQUESTS = [*YES_REQUESTS, RequestStatus.WAITLISTED, RequestStatus.REJECTED, RequestStatus.EXPIRED]
SIGNS = {
    "individual": "free_individual_from",
    "group": "free_group_from",
    "possibly": "is_possibly_free",
    "knows": "knows_agency",
}
TherapistVersion = apps.get_model("therapists", "TherapistEvent")  # made by the audit trail
WANTED_PLACES = {
    GroupWish.NO: ("individual",),
    GroupWish.ALSO: ("individual", "group"),
    GroupWish.ONLY: ("group",),
}


def newest_fit() -> AcceptanceFit | None:
    return AcceptanceFit.objects.first()


def current_model() -> AcceptanceModel:
    """The model in force: one small query, the figures are read once per fit and process."""
    newest = AcceptanceFit.objects.values_list("pk", "fitted_at").first()
    return _model(*newest) if newest else NO_FIT


@lru_cache(maxsize=2)
def _model(pk: int, fitted_at: datetime) -> AcceptanceModel:
    """`fitted_at` guards against a number that was used before."""
    values = AcceptanceFit.objects.values_list("model", flat=True).filter(pk=pk, fitted_at=fitted_at).first()
    return AcceptanceModel.from_dict(values) if values else NO_FIT


def history() -> History:
    """Every request that was answered or expired, in the order of asking: four queries.

    Signs are those of the day of asking as the audit trail of therapists kept them; where it has no version
    that old, today's. Practice, region and the patient's group wish are today's.
    """
    places, contacts = _main_practices(), _contacts()
    today = dict(Therapist.objects.order_by().values_list("id", _signs_object()))
    rows = [_row(row, places, contacts, today) for row in _asked_requests()]
    columns = zip(*rows, strict=True) if rows else [[]] * len(TYPES)
    return History(*(np.array(column, dtype=kind) for column, kind in zip(columns, TYPES, strict=True)))


TYPES = (np.int64, np.int64, np.int64, np.int64, np.int64, bool, bool, bool, bool, np.int64)


def _asked_requests() -> Any:
    """Tuples: therapist, asked, known, status, group wish, signs of that day or None."""
    versions = TherapistVersion.objects.filter(
        pgh_obj_id=OuterRef("therapist_id"), pgh_created_at__lte=OuterRef("sent_at")
    ).order_by("-pgh_created_at", "-pgh_id")
    return (
        PlacementRequest.objects.filter(status__in=ASKED_REQUESTS, sent_at__isnull=False)
        .annotate(
            known_at=Coalesce("answered_at", "ended_at", "updated_at"),
            group_wish=F("search__patient__group_wish"),
            signs=Subquery(versions.values(signs=_signs_object())[:1]),
        )
        .order_by("sent_at", "id")
        .values_list("therapist_id", "sent_at", "known_at", "status", "group_wish", "signs")
        .iterator(chunk_size=5_000)
    )


def _signs_object() -> JSONObject:
    return JSONObject(**SIGNS)


def _row(
    row: tuple[Any, ...],
    places: dict[int, tuple[int, int]],
    contacts: dict[int, list[datetime]],
    today: dict[int, dict[str, Any]],
) -> tuple[Any, ...]:
    """One request in the order of the fields of History."""
    therapist_id, asked_at, known_at, status, group_wish, signs = row
    signs = signs or today[therapist_id]
    asked_on = _day(asked_at)
    return (
        *(therapist_id, *places.get(therapist_id, (NO_PRACTICE, NO_REGION))),
        *(asked_on, max(_day(known_at), asked_on), status in YES_REQUESTS),
        any(signs[setting] is not None for setting in WANTED_PLACES[group_wish]),
        *(signs["possibly"], signs["knows"]),
        _days_since(contacts.get(therapist_id, []), asked_at, asked_on),
    )


def _main_practices() -> dict[int, tuple[int, int]]:
    """Therapist → practice and region, the first two digits of the PLZ."""
    rows = Workplace.objects.filter(is_main=True).order_by()
    return {
        therapist_id: (practice_id, int(plz[:2]) if plz[:2].isdigit() else NO_REGION)
        for therapist_id, practice_id, plz in rows.values_list("therapist_id", "practice_id", "practice__plz")
    }


def _contacts() -> dict[int, list[datetime]]:
    """Therapist → moments of the last contact of each inquiry, ascending."""
    rows = Inquiry.objects.filter(last_contact_at__isnull=False).order_by("last_contact_at")
    contacts: dict[int, list[datetime]] = defaultdict(list)
    for therapist_id, moment in rows.values_list("therapist_id", "last_contact_at"):
        assert moment is not None  # see the filter
        contacts[therapist_id].append(moment)
    return contacts


def _days_since(moments: list[datetime], asked_at: datetime, asked_on: int) -> int:
    """Days since the contact before this one."""
    place = bisect_left(moments, asked_at)
    return asked_on - _day(moments[place - 1]) if place else NEVER


def _day(moment: datetime) -> int:
    return _local(moment).toordinal()


def _local(moment: datetime) -> date:
    return timezone.localtime(moment).date()
