"""All searches at once: how many candidates each has, the best of them, and what blocks the others."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from django.utils.functional import Promise

from apps.core.parameters import Parameters
from apps.matching.engine.matching import Standing, matches_of
from apps.matching.engine.relaxation import relax
from apps.matching.models import PlacementSearch
from apps.matching.phrases import blocked_by
from apps.matching.selectors import world as worlds
from apps.matching.selectors.world import World
from apps.therapists.models import Therapist


@dataclass(frozen=True)
class SearchLine:
    """One search with its best candidates, as lines of text."""

    search_id: int
    case_code: str
    candidate_count: int
    blocked_by: str | Promise | None
    lines: list[str]


@dataclass(frozen=True)
class Overview:
    searches: list[SearchLine]
    therapist_count: int

    @property
    def candidate_count(self) -> int:
        return sum(search.candidate_count for search in self.searches)

    @property
    def without_candidates(self) -> int:
        return sum(search.candidate_count == 0 for search in self.searches)

    @property
    def blocking(self) -> list[tuple[str, int]]:
        """Blocking wishes of the searches without candidates, commonest first."""
        return Counter(str(search.blocked_by) for search in self.searches if search.blocked_by).most_common()


class Outlook:
    """How many candidates each plannable search has, and what blocks those without."""

    def __init__(self, world: World, standing: Standing) -> None:
        self._world, self._standing = world, standing

    @property
    def counts(self) -> dict[int, int]:
        """By search id."""
        ids = self._world.search_columns.id.tolist()
        return dict(zip(ids, self._standing.candidate_count.tolist(), strict=True))

    def candidate_count(self, search_id: int) -> int | None:
        """None for a search nobody plans for: paused, in trial sessions, ended, or without a consent."""
        row = self._world.search_row.get(search_id)
        return None if row is None else int(self._standing.candidate_count[row])

    def blocked_by(self, search_ids: Collection[int]) -> dict[int, str | Promise]:
        """What keeps searches from having candidates, by id; without those that have some."""
        rows = {pk: self._world.search_row[pk] for pk in search_ids if self.candidate_count(pk) == 0}
        return dict(zip(rows, _blocked_by(self._world, list(rows.values())), strict=True))


def outlook(*, today: date, parameters: Parameters) -> Outlook:
    return Outlook(*worlds.outlook(today=today, parameters=parameters))


def overview(*, today: date, parameters: Parameters, top: int = 5) -> Overview:
    world, standing = worlds.outlook(today=today, parameters=parameters)
    lines = _lines(world, standing, top) if top else {}
    ids = world.search_columns.id.tolist()
    without = np.flatnonzero(standing.candidate_count == 0).tolist()
    blocked = dict(zip(without, _blocked_by(world, without), strict=True))
    codes = dict(PlacementSearch.objects.filter(pk__in=ids).values_list("id", "patient__case_code"))
    return Overview(
        searches=[
            SearchLine(
                search_id=pk,
                case_code=codes[pk],
                candidate_count=int(standing.candidate_count[index]),
                blocked_by=blocked.get(index),
                lines=lines.get(index, []),
            )
            for index, pk in enumerate(ids)
        ],
        therapist_count=len(world.therapist_columns),
    )


def _blocked_by(world: World, rows: list[int]) -> list[str | Promise]:
    """For searches without candidates."""
    found = relax(world.search_columns, rows, world.everybody)
    return [blocked_by(one.blocking) for one in found if one.blocking is not None]


def _lines(world: World, standing: Standing, top: int) -> dict[int, list[str]]:
    best = replace(standing, keys=standing.keys[:, :top])
    matches = matches_of(best, world.search_columns, world.everybody)
    ids = world.therapist_columns.id[matches.therapist_index].tolist()
    names = {row.pk: row.full_name for row in Therapist.objects.filter(pk__in=set(ids))}
    lines: dict[int, list[str]] = {}
    for row, index in enumerate(matches.search_index.tolist()):
        minutes = int(matches.common_minutes[row])
        hours = f"{minutes / 60:.1f} h" if minutes >= 0 else "?"
        lines.setdefault(index, []).append(
            f"{int(matches.rank[row])}. {names[ids[row]]}  score {matches.score[row]:.3f}  "
            f"{matches.distance_km[row]:.1f} km  {hours}"
        )
    return lines
