"""The inbox and the page of one message."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from apps.communication.enums import InboundKind, InboundSource, InboundStatus, LetterKind
from apps.communication.models import EmailMessage, InboundMessage
from apps.core.models import AccessEntry
from apps.matching.models import PlacementRequest
from tests.communication.inbound.mails import LETTER_ONE, LETTER_TWO, TWO, mail
from tests.communication.inbound.world import World, build, take_in
from tests.matching.acts import AT, fresh

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def world(db: None) -> World:
    return build()


def no(number: int = 1, **values: Any) -> InboundMessage:
    return take_in(mail("Leider nein.", message_id=f"<n{number}@x.example>", answers=LETTER_ONE, **values))


def page(client: Client, name: str, row: InboundMessage, status: int = 200, **data: Any) -> str:
    url = reverse(name, args=[row.pk])
    answer = client.post(url, data, follow=True) if data else client.get(url, follow=True)
    assert answer.status_code == status
    return answer.content.decode()


def request_of(code: str) -> PlacementRequest:
    return PlacementRequest.objects.get(search__patient__case_code=code)


@pytest.mark.parametrize("count", [1, 3])
def test_inbox_needs_the_same_queries_for_any_number(
    count: int, world: World, viewer_client: Client, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        no(number)
    viewer_client.get(reverse("communication:inbox"))
    with django_assert_num_queries(9):
        text = viewer_client.get(reverse("communication:inbox")).content.decode()
    assert text.count("AW: Anfrage") == count


def test_inbox_shows_each_message_under_its_tab(world: World, viewer_client: Client) -> None:
    no(1, subject="=?utf-8?q?wartet?=")
    take_in(mail("Hallo", sender="x@else.example", subject="unbekannt", message_id="<u@x.example>"))
    take_in(mail("Bin weg", sender="x@else.example", subject="Abwesenheitsnotiz", message_id="<a@x.example>"))
    shown = {
        tab: viewer_client.get(reverse("communication:inbox"), {"tab": tab}).content.decode()
        for tab in ("waiting", "unmatched", "parked", "done", "nonsense")
    }
    found = {
        tab: [word for word in ("wartet", "unbekannt", "Abwesenheitsnotiz") if word in text]
        for tab, text in shown.items()
    }
    assert found == {
        "waiting": ["wartet"],
        "unmatched": ["unbekannt"],
        "parked": ["Abwesenheitsnotiz"],
        "done": [],
        "nonsense": ["wartet"],
    }


def test_page_shows_words_suggestion_and_notes_the_look(world: World, coordinator_client: Client) -> None:
    text = page(coordinator_client, "matching:inbound", no())
    asked = request_of("K7M-4QX")
    assert "„Leider nein.“" in text
    chosen = re.findall(rf'<input[^>]*name="said-{asked.pk}-outcome"[^>]*>', text)
    assert ["checked" in radio for radio in chosen if 'value="rejected"' in radio] == [True]
    assert AccessEntry.objects.get().patient_id == asked.search.patient_id


def test_viewer_sees_the_words_and_no_forms(world: World, viewer_client: Client) -> None:
    text = page(viewer_client, "matching:inbound", no())
    assert "Leider nein." in text
    assert "<form" not in text.partition("<main")[2]


def test_words_of_the_sender_are_not_markup(world: World, viewer_client: Client) -> None:
    row = take_in(mail("<script>alert(1)</script>", subject="<b>x</b>", answers=LETTER_ONE))
    text = page(viewer_client, "matching:inbound", row)
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_booked_as_suggested(world: World, coordinator_client: Client) -> None:
    row, asked = no(), request_of("K7M-4QX")
    data = {f"said-{asked.pk}-outcome": "rejected", f"said-{asked.pk}-reason": "capacity"}
    page(coordinator_client, "matching:book_inbound", row, **data)
    assert (fresh(asked).status, fresh(asked).answer_source) == ("rejected", "email")
    assert fresh(row).status == InboundStatus.DONE
    page(coordinator_client, "matching:book_inbound", row, **data)  # the second click
    assert asked.history.filter(new="rejected").count() == 1


def test_no_without_a_reason_comes_back_and_books_nothing(world: World, coordinator_client: Client) -> None:
    row, asked = no(), request_of("K7M-4QX")
    text = page(coordinator_client, "matching:book_inbound", row, **{f"said-{asked.pk}-outcome": "rejected"})
    assert "is-invalid" in text
    assert (fresh(asked).status, fresh(row).status) == ("sent", "waiting")


def test_day_that_has_passed_is_no_pause(world: World, coordinator_client: Client) -> None:
    row = no()
    text = page(coordinator_client, "matching:book_inbound", row, **{"wishes-pause_until": "2020-01-01"})
    assert "is-invalid" in text
    assert fresh(row).status == InboundStatus.WAITING


@pytest.mark.parametrize(
    ("who", "found"), [("A-C3D9XY", "two"), ("c3d9xy", "two"), ("K7M-4QX", "patient"), ("Nobody", "")]
)
def test_assigning_by_what_people_type(
    who: str, found: str, world: World, coordinator_client: Client
) -> None:
    row = take_in(mail("Hallo", sender="x@else.example", subject="Hallo"))
    page(coordinator_client, "matching:assign_inbound", row, who=who)
    row = fresh(row)
    assert row.matched_by == ("person" if found else "")
    assert (row.therapist_id == world.two.pk, row.patient_id is not None) == (
        found == "two",
        found == "patient",
    )


def test_assigning_a_name_of_several_is_refused(world: World, coordinator_client: Client) -> None:
    row = take_in(mail("Hallo", sender="x@else.example", subject="Hallo"))
    page(coordinator_client, "matching:assign_inbound", row, who="Linde")
    assert fresh(row).status == InboundStatus.UNMATCHED
    page(
        coordinator_client,
        "matching:assign_inbound",
        row,
        who=f"{world.one.last_name} {world.one.first_name}",
    )
    assert fresh(row).therapist_id == world.one.pk


def test_letter_back_waits_in_the_queue(world: World, coordinator_client: Client) -> None:
    row, form_id = no(), str(uuid4())
    assert "praxis-eins@example.org" in page(coordinator_client, "matching:answer_inbound", row)
    for _count in range(2):
        page(coordinator_client, "matching:answer_inbound", row, form_id=form_id, subject="x", text="Danke.")
    email = EmailMessage.objects.get(kind=LetterKind.ANSWER)
    assert (email.to_email, email.in_reply_to) == ("praxis-eins@example.org", row.message_id)


@pytest.mark.parametrize(
    ("act", "status"), [("finish", "done"), ("park", "parked"), ("dismiss", "dismissed")]
)
def test_put_away_and_taken_back(act: str, status: str, world: World, coordinator_client: Client) -> None:
    row = no()
    page(coordinator_client, f"communication:{act}_inbound", row, reason="not for us")
    assert fresh(row).status == status
    page(coordinator_client, "communication:take_back_inbound", row, go="1")
    assert fresh(row).status == InboundStatus.WAITING


def test_dismissing_asks_first(world: World, coordinator_client: Client) -> None:
    row = no()
    page(coordinator_client, "communication:dismiss_inbound", row)
    assert fresh(row).status == InboundStatus.WAITING


@pytest.mark.parametrize(
    ("raw", "notice"),
    [
        (mail("Ja.", sender="x@else.example"), "A-K7M4QX"),
        (mail("Ja.", sender="a@private.example", answers=LETTER_ONE), "a@private.example"),
        (
            mail("Bitte rufen Sie mich an. Ab 1. Februar Platz frei.", answers=LETTER_TWO, sender=TWO),
            "praxis-zwei",
        ),
        (b"", "—"),
    ],
)
def test_page_of_odd_messages(raw: bytes, notice: str, world: World, coordinator_client: Client) -> None:
    text = page(coordinator_client, "matching:inbound", take_in(raw))
    assert notice in text or notice == "—"


def test_word_from_the_reply_page_stands_in_the_same_tray(world: World, coordinator_client: Client) -> None:
    row = InboundMessage.objects.create(
        status=InboundStatus.WAITING,
        kind=InboundKind.REPLY_PAGE,
        source=InboundSource.REPLY_PAGE,
        fingerprint="x" * 64,
        received_at=AT,
        subject="A-K7M4QX",
        text="Bitte erst im Januar anrufen.",
        email=world.letters["one"],
        therapist=world.one,
        matched_by="reference",
    )
    text = page(coordinator_client, "matching:inbound", row)
    assert "Bitte erst im Januar anrufen." in text
    assert "K7M-4QX" in text
