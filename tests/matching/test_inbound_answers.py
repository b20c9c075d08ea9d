"""Answers read in a message: booked as one act, once, or not at all."""

import threading
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from apps.accounts.models import User
from apps.communication.enums import EmailStatus, InboundSource, LetterKind
from apps.communication.models import EmailMessage, InboundMessage
from apps.communication.services import inbound
from apps.core.errors import Refused, StaleState
from apps.matching.enums import RequestStatus
from apps.matching.models import PlacementRequest
from apps.matching.services import inbound_answers
from apps.matching.services.answers import Answer, undo_answer
from apps.matching.services.inbound_answers import Wishes
from apps.therapists.models import ContactPause
from tests.communication.inbound.mails import LETTER_TWO, TWO, mail
from tests.communication.inbound.world import World, build, take_in
from tests.factories.matching import RequestFactory
from tests.matching.acts import AT, TODAY, fresh

pytestmark = pytest.mark.django_db
R = RequestStatus
NO = Answer(outcome=R.REJECTED, reason="capacity")
YES = Answer(outcome=R.ACCEPTED)
NO_WISHES = Wishes()


@pytest.fixture
def world(db: None) -> World:
    return build()


def answered(text: str = "C3D-9XY: ja, gern\nF6G-4HJ: leider nein") -> InboundMessage:
    return take_in(
        mail(text, answers=LETTER_TWO, sender=f"Bernd Birke <{TWO}>", message_id=f"<{uuid4()}@x.example>")
    )


def requests() -> list[PlacementRequest]:
    rows = PlacementRequest.objects.filter(inquiry__reference="A-C3D9XY").select_related("search", "inquiry")
    return list(rows.select_related("therapist").order_by("search__patient__case_code"))


def book(
    message: InboundMessage, actor: Any, bookings: Any = (), wishes: Wishes = NO_WISHES
) -> list[PlacementRequest]:
    return inbound_answers.book(
        message=message, bookings=bookings, wishes=wishes, actor=actor, at=AT, today=TODAY
    )


def test_everything_in_a_message_is_booked(world: World, coordinator: User) -> None:
    message, (first, second) = answered(), requests()
    booked = book(message, coordinator, [(second, NO), (first, YES)])
    assert [row.status for row in booked] == [R.REJECTED, R.ACCEPTED]
    assert [fresh(first).answer_source, fresh(message).status] == ["email", "done"]
    assert (fresh(message).handled_by, fresh(message).handled_at) == (coordinator, AT)


def test_one_of_two_acceptances_is_undone_by_itself(world: World, coordinator: User) -> None:
    """What the other one has withdrawn stays withdrawn."""
    message, (first, second) = answered(), requests()
    others = [
        RequestFactory(search=row.search, status=R.SENT, inquiry__status="sent") for row in (first, second)
    ]
    book(message, coordinator, [(first, YES), (second, YES)])
    assert [fresh(row).status for row in others] == [R.WITHDRAWN, R.WITHDRAWN]
    undo_answer(request=fresh(first), actor=coordinator, at=AT, reason="wrong row")
    assert [fresh(row).status for row in others] == [R.SENT, R.WITHDRAWN]
    assert (fresh(first).status, fresh(second).status) == (R.SENT, R.ACCEPTED)


def test_second_click_books_nothing(world: World, coordinator: User) -> None:
    message, (first, second) = answered(), requests()
    book(message, coordinator, [(first, NO)])
    assert book(message, coordinator, [(first, NO), (second, NO)]) == []
    assert fresh(second).status == R.SENT


def test_one_that_cannot_be_booked_takes_the_others_with_it(world: World, coordinator: User) -> None:
    message, (first, second) = answered(), requests()
    PlacementRequest.objects.filter(pk=second.pk).update(status=R.DROPPED)
    with pytest.raises(StaleState):
        book(message, coordinator, [(first, NO), (second, NO)])
    assert (fresh(first).status, fresh(message).status) == (R.SENT, "waiting")


def test_nothing_chosen_is_refused(world: World, coordinator: User) -> None:
    with pytest.raises(Refused):
        book(answered(), coordinator)


