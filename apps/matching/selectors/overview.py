"""All searches at once: how many candidates each has, the best of them, and what blocks the others."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise

from apps.core.parameters import Parameters
from apps.matching.engine.matching import Matches, match
from apps.matching.engine.relaxation import blocking_reason
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


def overview(*, today: date, parameters: Parameters, top: int = 5) -> Overview:
    world = worlds.load(today=today, parameters=parameters)
    matches = match(world.search_columns, world.therapist_columns, world.parameters, today, top=max(top, 1))
    codes = dict(
        PlacementSearch.objects.filter(pk__in=world.search_index).values_list("id", "patient__case_code")
    )
    names = _names(world, matches) if top else {}
    lines = _lines(world, matches, names) if top else {}
    return Overview(
        searches=[
            SearchLine(
                search_id=record.id,
                case_code=codes[record.id],
                candidate_count=int(matches.candidate_count[index]),
                blocked_by=_blocked_by(world, index) if not matches.candidate_count[index] else None,
                lines=lines.get(index, []),
            )
            for index, record in enumerate(world.searches)
        ],
        therapist_count=len(world.therapists),
    )


def _blocked_by(world: World, index: int) -> str | Promise | None:
    reason = blocking_reason(
        world.search_columns, index, world.therapist_columns, world.parameters, world.today
    )
    return blocked_by(reason) if reason else None


def _names(world: World, matches: Matches) -> dict[int, str]:
    ids = {world.therapists[index].id for index in matches.therapist_index.tolist()}
    return {row.pk: row.full_name for row in Therapist.objects.filter(pk__in=ids)}


def _lines(world: World, matches: Matches, names: dict[int, str]) -> dict[int, list[str]]:
    lines: dict[int, list[str]] = {}
    for row, index in enumerate(matches.search_index.tolist()):
        therapist = world.therapists[int(matches.therapist_index[row])]
        minutes = int(matches.common_minutes[row])
        hours = f"{minutes / 60:.1f} h" if minutes >= 0 else "?"
        lines.setdefault(index, []).append(
            f"{int(matches.rank[row])}. {names[therapist.id]}  score {matches.score[row]:.3f}  "
            f"{matches.distance_km[row]:.1f} km  {hours}"
        )
    return lines
