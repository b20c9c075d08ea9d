"""One look at searches and therapists: the engine's columns with the way back to the rows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.db.models import QuerySet

from apps.core.parameters import Parameters
from apps.matching.engine import records
from apps.matching.engine.columns import SearchColumns, TherapistColumns, pack_searches, pack_therapists
from apps.matching.models import PlacementSearch
from apps.matching.selectors import loading
from apps.therapists.models import Therapist


@dataclass(frozen=True)
class World:
    """Records of one moment. Index i of a column belongs to record i."""

    searches: list[records.SearchRecord]
    therapists: list[records.TherapistRecord]
    parameters: records.Parameters
    today: date

    @cached_property
    def search_columns(self) -> SearchColumns:
        return pack_searches(self.searches)

    @cached_property
    def therapist_columns(self) -> TherapistColumns:
        return pack_therapists(self.therapists)

    @cached_property
    def therapist_index(self) -> dict[int, int]:
        return {record.id: index for index, record in enumerate(self.therapists)}

    @cached_property
    def search_index(self) -> dict[int, int]:
        return {record.id: index for index, record in enumerate(self.searches)}


def load(
    *,
    today: date,
    parameters: Parameters,
    searches: QuerySet[PlacementSearch] | None = None,
    therapist_ids: Collection[int] | None = None,
    ignore_inquiries: Collection[int] = (),
) -> World:
    """Load searches (default: all that may be planned for) and therapists (default: all).

    With `therapist_ids` everybody in their contact groups is loaded too: pauses and limits hold for all.
    """
    if therapist_ids is not None:
        therapist_ids = everybody_behind(therapist_ids)
    return World(
        searches=loading.search_records(today=today, searches=searches),
        therapists=loading.therapist_records(
            today=today,
            email_policy=parameters.email_policy,
            ids=therapist_ids,
            ignore_inquiries=ignore_inquiries,
        ),
        parameters=loading.engine_parameters(parameters),
        today=today,
    )


def everybody_behind(therapist_ids: Collection[int]) -> list[int]:
    """These therapists and all others of their contact groups."""
    groups = Therapist.objects.filter(pk__in=therapist_ids).values("contact_group_id")
    return list(
        Therapist.objects.filter(contact_group_id__in=groups).order_by("id").values_list("id", flat=True)
    )