def test_objection_and_pause_are_noted(world: World, coordinator: User) -> None:
    message = answered()
    book(message, coordinator, wishes=Wishes(is_objection=True, pause_until=date(2026, 12, 31)))
    assert fresh(world.two).do_not_contact_since == TODAY
    pause = ContactPause.objects.get(therapist=world.two)
    assert (pause.starts_on, pause.until, pause.reason) == (TODAY, date(2026, 12, 31), "requested")


def test_absence_becomes_a_pause_for_holidays(world: World, coordinator: User) -> None:
    raw = mail(
        "Ich bin bis zum 15.12.2026 im Urlaub.", subject="Abwesenheitsnotiz", sender=TWO, answers=LETTER_TWO
    )
    book(take_in(raw), coordinator, wishes=Wishes(pause_until=date(2026, 12, 15)))
    assert ContactPause.objects.get(therapist=world.two).reason == "holiday"


def test_wishes_of_nobody_are_refused(world: World, coordinator: User) -> None:
    message = take_in(mail("Keine Mails mehr", sender="x@else.example", subject="Hallo"))
    with pytest.raises(Refused):
        book(message, coordinator, wishes=Wishes(is_objection=True))


def test_dismissed_message_books_nothing(world: World, coordinator: User) -> None:
    message, (first, _second) = answered(), requests()
    inbound.dismiss(message=message, actor=coordinator, at=AT, reason="wrong")
    with pytest.raises(StaleState):
        book(message, coordinator, [(first, YES)])
    assert fresh(first).status == R.SENT


def test_letter_back_is_queued_once_and_answers_the_message(world: World, coordinator: User) -> None:
    message, form_id = answered(), uuid4()
    values: dict[str, Any] = {"text": "Danke.", "subject": "Ihre Nachricht", "form_id": form_id}
    rows = [
        inbound_answers.write_back(message=message, actor=coordinator, at=AT, **values) for _count in range(2)
    ]
    email = EmailMessage.objects.get(kind=LetterKind.ANSWER)
    assert [row.pk for row in rows] == [email.pk, email.pk]
    assert (email.to_email, email.in_reply_to, email.status) == (TWO, message.message_id, EmailStatus.QUEUED)
    assert email.inquiry_contact.inquiry.reference == "A-C3D9XY"


def test_answer_to_our_answer_finds_the_inquiry(world: World, coordinator: User) -> None:
    email = inbound_answers.write_back(
        message=answered(), text="Danke.", subject="x", form_id=uuid4(), actor=coordinator, at=AT
    )
    reply = take_in(mail("F6G-4HJ: leider nein", subject="AW: x", sender=TWO, answers=email.message_id))
    found = inbound_answers.inquiry_of(reply)
    assert (reply.matched_by, found.reference if found else "") == ("header", "A-C3D9XY")


@pytest.mark.parametrize("sender", ["x@else.example", "clara@example.org"])
def test_only_therapists_get_a_letter_back(sender: str, world: World, coordinator: User) -> None:
    message = take_in(mail("Hallo", sender=sender, subject="Hallo"))
    with pytest.raises(Refused):
        inbound_answers.write_back(
            message=message, text="x", subject="x", form_id=uuid4(), actor=coordinator, at=AT
        )


def test_machines_get_no_letter_back(world: World, coordinator: User) -> None:
    message = take_in(mail("Bin weg", subject="Abwesenheitsnotiz", sender=TWO, answers=LETTER_TWO))
    with pytest.raises(Refused):
        inbound_answers.write_back(
            message=message, text="x", subject="x", form_id=uuid4(), actor=coordinator, at=AT
        )


@pytest.mark.django_db(transaction=True)
def test_six_people_book_the_same_message_at_the_same_moment() -> None:
    build()
    raw = mail("C3D-9XY: ja", answers=LETTER_TWO, sender=TWO)
    row, _is_new = inbound.ingest(raw=raw, source=InboundSource.IMAP, received_at=AT)
    first, second = requests()
    counts: list[int] = []
    start = threading.Barrier(6)

    def click() -> None:
        start.wait()
        try:
            message = InboundMessage.objects.get(pk=row.pk)
            counts.append(len(book(message, None, [(first, YES), (second, NO)])))
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _count in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == [0, 0, 0, 0, 0, 2]
    assert [fresh(first).status, fresh(second).status] == [R.ACCEPTED, R.REJECTED]
