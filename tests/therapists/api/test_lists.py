from datetime import UTC, datetime

import pytest

from apps.therapists.models import Therapist
from tests.factories.therapists import ContactPauseFactory, PracticeFactory, TherapistFactory
from tests.therapists.api.conftest import PRACTICES, THERAPISTS

pytestmark = pytest.mark.django_db


def ids(ask, path: str) -> list[int]:
    """Of all pages, two rows each."""
    found, cursor = [], ""
    while True:
        answer = ask("get", f"{path}{'&' if '?' in path else '?'}limit=2&cursor={cursor}")
        assert answer.status_code == 200, answer.content
        found += [row["id"] for row in answer.json()["items"]]
        cursor = answer.json()["next"]
        if not cursor:
            return found


def test_row_of_the_list(ask):
    therapist = TherapistFactory(practice__name="Am Park", last_call_at=datetime(2026, 11, 2, 9, tzinfo=UTC))
    [row] = ask("get", THERAPISTS).json()["items"]
    assert row["last_name"] == therapist.last_name
    assert row["main_practice"]["name"] == "Am Park"
    assert row["contact"] == {"code": "contactable", "until": None}
    assert row["last_contact_at"] == "2026-11-02T09:00:00Z"
    assert "internal_note" not in row


def test_therapist_never_contacted_has_no_last_contact(ask):
    TherapistFactory()
    [row] = ask("get", THERAPISTS).json()["items"]
    assert row["last_contact_at"] is None


@pytest.mark.parametrize("sort", ["id", "last_name", "created_at", "updated_at", "last_contact_at"])
def test_pages_of_an_order_show_every_therapist_once(ask, sort):
    rows = [TherapistFactory(last_name=name) for name in "CABDA"]
    called = datetime(2026, 11, 2, 9, tzinfo=UTC)
    Therapist.objects.filter(pk__in=[row.pk for row in rows[:2]]).update(last_call_at=called)
    up, down = ids(ask, f"{THERAPISTS}?sort={sort}"), ids(ask, f"{THERAPISTS}?sort=-{sort}")
    assert sorted(up) == sorted(row.pk for row in rows)
    assert down == up[::-1]
    if sort == "last_contact_at":
        assert up[-2:] == [rows[0].pk, rows[1].pk]
    if sort == "last_name":
        assert [Therapist.objects.get(pk=pk).last_name for pk in up] == list("AABCD")


def test_unknown_order_is_400(ask):
    assert ask("get", f"{THERAPISTS}?sort=seat").status_code == 400


FILTERS = [
    ("status=blocked", {"status": "blocked", "blocked_reason": "x", "blocked_since": "2026-11-01"}),
    ("review_status=unreviewed", {"review_status": "unreviewed"}),
    ("contact=objected", {"do_not_contact_since": "2026-11-01"}),
    ("plz=80", {"practice__plz": "80331"}),
    ("state=BY", {"practice__state": "BY"}),
    ("method=ST&age_group=minors", {"approvals": [("ST", "minors", "group")]}),
    ("setting=group", {"approvals": [("VT", "adults", "group")]}),
    ("seat=none", {"seat": "none"}),
    ("gender=male", {"gender": "male"}),
    ("language=tr", {"languages": ["tr"]}),
    ("free=group", {"free_group_from": "2026-12-01"}),
    ("has_email=false", {"practice__email": ""}),
    ("q=eberesche", {"last_name": "Eberesche"}),
    ("q=Wurzen", {"practice__city": "Wurzen"}),
    ("q=lind%20wurz", {"practice__city": "Wurzen"}),
]


@pytest.mark.parametrize(("query", "fields"), FILTERS, ids=[query for query, _fields in FILTERS])
def test_filter_leaves_those_who_fit(ask, query, fields):
    TherapistFactory()
    wanted = TherapistFactory(**fields)
    assert ids(ask, f"{THERAPISTS}?{query}") == [wanted.pk]


