from datetime import datetime
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.scraping.models import ChangeProposal
from apps.scraping.services import decisions
from apps.therapists.models import Practice, Therapist
from tests.factories.import_world import Imported, known_entry, known_therapist, read
from tests.scraping.views.conftest import Show, words

pytestmark = pytest.mark.django_db

URL = "/quellen/changes/"
HTMX = {"HX-Request": "true", "Accept-Language": "en"}
QUERIES_OF_CHANGES = 13
OLD, NEW = "+49341200200", "+49341300300"


def page_of(name: str, proposal: ChangeProposal) -> str:
    return reverse(f"scraping:{name}", args=[proposal.pk])


def test_empty_list_says_so(viewer_client: Client, show: Show) -> None:
    assert "No change waits for a decision here." in show(viewer_client, URL)


def test_list_shows_old_new_source_and_who_keeps_it(
    world: Imported, viewer_client: Client, show: Show
) -> None:
    text = show(viewer_client, URL, field="phone")
    assert "Jana Bekannta" in text
    assert "0341 200200" in text
    assert "0341 300300" in text
    assert '<span class="state state-warning">kept by hand</span>' in text
    assert "Accept" not in text.split("<main")[1].replace("Accept-Language", "")


@pytest.mark.parametrize(
    ("query", "is_there"),
    [
        ({"kept": "true", "field": "phone"}, True),
        ({"kept": "false", "field": "phone"}, False),
        ({"q": "bekannta jana"}, True),
        ({"q": "niemand"}, False),
        ({"run": "999999"}, False),
    ],
)
def test_list_is_narrowed(
    world: Imported, viewer_client: Client, show: Show, query: dict[str, str], is_there: bool
) -> None:
    assert ("Jana Bekannta" in show(viewer_client, URL, **query)) is is_there


@pytest.mark.parametrize("count", [1, 3])
def test_list_needs_the_same_queries_for_any_number(
    coordinator_client: Client, show: Show, at: datetime, django_assert_num_queries: Any, count: int
) -> None:
    for number in range(count):
        known_therapist(number)
    read(*(known_entry(number) for number in range(count)), at=at)
    show(coordinator_client, URL)
    with django_assert_num_queries(QUERIES_OF_CHANGES):
        assert show(coordinator_client, URL).count('class="card change-group"') == count


def test_accept_takes_the_value_over_once_and_can_be_taken_back(
    world: Imported, coordinator_client: Client
) -> None:
    response = coordinator_client.post(page_of("accept_change", world.proposal), {"next": URL + "?kept=true"})
    assert response.headers["Location"] == URL + "?kept=true"
    assert Practice.objects.get().phone == NEW
    message = " ".join(map(str, get_messages(response.wsgi_request)))
    assert page_of("take_back_change", world.proposal) in message
    assert coordinator_client.post(page_of("accept_change", world.proposal)).status_code == 409
    coordinator_client.post(page_of("take_back_change", world.proposal))
    assert Practice.objects.get().phone == OLD
    world.proposal.refresh_from_db()
    assert world.proposal.status == "open"


def test_refuse_keeps_what_is_on_record(world: Imported, coordinator_client: Client) -> None:
    coordinator_client.post(page_of("refuse_change", world.proposal))
    world.proposal.refresh_from_db()
    assert (world.proposal.status, Practice.objects.get().phone) == ("refused", OLD)


def test_accept_by_htmx_answers_with_the_line(world: Imported, coordinator_client: Client) -> None:
    text = words(coordinator_client.post(page_of("accept_change", world.proposal), headers=HTMX))
    assert text.startswith(f'<div class="change" id="change-{world.proposal.pk}"')
    assert "taken over" in text
    assert page_of("take_back_change", world.proposal) in text
    assert page_of("accept_change", world.proposal) not in text


