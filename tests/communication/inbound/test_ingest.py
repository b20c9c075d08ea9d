"""One row per message, whatever the number, order and ways of its deliveries; what a person decides."""

import itertools
import threading
from typing import Any

import pytest
from django.db import OperationalError, close_old_connections, connection

from apps.accounts.models import User
from apps.communication.enums import EmailStatus, InboundSource, InboundStatus
from apps.communication.models import EmailMessage, InboundMessage, UndeliverableAddress
from apps.communication.services import inbound
from apps.core.errors import Refused, StaleState
from apps.events.models import DomainEvent
from apps.matching.inbound import inquiry_named, matter
from tests.communication.inbound.mails import LETTER_ONE, bounce, mail
from tests.communication.inbound.world import World, build, in_short, take_in
from tests.communication.rows import AT, email_in, steps

pytestmark = pytest.mark.django_db
IMAP, WEBHOOK = InboundSource.IMAP, InboundSource.WEBHOOK


@pytest.fixture
def world(db: None) -> World:
    return build()


def no(number: int = 1, text: str = "Leider nein.") -> bytes:
    return mail(f"{text}", message_id=f"<n{number}@practice.example>", answers=LETTER_ONE)


def test_three_times_out_of_order_by_both_ways_is_one_record_each(world: World) -> None:
    deliveries = [(number, way) for number in range(4) for way in (IMAP, WEBHOOK, IMAP)]
    for shift in range(3):
        for number, way in deliveries[shift::3][:: -1 if shift else 1]:
            take_in(no(number), way)
    assert InboundMessage.objects.count() == 4
    assert DomainEvent.objects.filter(type="inbound.waiting").count() == 4


def test_bounce_three_times_moves_the_letter_once(world: World) -> None:
    raw = bounce(status="5.1.1", diagnostic="550 5.1.1 user unknown")
    for way in (WEBHOOK, IMAP, WEBHOOK):
        take_in(raw, way)
    assert steps(world.letters["one"])[-1] == ("sent", "bounced")
    assert (InboundMessage.objects.count(), UndeliverableAddress.objects.count()) == (1, 1)


@pytest.mark.parametrize("order", list(itertools.permutations(["a", "b", "a"])))
def test_other_text_under_the_same_message_id_is_not_lost(order: tuple[str, ...], world: World) -> None:
    texts = {"a": "Leider nein.", "b": "Doch, ich habe einen Platz frei."}
    for key in order:
        take_in(no(1, texts[key]))
    assert sorted(row.text for row in InboundMessage.objects.all()) == sorted(texts.values())


def test_same_text_in_another_encoding_is_the_same_message(world: World) -> None:
    take_in(mail("Für mich leider nicht möglich.", answers=LETTER_ONE))
    take_in(mail("Für mich leider nicht möglich.", charset="cp1252", declared="cp1252", answers=LETTER_ONE))
    assert InboundMessage.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_eight_at_the_same_moment_are_one_record() -> None:
    raw, new, start = no(), [], threading.Barrier(8)

    def deliver() -> None:
        start.wait()
        try:
            new.append(inbound.ingest(raw=raw, source=IMAP, received_at=AT)[1])
        finally:
            connection.close()

    threads = [threading.Thread(target=deliver) for _count in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    close_old_connections()
    assert (sorted(new), InboundMessage.objects.count()) == ([False] * 7 + [True], 1)


def test_bodies_are_not_readable_in_the_table(world: World) -> None:
    take_in(no(1, "Geheimnisvolles Wort"))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT subject || text || quoted || raw || coalesce(suggestion, '')"
            " FROM communication_inboundmessage"
        )
        (stored,) = cursor.fetchone()
    assert "Geheimnis" not in stored


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (EmailStatus.SENT, EmailStatus.BOUNCED),
        (EmailStatus.UNCLEAR, EmailStatus.BOUNCED),
        (EmailStatus.HANDING_OVER, EmailStatus.BOUNCED),
        (EmailStatus.QUEUED, EmailStatus.QUEUED),
        (EmailStatus.CANCELLED, EmailStatus.CANCELLED),
        (EmailStatus.BOUNCED, EmailStatus.BOUNCED),
    ],
)
def test_bounce_by_state_of_the_letter(before: EmailStatus, after: EmailStatus) -> None:
    email = email_in(before)
    take_in(bounce(status="5.1.1", diagnostic="550 5.1.1 unknown", letter=email.message_id))
    email.refresh_from_db()
    assert email.status == after


