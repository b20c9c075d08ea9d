"""Matching all plannable searches in shards, on as many workers as there are.

A shard holds searches that live near each other. Searches do not influence one another, so the shards put
together are the same to the bit as one piece; the hash of the run shows it.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from apps.core import parameters as operating
from apps.events import bell
from apps.matching.engine.matching import Standing, result_hash, select_from
from apps.matching.engine.relaxation import relax
from apps.matching.models import PlacementSearch
from apps.matching.models.match_run import MatchRun, MatchShard
from apps.matching.selectors import loading
from apps.matching.selectors import world as worlds
from apps.matching.selectors.world import World

TASK = "matching.match_shards"
SEARCHES_PER_SHARD = 2_000
STUCK_AFTER = timedelta(minutes=5)  # a shard takes about a second
GIVEN_UP_AFTER = timedelta(hours=12)  # the next night has its own run
COLUMNS = ("ids", "keys", "candidates", "in_reach", "rejects")
Clock = Callable[[], datetime]


@transaction.atomic
def start(*, at: datetime, shards: int | None = None) -> MatchRun:
    """Write a run with its shards (default: one per SEARCHES_PER_SHARD) and ring for the workers."""
    today = timezone.localtime(at).date()
    near_each_other = loading.plannable(today=today).order_by("patient__plz", "id")
    ids = list(near_each_other.values_list("id", flat=True))
    count = max(1, shards or -(-len(ids) // SEARCHES_PER_SHARD))
    version = operating.current(at=at).version
    run = MatchRun.objects.create(
        day=today, parameters_version=version, shard_count=count, searches_count=len(ids), started_at=at
    )
    parts = np.array_split(np.array(ids, dtype=np.int64), count)
    MatchShard.objects.bulk_create(
        MatchShard(run=run, number=number, search_ids=part.tolist()) for number, part in enumerate(parts)
    )
    bell.ring(TASK)
    return run


def work(*, clock: Clock) -> bool:
    """Match the oldest free shard; False if there is none. Runs whose shards are all done are finished."""
    shard = _claim(at=clock())
    if shard is not None:
        _match(shard, clock)
    for run in MatchRun.objects.filter(finished_at__isnull=True).exclude(shards__finished_at__isnull=True):
        _finish(run, at=clock())
    return shard is not None


def _match(shard: MatchShard, clock: Clock) -> None:
    world = _world_of(shard.search_ids, shard.run)
    standing = select_from(world.search_columns, world.everybody, worlds.TOP)
    shard.result = _packed(world.search_columns.id, standing)
    shard.finished_at = clock()
    shard.save(update_fields=["result", "finished_at"])


def hash_in_one_piece(*, run: MatchRun) -> str:
    """The hash of the same searches matched at once by this process, to compare with the run's."""
    ids = [pk for shard in run.shards.all() for pk in shard.search_ids]
    world = _world_of(ids, run)
    return result_hash(
        select_from(world.search_columns, world.everybody, worlds.TOP), world.search_columns.id
    )


@transaction.atomic
def _claim(*, at: datetime) -> MatchShard | None:
    """Take a shard nobody works on, or one whose worker has died, and ring for the next worker."""
    fresh = MatchShard.objects.filter(finished_at__isnull=True, run__started_at__gte=at - GIVEN_UP_AFTER)
    waiting = fresh.exclude(claimed_at__gte=at - STUCK_AFTER).select_related("run").order_by("id")
    shard = waiting.select_for_update(skip_locked=True, of=("self",)).first()
    if shard is not None:
        shard.claimed_at = at
        shard.save(update_fields=["claimed_at"])
        bell.ring(TASK)
    return shard


def _finish(run: MatchRun, *, at: datetime) -> None:
    """Put the shards together. Two workers may do so at once: both write the same, the first one counts."""
    results = [bytes(shard.result) for shard in run.shards.all()]
    if not all(results):
        return  # another worker has finished the run meanwhile
    ids, standing = _joined(results)
    world = _world_of(ids.tolist(), run)
    without = ids[standing.candidate_count == 0].tolist()
    figures = {
        "result_hash": result_hash(standing, ids),
        "therapists_count": len(world.therapist_columns),
        "candidates_count": int(standing.candidate_count.sum()),
        "without_candidates_count": len(without),
        "blocked_by": _blocked_by(world, without),
        "finished_at": at,
    }
    with transaction.atomic():
        if MatchRun.objects.filter(pk=run.pk, finished_at__isnull=True).update(**figures):
            run.shards.update(result=MatchShard.EMPTY)


def _world_of(ids: list[int], run: MatchRun) -> World:
    parameters = operating.current(at=run.started_at)
    return worlds.load(
        today=run.day, parameters=parameters, searches=PlacementSearch.objects.filter(pk__in=ids)
    )


def _blocked_by(world: World, ids: list[int]) -> dict[str, int]:
    rows = [world.search_row[pk] for pk in ids if pk in world.search_row]
    found = relax(world.search_columns, rows, world.everybody)
    return dict(Counter(str(one.blocking) for one in found).most_common())


def _packed(ids: np.ndarray, standing: Standing) -> bytes:
    buffer = BytesIO()
    columns: dict[str, Any] = dict(zip(COLUMNS, (ids, *standing.columns()), strict=True))
    np.savez_compressed(buffer, **columns)
    return buffer.getvalue()


def _joined(results: list[bytes]) -> tuple[np.ndarray, Standing]:
    found = [np.load(BytesIO(result), allow_pickle=False) for result in results]
    ids, *columns = (np.concatenate([one[name] for one in found]) for name in COLUMNS)
    return ids, Standing(*columns)
