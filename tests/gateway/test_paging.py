import base64
import json
from typing import Any

import pytest

from apps.gateway.paging import PageQuery, page
from apps.gateway.problems import Unusable
from apps.therapists.models import Therapist
from tests.factories.therapists import TherapistFactory

pytestmark = pytest.mark.django_db

SORTS = {"id": ("id",), "name": ("last_name", "first_name", "id")}


def walk(sort: str, limit: int = 2) -> list[str]:
    """Last names of all pages, one after the other."""
    found: list[str] = []
    query = PageQuery(limit=limit, sort=sort)
    while True:
        one = page(Therapist.objects.all(), query, SORTS)
        found += [row.last_name for row in one.items]
        if not one.next:
            return found
        query = PageQuery(limit=limit, sort=sort, cursor=one.next)


@pytest.fixture
def five() -> None:
    """Two share their whole name: only the key tells them apart."""
    for name in ("Berg", "Adam", "Berg", "Zorn", "Ötz"):
        TherapistFactory(last_name=name, first_name="Mira")


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 200])
@pytest.mark.parametrize("sort", ["id", "-id", "name", "-name"])
def test_pages_hold_every_row_once_in_order(five, sort, limit):
    columns = [f"-{one}" if sort.startswith("-") else one for one in SORTS[sort.removeprefix("-")]]
    whole = list(Therapist.objects.order_by(*columns).values_list("last_name", flat=True))
    assert walk(sort, limit) == whole


def test_page_is_not_disturbed_by_a_row_before_it(five):
    first = page(Therapist.objects.all(), PageQuery(limit=2, sort="name"), SORTS)
    TherapistFactory(last_name="Aal", first_name="Mira")
    second = page(Therapist.objects.all(), PageQuery(limit=2, sort="name", cursor=first.next), SORTS)
    assert [row.last_name for row in (*first.items, *second.items)] == ["Adam", "Berg", "Berg", "Zorn"]


def test_deep_page_costs_one_query(five, django_assert_num_queries):
    first = page(Therapist.objects.all(), PageQuery(limit=3, sort="name"), SORTS)
    with django_assert_num_queries(1):
        page(Therapist.objects.all(), PageQuery(limit=3, sort="name", cursor=first.next), SORTS)


@pytest.mark.parametrize(
    "values",
    [["id", ["abc"]], ["id", ["\x00"]], ["id", [None]], ["id", [[1]]], ["id", [{}]], ["id", [True, 2]]],
)
def test_cursor_made_by_somebody_else_is_refused(values: Any) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(values).encode()).decode()
    with pytest.raises(Unusable):
        page(Therapist.objects.all(), PageQuery(cursor=cursor), SORTS)


def test_cursor_with_a_number_that_no_row_has_is_an_empty_page() -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(["id", [10**30]]).encode()).decode()
    assert page(Therapist.objects.all(), PageQuery(cursor=cursor), SORTS).items == []


@pytest.mark.parametrize("cursor", ["x", "bm9uc2Vuc2U=", "eyJhIjogMX0="])
def test_cursor_that_is_none_is_refused(cursor):
    with pytest.raises(Unusable):
        page(Therapist.objects.all(), PageQuery(cursor=cursor), SORTS)


def test_cursor_of_another_order_is_refused(five):
    first = page(Therapist.objects.all(), PageQuery(limit=2, sort="name"), SORTS)
    with pytest.raises(Unusable):
        page(Therapist.objects.all(), PageQuery(limit=2, sort="id", cursor=first.next), SORTS)


def test_unknown_order_is_refused():
    with pytest.raises(Unusable):
        page(Therapist.objects.all(), PageQuery(sort="email"), SORTS)