def test_message_waits_until_it_is_done_and_can_be_taken_back(world: World, coordinator: User) -> None:
    row = take_in(no())
    inbound.finish(message=row, actor=coordinator, at=AT)
    assert (row.status, row.handled_by, row.handled_at) == (InboundStatus.DONE, coordinator, AT)
    with pytest.raises(StaleState):
        inbound.finish(message=row, actor=coordinator, at=AT)
    back = inbound.take_back(message=row, actor=coordinator, at=AT)
    assert (back.status, back.handled_by) == (InboundStatus.WAITING, None)


@pytest.mark.parametrize("act", ["park", "dismiss"])
def test_put_away_and_taken_back(act: str, world: World, coordinator: User) -> None:
    row = take_in(no())
    getattr(inbound, act)(message=row, actor=coordinator, at=AT, reason="not for us")
    assert inbound.take_back(message=row, actor=coordinator, at=AT).status == InboundStatus.WAITING


def test_dismissing_needs_a_reason(world: World) -> None:
    with pytest.raises(Refused):
        inbound.dismiss(message=take_in(no()), actor=None, at=AT, reason=" ")


def test_dismissed_stranger_goes_back_to_the_unknown(world: World, coordinator: User) -> None:
    row = take_in(mail("Hallo", sender="x@else.example", subject="Hallo"))
    inbound.dismiss(message=row, actor=coordinator, at=AT, reason="advertising")
    assert inbound.take_back(message=row, actor=coordinator, at=AT).status == InboundStatus.UNMATCHED


def test_assigned_inquiry_is_read_anew(world: World, coordinator: User) -> None:
    row = take_in(mail("Leider nein.", sender="x@else.example", subject="Hallo"))
    inquiry = inquiry_named("a-k7m4qx")
    assert inquiry is not None
    assigned = inbound.assign(message=row, matter=matter(inquiry), actor=coordinator, at=AT)
    assert (assigned.status, assigned.matched_by, assigned.therapist_id) == (
        "waiting",
        "person",
        world.one.pk,
    )
    assert in_short(assigned.suggestion, world.codes) == "K7M-4QX rejected capacity high"


def test_assigned_patient_and_therapist(world: World, coordinator: User) -> None:
    row = take_in(mail("Hallo", sender="x@else.example", subject="Hallo"))
    inbound.assign(message=row, patient=world.patient, actor=coordinator, at=AT)
    row.refresh_from_db()
    assert (row.patient, row.therapist) == (world.patient, None)
    inbound.assign(message=row, therapist=world.two, actor=coordinator, at=AT)
    row.refresh_from_db()
    assert (row.patient, row.therapist) == (None, world.two)


def test_done_message_is_not_assigned(world: World, coordinator: User) -> None:
    row = take_in(no())
    inbound.finish(message=row, actor=coordinator, at=AT)
    with pytest.raises(Refused):
        inbound.assign(message=row, therapist=world.two, actor=coordinator, at=AT)


def test_message_that_trips_us_up_is_kept_for_a_person(world: World, monkeypatch: Any) -> None:
    def dies(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(inbound, "recognise", dies)
        row = take_in(no(1, "Leider nein."))
    assert (row.status, row.history.get().reason) == ("unmatched", "not understood")
    assert "Leider nein." in row.text
    assert take_in(no(1, "Leider nein.")).pk == row.pk


def test_database_out_of_reach_is_no_fault_of_the_message(world: World, monkeypatch: Any) -> None:
    def dies(*args: Any, **kwargs: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(inbound, "recognise", dies)
    with pytest.raises(OperationalError):
        take_in(no())
    assert InboundMessage.objects.count() == 0


def test_loop_of_machines_never_starts(world: World) -> None:
    """Our letter, their automatic reply, its bounce, our letter come back: four rows in, nothing out."""
    before = EmailMessage.objects.count()
    away = mail(
        "Bin im Urlaub.", subject="Automatische Antwort", answers=LETTER_ONE, message_id="<x1@a.example>"
    )
    mails: list[Any] = [
        away,
        bounce(status="5.1.1", diagnostic="550 5.1.1 unknown"),
        mail("Anfrage", sender="vermittlung@example.org", message_id="<x2@a.example>"),
        mail(
            "Eingang",
            extra="Auto-Submitted: auto-replied",
            message_id="<x3@a.example>",
            answers="<x1@a.example>",
        ),
    ]
    statuses = [take_in(raw).status for raw in mails]
    assert statuses == ["parked"] * 4
    assert EmailMessage.objects.count() == before
