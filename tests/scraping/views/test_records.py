from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.scraping.models import ChangeProposal, DirectoryRecord
from apps.therapists.models import Therapist
from tests.factories.import_world import Imported, known_entry, known_therapist, read
from tests.factories.scraping import entry
from tests.scraping.views.conftest import Show

pytestmark = pytest.mark.django_db

URL = "/quellen/review/"
QUERIES_OF_REVIEW, QUERIES_OF_RECORD = 12, 13


def page_of(name: str, record: DirectoryRecord) -> str:
    return reverse(f"scraping:{name}", args=[record.pk])


def record(external_id: str) -> DirectoryRecord:
    return DirectoryRecord.objects.get(external_id=external_id)


def said(response: HttpResponse) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


@pytest.fixture
def three(at: datetime) -> list[DirectoryRecord]:
    """Adam, Busch and Cohn wait; Busch with something to look at."""
    names = {"1": "Adam", "2": "Busch", "3": "Cohn"}
    doubts = {"2": ("?",)}
    said = (entry(external_id=key, last_name=name, doubts=doubts.get(key, ())) for key, name in names.items())
    read(*said, at=at)
    return [record(key) for key in names]


def test_empty_list_says_so(viewer_client: Client, show: Show) -> None:
    assert "Nothing waits for review here." in show(viewer_client, URL)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, "Adam Busch Cohn"),
        ({"q": "cohn 04103"}, "Cohn"),
        ({"doubts": "with"}, "Busch"),
        ({"doubts": "without"}, "Adam Cohn"),
        ({"standing": "unclear"}, ""),
        ({"sort": "-name"}, "Cohn Busch Adam"),
        ({"run": "999999"}, ""),
    ],
)
def test_list_is_narrowed_and_sorted(
    three: list[DirectoryRecord], viewer_client: Client, show: Show, query: dict[str, str], names: str
) -> None:
    text = show(viewer_client, URL, **query)
    found = sorted(
        (text.index(f">{name}, Mira<"), name)
        for name in ("Adam", "Busch", "Cohn")
        if f">{name}, Mira<" in text
    )
    assert " ".join(name for _place, name in found) == names


@pytest.mark.parametrize("count", [1, 3])
def test_list_needs_the_same_queries_for_any_number(
    viewer_client: Client, show: Show, at: datetime, django_assert_num_queries: Any, count: int
) -> None:
    read(*(entry(external_id=str(number)) for number in range(count)), at=at)
    show(viewer_client, URL)
    with django_assert_num_queries(QUERIES_OF_REVIEW):
        show(viewer_client, URL)


def test_record_shows_everything_it_says(world: Imported, viewer_client: Client, show: Show) -> None:
    text = show(viewer_client, page_of("record", world.record))
    for part in (
        "The fax number is too short.",
        "Musterweg 4a, 04103 Leipzig",
        "behavioural" if "behavioural" in text else "VT · adults · individual",
        "Monday 12:00–12:50",
        "&quot;id&quot;: &quot;900001&quot;",
    ):
        assert part in text
    assert page_of("take_record", world.record) not in text


def test_take_makes_an_unreviewed_therapist_and_goes_to_the_next(
    three: list[DirectoryRecord], coordinator_client: Client
) -> None:
    adam, busch, _cohn = three
    response = coordinator_client.post(page_of("take_record", adam), {"queue": ""})
    assert response.headers["Location"] == page_of("record", busch)
    therapist = Therapist.objects.get()
    assert (therapist.last_name, therapist.review_status) == ("Adam", "unreviewed")
    assert therapist.get_absolute_url() in said(response)
    assert coordinator_client.post(page_of("take_record", adam)).status_code == 409
    assert Therapist.objects.count() == 1


def test_take_with_the_tick_is_verified(three: list[DirectoryRecord], coordinator_client: Client) -> None:
    coordinator_client.post(page_of("take_record", three[0]), {"is_checked": "on"})
    assert Therapist.objects.get().review_status == "verified"


def test_queue_keeps_to_its_filter_and_ends_at_the_list(
    three: list[DirectoryRecord], coordinator_client: Client
) -> None:
    adam, busch, cohn = three
    queue = {"queue": "doubts=without"}
    first = coordinator_client.post(page_of("decline_record", adam), queue)
    assert first.headers["Location"] == page_of("record", cohn) + "?doubts=without"
    last = coordinator_client.post(page_of("decline_record", cohn), queue)
    assert last.headers["Location"] == URL + "?doubts=without"
    busch.refresh_from_db()
    assert busch.standing == "new"