def test_approval_filters_must_be_met_by_one_approval(ask):
    TherapistFactory(approvals=[("VT", "adults", "individual"), ("TP", "minors", "individual")])
    assert ids(ask, f"{THERAPISTS}?method=VT&age_group=minors") == []


def test_has_email_keeps_those_with_an_address(ask):
    TherapistFactory(practice__email="")
    wanted = TherapistFactory()
    assert ids(ask, f"{THERAPISTS}?has_email=true") == [wanted.pk]


def test_paused_are_found_for_the_whole_contact_group(ask):
    pause = ContactPauseFactory(starts_on="2020-01-01", until="2199-12-01")
    colleague = TherapistFactory(contact_group=pause.therapist.contact_group)
    TherapistFactory()
    assert ids(ask, f"{THERAPISTS}?contact=paused") == [pause.therapist.pk, colleague.pk]


def test_updated_since_shows_a_therapist_whose_approvals_changed(ask):
    old = datetime(2026, 1, 1, tzinfo=UTC)
    changed, _other = TherapistFactory(), TherapistFactory()
    Therapist.objects.update(updated_at=old)
    path = f"{THERAPISTS}/{changed.pk}"
    assert ask("put", f"{path}/approvals", {"approvals": []}).status_code == 200
    assert ids(ask, f"{THERAPISTS}?updated_since=2026-01-02T00:00:00Z") == [changed.pk]


@pytest.mark.parametrize(
    "query",
    [
        "status=unknown",
        "plz=abc",
        "plz=123456",
        "q=%00",
        "limit=0",
        "limit=201",
        "practice_id=1000000000000000000000000000000",
        "updated_since=2026-01-02",
        "updated_since=0001-01-01T00:00:00%2B14:00",
        "has_email=perhaps",
    ],
)
def test_value_that_no_filter_has_is_422(ask, query):
    assert ask("get", f"{THERAPISTS}?{query}").status_code == 422


def test_practice_list_is_filtered(ask):
    PracticeFactory(name="Am Park", plz="80331", city="München", state="BY", email="", phone="")
    wanted = PracticeFactory(name="Zur Linde")
    for query in ("plz=04", "city=leipzig", "state=SN", "has_email=true", "has_phone=true", "q=zur"):
        assert ids(ask, f"{PRACTICES}?{query}") == [wanted.pk], query


@pytest.mark.parametrize("sort", ["id", "name", "plz", "updated_at"])
def test_pages_of_an_order_show_every_practice_once(ask, sort):
    rows = [PracticeFactory(name=name, plz=plz) for name, plz in zip("BABCA", ["04109"] * 5, strict=True)]
    up, down = ids(ask, f"{PRACTICES}?sort={sort}"), ids(ask, f"{PRACTICES}?sort=-{sort}")
    assert sorted(up) == [row.pk for row in rows]
    assert down == up[::-1]


def test_therapists_of_a_practice(ask):
    practice = PracticeFactory()
    here = [TherapistFactory(practice=practice).pk for _number in range(3)]
    TherapistFactory()
    assert ids(ask, f"{PRACTICES}/{practice.pk}/therapists") == here
    assert ids(ask, f"{THERAPISTS}?practice_id={practice.pk}") == here
    assert ask("get", f"{PRACTICES}/{practice.pk + 99}/therapists").status_code == 404


@pytest.mark.parametrize(
    ("path", "most"), [(THERAPISTS, 9), (PRACTICES, 6), (f"{THERAPISTS}?q=linde&plz=04&method=VT", 9)]
)
def test_queries_do_not_grow_with_the_rows(ask, path, most, django_assert_max_num_queries):
    ask("get", path)
    numbers = []
    for count in (3, 30):
        TherapistFactory.create_batch(count)
        with django_assert_max_num_queries(most) as captured:
            ask("get", path)
        numbers.append(len(captured))
    assert numbers[0] == numbers[1]
