"""Changing the texts of letters, and sending one to oneself to look at."""

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.communication.enums import LetterKind
from apps.communication.letters import LetterType, compose, of_kind
from apps.communication.letters.checks import check
from apps.communication.letters.texts import Wording, own_text
from apps.communication.models import EmailMessage, LetterText
from apps.communication.services import queue
from apps.core.errors import StaleState

LONGEST_SUBJECT_SENT = 200


@transaction.atomic
def save_text(
    *,
    letter_type: type[LetterType],
    wording: Wording,
    reason: str,
    seen_version: int,
    actor: Any,
    at: datetime,
) -> LetterText:
    """A new version, in use from now on.

    Raises ValidationError by field for a text that must not go out, StaleState if somebody else has saved
    a version since `seen_version`.
    """
    check(letter_type, subject=wording.subject, body=wording.body)
    return _add(letter_type, wording, reason, seen_version, actor=actor, at=at, is_current=True)


@transaction.atomic
def go_back(*, text: LetterText, reason: str, seen_version: int, actor: Any, at: datetime) -> LetterText:
    """The words of an older version as a new one, checked like any other."""
    letter_type = _type_of(text)
    wording = Wording(subject=text.subject, body=text.body)
    check(letter_type, subject=wording.subject, body=wording.body)
    return _add(letter_type, wording, reason, seen_version, actor=actor, at=at, is_current=True)


@transaction.atomic
def use_own_text(
    *, letter_type: type[LetterType], reason: str, seen_version: int, actor: Any, at: datetime
) -> LetterText:
    """The text that comes with the program is used again, and follows it when the program is renewed.

    The version that is written tells who did so and is itself not in use.
    """
    wording = own_text(letter_type.kind)
    return _add(letter_type, wording, reason, seen_version, actor=actor, at=at, is_current=False)


def send_test(
    *, letter_type: type[LetterType], wording: Wording, sample: str, form_id: UUID, user: User, at: datetime
) -> EmailMessage:
    """One letter with sample values to the person at the screen. The same form twice is one message."""
    check(letter_type, subject=wording.subject, body=wording.body)
    letter = compose(letter_type, wording, letter_type.samples()[sample])
    subject = f"[Test] {letter.subject}"[:LONGEST_SUBJECT_SENT]
    return queue.enqueue(
        letter=replace(letter, kind=LetterKind.TEST, subject=subject),
        to_email=user.email,
        to_name=user.display_name,
        staff=user,
        actor=user,
        at=at,
        once_key=f"test:{form_id}:{_digest(letter)}",
    )


def _add(
    letter_type: type[LetterType],
    wording: Wording,
    reason: str,
    seen_version: int,
    *,
    actor: Any,
    at: datetime,
    is_current: bool,
) -> LetterText:
    if not reason.strip():
        raise ValidationError({"reason": _("Please say why.")})
    _wait_for_turn(letter_type.kind)
    texts = LetterText.objects.filter(kind=letter_type.kind)
    newest = texts.order_by("-version").values_list("version", flat=True).first() or 0
    if newest != seen_version:
        raise StaleState(_("Somebody else has changed this letter meanwhile. Please look at it once more."))
    texts.filter(is_current=True).update(is_current=False)
    return LetterText.objects.create(
        kind=letter_type.kind,
        version=newest + 1,
        subject=wording.subject,
        body=wording.body,
        is_current=is_current,
        created_at=at,
        created_by=actor,
        reason=reason,
    )


def _wait_for_turn(kind: str) -> None:
    """Two people save the same letter one after the other, also where there is no row yet to lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"letter:{kind}"])


def _type_of(text: LetterText) -> type[LetterType]:
    letter_type = of_kind(text.kind)
    if letter_type is None:
        raise StaleState(_("This letter is not written any more."))
    return letter_type


def _digest(letter: queue.Letter) -> str:
    return hashlib.sha256(f"{letter.subject}\n{letter.text}".encode()).hexdigest()[:16]
