"""One look at searches and therapists: the engine's columns of one moment.

With `therapist_ids` or inside a transaction everything is read; else `kept` is used.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from django.db import connection
from django.db.models import QuerySet

from apps.core.parameters import Parameters
from apps.matching.engine import records
from apps.matching.engine.columns import SearchColumns, TherapistColumns
from apps.matching.engine.matching import Standing, select_from
from apps.matching.engine.sides import Therapists, prepare_therapists
from apps.matching.enums import OPEN_INQUIRIES
from apps.matching.models import Inquiry, PlacementSearch
from apps.matching.selectors import kept, loading
from apps.matching.selectors.search_columns import read_searches
from apps.matching.selectors.therapist_columns import read_therapists
from apps.therapists.models import Therapist

TOP = 50


@dataclass(frozen=True)
class World:
    search_columns: SearchColumns
    everybody: Therapists

    @property
    def therapist_columns(self) -> TherapistColumns:
        return self.everybody.columns

    @property
    def parameters(self) -> records.Parameters:
        return self.everybody.parameters

    @property
    def today(self) -> date:
        return self.everybody.today

    @cached_property
    def search_row(self) -> dict[int, int]:
        """Row of each search, by id."""
        return {pk: row for row, pk in enumerate(self.search_columns.id.tolist())}

    def therapist_row(self, pk: int) -> int:
        """Row of a therapist, -1 for one who is not in this world."""
        return int(self.therapist_columns.positions_of(np.array([pk]))[0])


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
    `ignore_inquiries` do not count as open, when their own requests are looked at again.
    """
    if therapist_ids is None and not connection.in_atomic_block:
        now = kept.current(today=today, parameters=parameters)
        columns = now.searches if searches is None else read_searches(searches, today=today)
        return World(columns, _ignoring(now.everybody, ignore_inquiries))
    ids = None if therapist_ids is None else everybody_behind(therapist_ids)
    therapists = read_therapists(today=today, email_policy=parameters.email_policy, ids=ids)
    everybody = prepare_therapists(therapists, loading.engine_parameters(parameters), today)
    wanted = loading.plannable(today=today) if searches is None else searches
    return World(read_searches(wanted, today=today), _ignoring(everybody, ignore_inquiries))


def of_search(
    *, search: PlacementSearch, today: date, parameters: Parameters, ignore_inquiries: Collection[int] = ()
) -> World:
    """One search, the only row, against all therapists; what is kept is used where it holds the search."""
    if not connection.in_atomic_block:
        now = kept.current(today=today, parameters=parameters)
        rows = np.flatnonzero(now.searches.id == search.pk)
        if len(rows):
            return World(now.searches.take(rows), _ignoring(now.everybody, ignore_inquiries))
    return load(
        today=today,
        parameters=parameters,
        searches=PlacementSearch.objects.filter(pk=search.pk),
        ignore_inquiries=ignore_inquiries,
    )


def outlook(*, today: date, parameters: Parameters) -> tuple[World, Standing]:
    """All plannable searches with their best candidates and the count of reasons, kept up to date."""
    if connection.in_atomic_block:
        world = load(today=today, parameters=parameters)
        return world, select_from(world.search_columns, world.everybody, TOP)
    now, standing = kept.with_standing(today=today, parameters=parameters, top=TOP)
    return World(now.searches, now.everybody), standing


def everybody_behind(therapist_ids: Collection[int]) -> list[int]:
    """These therapists and all others of their contact groups."""
    groups = Therapist.objects.filter(pk__in=therapist_ids).values("contact_group_id")
    return list(
        Therapist.objects.filter(contact_group_id__in=groups).order_by("id").values_list("id", flat=True)
    )


def _ignoring(everybody: Therapists, inquiries: Collection[int]) -> Therapists:
    """Nobody has more than one open inquiry, so without it there is none."""
    if not inquiries:
        return everybody
    open_ones = Inquiry.objects.filter(pk__in=inquiries, status__in=OPEN_INQUIRIES)
    ids = np.array(list(open_ones.values_list("therapist_id", flat=True)), dtype=np.int64)
    rows = everybody.columns.positions_of(ids)
    return everybody.without_inquiries(rows[rows >= 0])
