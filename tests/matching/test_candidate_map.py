from apps.matching.candidate_map import CENTRE, OUTER, SIZE, Point, draw


def point(rank: int, latitude: float | None, longitude: float | None) -> Point:
    return Point(rank=rank, label=f"number {rank}", latitude=latitude, longitude=longitude)


def test_rings_stand_at_half_the_limit_and_the_limit() -> None:
    drawn = draw(latitude=51.0, longitude=12.0, limit_km=20, points=[])
    assert [(ring.km, ring.radius) for ring in drawn.rings] == [(10, OUTER // 2), (20, OUTER)]


def test_north_is_up_and_east_is_right() -> None:
    places = [point(1, 51.0 + 10 / 111.32, 12.0), point(2, 51.0, 12.1)]
    east, north = draw(latitude=51.0, longitude=12.0, limit_km=20, points=places).dots
    assert (north.x, north.y) == (CENTRE, CENTRE - OUTER // 2)
    assert east.y == CENTRE
    assert east.x > CENTRE


def test_unknown_place_is_left_out_and_a_far_one_stays_at_the_edge() -> None:
    places = [point(1, None, None), point(2, 60.0, 12.0)]
    (dot,) = draw(latitude=51.0, longitude=12.0, limit_km=20, points=places).dots
    assert (dot.rank, dot.y) == (2, 8)
    assert dot.x < SIZE