def test_accept_of_a_record_changed_meanwhile_shows_the_present_value(
    world: Imported, coordinator_client: Client
) -> None:
    Practice.objects.update(phone="+49341700700")
    text = words(coordinator_client.post(page_of("accept_change", world.proposal), headers=HTMX))
    assert "The record was changed in the meantime; please look at it again." in text
    assert "0341 700700" in text
    assert page_of("accept_change", world.proposal) in text
    assert Practice.objects.get().phone == "+49341700700"


def test_accept_of_what_we_cannot_keep_says_so(world: Imported, coordinator_client: Client) -> None:
    ChangeProposal.objects.filter(pk=world.proposal.pk).update(field="email", old="", new="no address")
    assert coordinator_client.post(page_of("accept_change", world.proposal)).status_code == 409
    text = words(coordinator_client.post(page_of("accept_change", world.proposal), headers=HTMX))
    assert 'role="alert"' in text
    assert Practice.objects.get().email == ""


def test_accept_all_takes_what_was_shown(world: Imported, coordinator_client: Client, at: datetime) -> None:
    shown = list(ChangeProposal.objects.filter(status="open"))
    later = ChangeProposal.objects.create(
        record=world.known, run=world.run, therapist=world.therapist, field="title", old="", new="Dr.",
        said_on=at.date(),
    )  # fmt: skip
    url = reverse("scraping:accept_all", args=[world.therapist.pk])
    data = {"proposal": [one.pk for one in shown], "next": URL}
    assert coordinator_client.post(url, data).headers["Location"] == URL
    assert Practice.objects.get().phone == NEW
    assert list(ChangeProposal.objects.filter(status="open")) == [later]
    coordinator_client.post(url, data)
    assert Therapist.objects.get().title == ""


def test_accept_all_tells_what_could_not_be_taken(world: Imported, coordinator_client: Client) -> None:
    Practice.objects.update(phone="+49341700700")
    url = reverse("scraping:accept_all", args=[world.therapist.pk])
    response = coordinator_client.post(
        url, {"proposal": [world.proposal.pk, "x"]}, headers={"Accept-Language": "en"}
    )
    told = [str(message) for message in get_messages(response.wsgi_request)]
    assert told == [
        "The record was changed in the meantime; please look at it again.",
        "0 changes are taken over: Jana Bekannta.",
    ]


def test_take_back_of_an_open_change_is_refused(world: Imported, coordinator_client: Client) -> None:
    assert coordinator_client.post(page_of("take_back_change", world.proposal)).status_code == 409


def test_origin_tab_tells_source_and_hand(
    world: Imported, viewer_client: Client, coordinator: Any, show: Show
) -> None:
    url = reverse("scraping:origins", args=[world.therapist.pk])
    before = show(viewer_client, url)
    assert "by hand" in before
    assert "0341 300300" in before  # still proposed
    decisions.accept(proposal=world.proposal, actor=coordinator, at=timezone.now())
    taken = show(viewer_client, url)
    assert "as of" in taken
    assert "changed by hand" not in taken
    Practice.objects.update(phone="+49341700700")
    changed = show(viewer_client, url)
    assert "changed by hand" in changed
    assert "when Register said: 0341 300300" in changed


def test_origin_tab_stands_among_the_tabs_of_a_therapist(world: Imported, viewer_client: Client) -> None:
    url = reverse("scraping:origins", args=[world.therapist.pk])
    text = viewer_client.get(world.therapist.get_absolute_url()).content.decode()
    assert f'href="{url}"' in text


@pytest.mark.parametrize("count", [1, 3])
def test_origin_tab_needs_the_same_queries_for_any_number(
    viewer_client: Client, show: Show, world: Imported, django_assert_num_queries: Any, count: int
) -> None:
    from tests.factories.therapists import WorkplaceFactory

    for _place in range(count):
        WorkplaceFactory(therapist=world.therapist, is_main=False)
    url = reverse("scraping:origins", args=[world.therapist.pk])
    show(viewer_client, url)
    with django_assert_num_queries(13):
        show(viewer_client, url)