def test_decline_can_be_undone_from_the_message(
    three: list[DirectoryRecord], coordinator_client: Client
) -> None:
    adam = three[0]
    response = coordinator_client.post(page_of("decline_record", adam))
    adam.refresh_from_db()
    assert adam.standing == "declined"
    assert f'action="{page_of("reopen_record", adam)}"' in said(response)
    coordinator_client.post(page_of("reopen_record", adam))
    adam.refresh_from_db()
    assert adam.standing == "unclear"
    assert coordinator_client.post(page_of("reopen_record", adam)).status_code == 409


@pytest.fixture
def unclear(at: datetime) -> DirectoryRecord:
    """Two namesakes at one address may be meant."""
    for _person in range(2):
        known_therapist()
    read(known_entry(street="", phone=""), at=at)
    return record("K0")


def test_unclear_record_stands_beside_its_candidates(
    unclear: DirectoryRecord, coordinator_client: Client, show: Show
) -> None:
    assert unclear.standing == "unclear"
    text = show(coordinator_client, page_of("record", unclear))
    assert text.count("It is this one") == 2


def test_link_compares_at_once(
    unclear: DirectoryRecord, coordinator_client: Client, coordinator: User
) -> None:
    therapist = Therapist.objects.latest("pk")
    DirectoryRecord.objects.filter(pk=unclear.pk).update(title="Dr.")
    response = coordinator_client.post(page_of("link_record", unclear), {"therapist": therapist.pk})
    unclear.refresh_from_db()
    assert (unclear.standing, unclear.therapist, unclear.decided_by) == ("linked", therapist, coordinator)
    assert ChangeProposal.objects.get(field="title").new == "Dr."
    assert f'action="{page_of("reopen_record", unclear)}"' in said(response)
    assert (
        coordinator_client.post(page_of("link_record", unclear), {"therapist": therapist.pk}).status_code
        == 409
    )


@pytest.mark.parametrize("person", ["", "x", "987654", "9" * 30])
def test_link_to_nobody_is_not_found(
    unclear: DirectoryRecord, coordinator_client: Client, person: str
) -> None:
    assert coordinator_client.post(page_of("link_record", unclear), {"therapist": person}).status_code == 404


def test_somebody_else_can_be_looked_for(world: Imported, coordinator_client: Client, show: Show) -> None:
    url = page_of("record", world.record)
    assert "It is this one" not in show(coordinator_client, url)
    text = show(coordinator_client, url, person="bekannt 04105")
    assert "It is this one" in text
    assert 'class="is-different"' in text
    assert "Nobody on file fits." in show(coordinator_client, url, person="niemand")


@pytest.mark.parametrize("count", [1, 3])
def test_record_needs_the_same_queries_for_any_number_of_candidates(
    viewer_client: Client, show: Show, world: Imported, django_assert_num_queries: Any, count: int
) -> None:
    for number in range(count):
        known_therapist(number + 1)
    url = page_of("record", world.record)
    show(viewer_client, url, person="jana")
    with django_assert_num_queries(QUERIES_OF_RECORD):
        show(viewer_client, url, person="jana")


def test_record_that_lacks_a_first_name_is_refused_kindly(coordinator_client: Client, at: datetime) -> None:
    read(entry(first_name=""), at=at)
    response = coordinator_client.post(
        page_of("take_record", record("900001")), headers={"Accept-Language": "en"}
    )
    assert response.status_code == 409
    assert "The first name is missing; please complete the record by hand." in response.content.decode()


def test_record_with_values_we_cannot_keep_is_refused_kindly(
    coordinator_client: Client, at: datetime
) -> None:
    read(entry(email="no address"), at=at)
    response = coordinator_client.post(page_of("take_record", record("900001")))
    assert response.status_code == 409
    assert not Therapist.objects.exists()


def test_vanished_lists_whom_no_source_shows(
    world: Imported, viewer_client: Client, show: Show, at: datetime
) -> None:
    url = "/quellen/vanished/"
    assert "Nobody has vanished" in show(viewer_client, url)
    read(entry(), *(entry(external_id=key, last_name=f"Neu{key}") for key in "23"), at=at + timedelta(days=1))
    text = show(viewer_client, url)
    assert "Bekannta, Jana" in text
    assert world.therapist.get_absolute_url() in text
    elsewhere = DirectoryRecord.objects.get(external_id="2")
    DirectoryRecord.objects.filter(pk=elsewhere.pk).update(therapist=world.therapist, standing="linked")
    assert "Bekannta, Jana" not in show(viewer_client, url)
    assert "Bekannta, Jana" in show(viewer_client, url, elsewhere="all")
