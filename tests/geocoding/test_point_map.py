from apps.geocoding.point_map import CENTRE, OUTER, Neighbour, draw


def test_draw_without_neighbours_shows_five_km() -> None:
    drawn = draw(latitude=51.34, longitude=12.38, neighbours=[])
    assert [ring.km for ring in drawn.rings] == [2, 5]
    assert drawn.dots == []


def test_draw_puts_a_neighbour_to_the_north_above() -> None:
    north = Neighbour("04105", "Leipzig", 51.34 + 10 / 111.2, 12.38, 10.0)
    [dot] = draw(latitude=51.34, longitude=12.38, neighbours=[north]).dots
    assert (dot.x, dot.y) == (CENTRE, CENTRE - OUTER)


def test_draw_keeps_the_own_plz_however_far() -> None:
    near = [Neighbour(f"041{number:02d}", "Leipzig", 51.34, 12.38, 0.1 * number) for number in range(40)]
    own = Neighbour("80331", "München", 48.137, 11.575, 361.0, is_own=True)
    drawn = draw(latitude=51.34, longitude=12.38, neighbours=[*near, own])
    assert len(drawn.dots) == 24
    assert drawn.dots[-1].is_own
    assert drawn.rings[-1].km == 361


def test_draw_labels_do_not_cover_each_other() -> None:
    here = [Neighbour(plz, "Leipzig", 51.34, 12.38, 0.0) for plz in ("04103", "04105")]
    assert [dot.label for dot in draw(latitude=51.34, longitude=12.38, neighbours=here).dots] == ["", "04103"]
