"""Who is protected together: therapists connected by shared mailboxes and numbers."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.matching.models import Inquiry
from apps.therapists.models import ContactGroup, Practice, Therapist
from apps.therapists.services.contact_groups import REGROUPING, Member, _components, regroup
from tests.factories.therapists import PracticeFactory, TherapistFactory, WorkplaceFactory

pytestmark = pytest.mark.django_db


def groups() -> list[int]:
    return list(Therapist.objects.order_by("pk").values_list("contact_group_id", flat=True))


def all_practices() -> list[Practice]:
    return list(Practice.objects.all())


def test_regroup_leaves_strangers_apart() -> None:
    TherapistFactory.create_batch(3)
    before = groups()
    regroup(practices=all_practices())
    assert groups() == before
    assert len(set(before)) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"email": "a@example.org"}, {"email": "A@Example.org"}),
        ({"phone": "+493411234567"}, {"phone": "+493411234567"}),
    ],
)
def test_regroup_joins_who_shares_an_address(one: dict[str, str], other: dict[str, str]) -> None:
    first = TherapistFactory(practice=PracticeFactory(**one))
    second = TherapistFactory(practice=PracticeFactory(**other))
    regroup(practices=[second.practices.get()])
    assert groups() == [first.contact_group_id] * 2
    assert ContactGroup.objects.count() == 1


def test_regroup_joins_who_shares_a_practice() -> None:
    first, _second = TherapistFactory.create_batch(2, practice=PracticeFactory())
    regroup(practices=all_practices())
    assert groups() == [first.contact_group_id] * 2


def test_regroup_ignores_what_is_empty() -> None:
    TherapistFactory.create_batch(2, practice=PracticeFactory(email="", phone=""))
    TherapistFactory(practice=PracticeFactory(email="", phone=""))
    before = groups()
    regroup(practices=all_practices())
    assert groups() == before


def test_regroup_follows_a_chain() -> None:
    first = TherapistFactory(practice__email="a@example.org")
    middle = TherapistFactory(practice__email="a@example.org", practice__phone="+493410000")
    WorkplaceFactory(therapist=middle, practice__email="b@example.org", is_main=False)
    TherapistFactory(practice__email="b@example.org")
    TherapistFactory()
    regroup(practices=[first.practices.get()])
    assert groups()[:3] == [first.contact_group_id] * 3
    assert groups()[3] != first.contact_group_id


def test_regroup_keeps_the_lowest_group() -> None:
    low, high = ContactGroup.objects.create(), ContactGroup.objects.create()
    TherapistFactory(contact_group=high, practice__email="a@example.org")
    TherapistFactory(contact_group=low, practice__email="a@example.org")
    regroup(practices=all_practices())
    assert groups() == [low.pk] * 2
    assert list(ContactGroup.objects.all()) == [low]


def test_regroup_parts_who_shares_nothing_any_more() -> None:
    group = ContactGroup.objects.create()
    TherapistFactory.create_batch(3, contact_group=group)
    regroup(practices=all_practices()[:1])
    assert groups()[0] == group.pk
    assert len(set(groups())) == 3


def test_regroup_parts_and_joins_at_once() -> None:
    group = ContactGroup.objects.create()
    shared = PracticeFactory()
    TherapistFactory.create_batch(2, contact_group=group)
    TherapistFactory(contact_group=group, practice=shared)
    TherapistFactory(practice=shared)
    regroup(practices=[shared])
    first, second, third, fourth = groups()
    assert first == group.pk
    assert third == fourth
    assert len({first, second, third}) == 3


def test_regroup_tells_whether_anybody_changed_groups() -> None:
    TherapistFactory.create_batch(2, practice__email="a@example.org")
    assert [regroup(practices=all_practices()) for _run in range(2)] == [True, False]


def test_regroup_twice_changes_nothing() -> None:
    TherapistFactory.create_batch(2, practice=PracticeFactory())
    TherapistFactory.create_batch(2, contact_group=ContactGroup.objects.create())
    regroup(practices=all_practices())
    once, count = groups(), ContactGroup.objects.count()
    regroup(practices=all_practices())
    assert (groups(), ContactGroup.objects.count()) == (once, count)


def test_regroup_leaves_a_group_that_an_inquiry_names() -> None:
    shared = PracticeFactory()
    first, second = TherapistFactory.create_batch(2, practice=shared)
    Inquiry.objects.create(therapist=second, contact_group=second.contact_group, channel="phone")
    regroup(practices=[shared])
    assert groups() == [first.contact_group_id] * 2
    assert ContactGroup.objects.count() == 2


def test_regroup_of_nothing_does_nothing() -> None:
    TherapistFactory()
    before = groups()
    regroup(practices=[])
    assert groups() == before


def test_regroup_needs_the_same_queries_for_many() -> None:
    practice = PracticeFactory()
    TherapistFactory.create_batch(2, practice=practice)
    few = _queries(lambda: regroup(practices=[practice]))
    TherapistFactory.create_batch(
        20, practice=practice, contact_group=Therapist.objects.first().contact_group
    )
    assert _queries(lambda: regroup(practices=[practice])) <= few


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.frozensets(st.sampled_from("abcdefgh"), max_size=3), max_size=12))
def test_components_are_the_smallest_closed_sets(addresses: list[frozenset[str]]) -> None:
    members = [Member(id=i, group_id=i, addresses=each) for i, each in enumerate(addresses)]
    found = [{member.id for member in component} for component in _components(members)]
    assert found == _merged_naively(addresses)


def _merged_naively(addresses: list[frozenset[str]]) -> list[set[int]]:
    """Join any two sets that share an address until nothing changes."""
    parts: list[tuple[set[int], set[str]]] = [({i}, set(each)) for i, each in enumerate(addresses)]
    joined = True
    while joined:
        joined = False
        for i in range(len(parts)):
            for j in range(i + 1, len(parts)):
                if not joined and parts[i][1] & parts[j][1]:
                    ids, words = parts.pop(j)
                    parts[i] = (parts[i][0] | ids, parts[i][1] | words)
                    joined = True
                    break
            if joined:
                break
    return sorted((ids for ids, _words in parts), key=min)


def _queries(act: Any) -> int:
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)


def test_regroup_lets_nobody_else_regroup_until_the_transaction_ends() -> None:
    regroup(practices=[])
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [REGROUPING])
            assert cursor.fetchone() == (False,)
    finally:
        other.close()


def test_regroup_starts_from_a_practice_nobody_works_at_any_more() -> None:
    group = ContactGroup.objects.create()
    empty = PracticeFactory(email="a@example.org", phone="+49341111111")
    TherapistFactory(contact_group=group, practice__email="a@example.org")
    TherapistFactory(contact_group=group, practice__phone="+49341111111")
    regroup(practices=[empty])
    assert len(set(groups())) == 2
