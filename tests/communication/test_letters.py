"""Changing texts of letters, and tests to oneself (apps/communication/services/letters.py)."""

from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError

from apps.accounts.models import User
from apps.communication.letters import of_kind
from apps.communication.letters.texts import Wording, in_use, own_text
from apps.communication.models import EmailMessage, LetterText
from apps.communication.services import letters
from apps.core.errors import StaleState
from tests.communication.rows import AT

pytestmark = pytest.mark.django_db

ANSWER: Any = of_kind("answer")
NEW = Wording("Zu Ihrer Nachricht", "Guten Tag,\n\n{{ text }}")


def save(wording: Wording = NEW, *, seen: int = 0, reason: str = "clearer", actor: Any = None) -> LetterText:
    return letters.save_text(
        letter_type=ANSWER, wording=wording, reason=reason, seen_version=seen, actor=actor, at=AT
    )


def test_saved_text_is_in_use_with_who_when_and_why(manager: User) -> None:
    text = save(actor=manager)
    assert (text.version, text.is_current, text.reason) == (1, True, "clearer")
    assert (text.created_by, text.created_at) == (manager, AT)
    assert in_use(ANSWER) == NEW


def test_next_version_replaces_the_one_before() -> None:
    first, second = save(), save(Wording("Neuer", "{{ text }}"), seen=1)
    first.refresh_from_db()
    assert (first.is_current, second.is_current, second.version) == (False, True, 2)
    assert in_use(ANSWER).subject == "Neuer"


def test_text_that_must_not_go_out_is_not_saved() -> None:
    with pytest.raises(ValidationError) as refused:
        save(Wording("{{ text }}", "ohne alles"))
    assert set(refused.value.message_dict) == {"subject", "body"}
    assert not LetterText.objects.exists()


def test_reason_is_needed() -> None:
    with pytest.raises(ValidationError) as refused:
        save(reason="  ")
    assert set(refused.value.message_dict) == {"reason"}


def test_who_saw_an_older_version_overwrites_nothing() -> None:
    save()
    with pytest.raises(StaleState):
        save(Wording("Anders", "{{ text }}"), seen=0)
    assert in_use(ANSWER) == NEW


def test_going_back_writes_the_old_words_as_a_new_version() -> None:
    first = save()
    save(Wording("Anders", "{{ text }}"), seen=1)
    text = letters.go_back(text=first, reason="was better", seen_version=2, actor=None, at=AT)
    assert (text.version, text.subject, text.is_current) == (3, NEW.subject, True)
    assert LetterText.objects.filter(is_current=True).count() == 1


def test_going_back_to_words_that_no_longer_fit_is_refused() -> None:
    first = save()
    LetterText.objects.filter(pk=first.pk).update(body="{{ text }} {{ gone }}")
    first.refresh_from_db()
    with pytest.raises(ValidationError):
        letters.go_back(text=first, reason="was better", seen_version=1, actor=None, at=AT)


def test_own_text_is_used_again_and_somebody_stands_for_it(manager: User) -> None:
    save()
    trace = letters.use_own_text(letter_type=ANSWER, reason="no need", seen_version=1, actor=manager, at=AT)
    assert in_use(ANSWER) == own_text("answer")
    assert (trace.version, trace.is_current, trace.created_by) == (2, False, manager)
    assert save(seen=2).version == 3


def test_test_goes_to_oneself_with_sample_data(coordinator: User) -> None:
    email = letters.send_test(
        letter_type=ANSWER, wording=NEW, sample="several", form_id=uuid4(), user=coordinator, at=AT
    )
    assert (email.kind, email.to_email, email.staff) == ("test", coordinator.email, coordinator)
    assert (email.therapist, email.patient) == (None, None)
    assert email.subject == "[Test] Zu Ihrer Nachricht"
    assert email.text == "Guten Tag,\n\nvielen Dank für Ihre Nachfrage.\n"
    assert "vielen Dank für Ihre Nachfrage." in email.html


def test_test_of_the_same_form_is_one_message(coordinator: User) -> None:
    form_id = uuid4()
    values: dict[str, Any] = {"letter_type": ANSWER, "sample": "one", "user": coordinator, "at": AT}
    first = letters.send_test(wording=NEW, form_id=form_id, **values)
    assert letters.send_test(wording=NEW, form_id=form_id, **values) == first
    changed = letters.send_test(wording=Wording("Neuer", "{{ text }}"), form_id=form_id, **values)
    assert changed != first
    assert EmailMessage.objects.count() == 2


def test_text_that_must_not_go_out_is_not_sent_as_a_test_either(coordinator: User) -> None:
    with pytest.raises(ValidationError):
        letters.send_test(
            letter_type=ANSWER,
            wording=Wording("x", "{{ gone }}"),
            sample="one",
            form_id=uuid4(),
            user=coordinator,
            at=AT,
        )
    assert not EmailMessage.objects.exists()
