"""Notes: written once, struck out with trace, read by those who talk to the person."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.communication.models import Note
from apps.communication.notes import notes_of
from apps.communication.services import notes
from apps.core.errors import NotAllowed, Refused, StaleState
from apps.core.models import AccessEntry
from apps.therapists.models import Therapist
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def write(actor: User, at: datetime, text: str = "ruft lieber selbst zurück", **person: object) -> Note:
    return notes.add(text=text, actor=actor, at=at, **(person or {"therapist": TherapistFactory()}))  # type: ignore[arg-type]


def test_add_keeps_words_author_and_moment(coordinator: User, at: datetime) -> None:
    therapist = TherapistFactory()
    note = write(coordinator, at, "  nur vormittags \n", therapist=therapist)
    note.refresh_from_db()
    assert (note.text, note.author, note.written_at) == ("nur vormittags", coordinator, at)
    assert (note.therapist, note.patient) == (therapist, None)


def test_add_is_encrypted_in_the_database(coordinator: User, at: datetime) -> None:
    write(coordinator, at, "Kanarienvogel")
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM communication_note")
        (stored,) = cursor.fetchone()
    assert "Kanarienvogel" not in str(stored)


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_add_refuses_a_note_without_words(coordinator: User, at: datetime, text: str) -> None:
    with pytest.raises(Refused):
        write(coordinator, at, text)
    assert not Note.objects.exists()


def test_add_twice_within_a_minute_is_one_note(coordinator: User, at: datetime) -> None:
    therapist = TherapistFactory()
    first = write(coordinator, at, therapist=therapist)
    assert write(coordinator, at + MINUTE - SECOND, therapist=therapist) == first
    assert Note.objects.count() == 1


def test_add_again_after_a_minute_is_another_note(coordinator: User, at: datetime) -> None:
    therapist = TherapistFactory()
    write(coordinator, at, therapist=therapist)
    write(coordinator, at + MINUTE, therapist=therapist)
    assert Note.objects.count() == 2


def test_add_of_other_words_author_or_person_is_another_note(
    coordinator: User, manager: User, at: datetime
) -> None:
    therapist = TherapistFactory()
    write(coordinator, at, therapist=therapist)
    write(coordinator, at, "andere Worte", therapist=therapist)
    write(manager, at, therapist=therapist)
    write(coordinator, at, therapist=TherapistFactory())
    write(coordinator, at, patient=PatientFactory())
    assert Note.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_add_at_the_same_moment_is_one_note(coordinator: User, at: datetime) -> None:
    therapist = TherapistFactory()
    barrier = Barrier(4)

    def click(_number: int) -> int:
        try:
            barrier.wait(timeout=30)
            return write(coordinator, at, therapist=therapist).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(click, range(4)))) == 1
    assert Note.objects.count() == 1


def test_strike_leaves_the_words_and_a_trace(coordinator: User, at: datetime) -> None:
    note = write(coordinator, at)
    notes.strike(note=note, actor=coordinator, at=at + MINUTE)
    note.refresh_from_db()
    assert (note.text, note.struck_at, note.struck_by) == (
        "ruft lieber selbst zurück",
        at + MINUTE,
        coordinator,
    )


def test_strike_is_for_the_author_and_the_management(coordinator: User, manager: User, at: datetime) -> None:
    of_manager, of_coordinator = write(manager, at), write(coordinator, at)
    with pytest.raises(NotAllowed):
        notes.strike(note=of_manager, actor=coordinator, at=at)
    notes.strike(note=of_coordinator, actor=manager, at=at)
    of_manager.refresh_from_db()
    of_coordinator.refresh_from_db()
    assert (of_manager.struck_by, of_coordinator.struck_by) == (None, manager)


def test_strike_twice_is_stale(coordinator: User, manager: User, at: datetime) -> None:
    note = write(coordinator, at)
    notes.strike(note=note, actor=coordinator, at=at)
    with pytest.raises(StaleState):
        notes.strike(note=note, actor=manager, at=at + MINUTE)
    note.refresh_from_db()
    assert (note.struck_at, note.struck_by) == (at, coordinator)


def test_notes_of_a_therapist_are_the_valid_ones_newest_first(coordinator: User, at: datetime) -> None:
    therapist = TherapistFactory()
    old = write(coordinator, at, "alt", therapist=therapist)
    new = write(coordinator, at + MINUTE, "neu", therapist=therapist)
    struck = write(coordinator, at, "gestrichen", therapist=therapist)
    notes.strike(note=struck, actor=coordinator, at=at)
    write(coordinator, at)
    assert list(notes_of(therapist=therapist)) == [new, old]


@pytest.mark.parametrize("count", [1, 3])
def test_notes_of_need_one_query(
    coordinator: User, at: datetime, django_assert_num_queries: object, count: int
) -> None:
    patient = PatientFactory()
    for number in range(count):
        write(coordinator, at, str(number), patient=patient)
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert {note.author.username for note in notes_of(patient=patient)} == {"coordinator"}


# pages


def history(therapist: Therapist) -> str:
    return reverse("therapists:history", args=[therapist.pk])


def test_page_keeps_a_note_and_shows_it(coordinator_client: Client, coordinator: User) -> None:
    therapist = TherapistFactory()
    url = reverse("communication:add_therapist_note", args=[therapist.pk])
    for _click in range(2):
        response = coordinator_client.post(url, {"text": "Nur <b>vormittags</b>"})
        assert (response.status_code, response["Location"]) == (302, history(therapist))
    assert Note.objects.get().author == coordinator
    assert "Nur &lt;b&gt;vormittags&lt;/b&gt;" in coordinator_client.get(history(therapist)).text


def test_page_of_a_patient_logs_who_wrote(coordinator_client: Client, coordinator: User) -> None:
    patient = PatientFactory()
    url = reverse("communication:add_patient_note", args=[patient.pk])
    assert coordinator_client.post(url, {"text": "Mutter ruft an"}).status_code == 302
    entry = AccessEntry.objects.get()
    assert (entry.actor, entry.patient_id, entry.purpose) == (coordinator, patient.pk, "communication:note")
    assert Note.objects.get().patient == patient


@pytest.mark.parametrize("text", ["", "x" * 4001])
def test_page_refuses_empty_and_endless_notes(coordinator_client: Client, text: str) -> None:
    therapist = TherapistFactory()
    url = reverse("communication:add_therapist_note", args=[therapist.pk])
    response = coordinator_client.post(url, {"text": text}, follow=True)
    assert not Note.objects.exists()
    assert [message.level_tag for message in response.context["messages"]] == ["error"]


def test_page_offers_viewers_neither_form_nor_button(
    viewer_client: Client, coordinator: User, at: datetime
) -> None:
    therapist = TherapistFactory()
    note = write(coordinator, at, therapist=therapist)
    text = viewer_client.get(history(therapist)).text
    assert note.text in text
    assert "/notes/" not in text
    assert viewer_client.post(reverse("communication:strike_note", args=[note.pk])).status_code == 403


def test_page_strikes_own_notes_only(
    coordinator_client: Client, coordinator: User, manager: User, at: datetime
) -> None:
    therapist = TherapistFactory()
    own = write(coordinator, at, "eigene", therapist=therapist)
    other = write(manager, at, "fremde", therapist=therapist)
    urls = {note: reverse("communication:strike_note", args=[note.pk]) for note in (own, other)}
    text = coordinator_client.get(history(therapist)).text
    assert (urls[own] in text, urls[other] in text) == (True, False)
    assert coordinator_client.post(urls[other]).status_code == 403
    assert coordinator_client.post(urls[own]).status_code == 302
    text = coordinator_client.get(history(therapist)).text
    assert "<s>eigene</s>" in text
    assert urls[own] not in text


def test_admin_shows_who_wrote_about_whom_but_not_the_words(
    manager_client: Client, coordinator: User, at: datetime
) -> None:
    patient = PatientFactory(last_name="Nachnamezeuge")
    note = write(coordinator, at, "Wortzeuge", patient=patient)
    for url in (
        reverse("admin:communication_note_changelist"),
        reverse("admin:communication_note_change", args=[note.pk]),
    ):
        text = manager_client.get(url).text
        assert patient.case_code in text
        assert "Wortzeuge" not in text
        assert "Nachnamezeuge" not in text
