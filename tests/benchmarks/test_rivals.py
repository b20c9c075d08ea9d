"""The rivals must give what the engine gives, or their times would say nothing."""

import pytest

from apps.core import parameters as operating
from apps.matching.engine.matching import Matches, match_from
from apps.matching.selectors import world as worlds
from benchmarks import fill, matching
from benchmarks.matching import Bench
from benchmarks.rivals import orm, tables
from benchmarks.rivals.floor import floors
from benchmarks.sizes import AT, SIZES, TODAY

pytestmark = pytest.mark.django_db
TOP = 3  # low, so that lists are cut off


@pytest.fixture
def bench(db: None) -> Bench:
    fill.fill(SIZES["tiny"])
    world = worlds.load(today=TODAY, parameters=operating.current(at=AT))
    return Bench("tiny", world, world.search_columns, world.therapist_columns, world.parameters, 0.0)


def found(bench: Bench, top: int = TOP) -> Matches:
    return match_from(bench.searches, bench.world.everybody, top)


def test_world_has_lists_of_every_length(bench: Bench) -> None:
    counts = found(bench).candidate_count
    assert (len(counts), int(counts.min())) == (80, 0)
    assert counts.max() > TOP


def test_sql_query_same_lists(bench: Bench) -> None:
    tables.build(bench.world, email_policy="published")
    own = matching.lists_of(bench, found(bench))
    for query in (tables.PLAIN, tables.TUNED):
        by_sql = matching.sql_lists(query, bench.world, TOP)
        assert {pk: by_sql.get(pk, []) for pk in own} == own


def test_orm_loop_same_lists(bench: Bench) -> None:
    loop = orm.OrmLoop(bench.parameters, TODAY, tables.acceptance(bench.world))
    own = matching.lists_of(bench, found(bench, matching.DEFAULT_TOP))
    assert matching.orm_lists(loop, list(own)) == own


def test_distance_kernel_same_pairs(bench: Bench) -> None:
    counts = [count() for count in floors(bench.searches, bench.therapists, bench.parameters)]
    assert counts == [found(bench).in_reach_count.sum()] * 2


@pytest.mark.parametrize(
    ("age", "methods", "group_wish", "mask"),
    [
        (None, [], "also", 0),
        (35, ["VT"], "no", 1 << 0),
        (12, ["TP"], "no", 1 << 1 + 4),
        (19, ["AP"], "no", 1 << 2 | 1 << 2 + 4),
        (35, ["ST"], "also", 1 << 3 | 1 << 3 + 8),
        (35, [], "only", 0b1111 << 8),
    ],
)
def test_approval_mask(age: int | None, methods: list[str], group_wish: str, mask: int) -> None:
    assert tables.approval_mask(age, methods, group_wish) == mask
