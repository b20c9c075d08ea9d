"""Awkward mails, one by one: recognised as what they are, matched, read, never answered."""

from pathlib import Path

import pytest
from django.conf import settings

from apps.communication.enums import EmailStatus
from apps.communication.models import EmailMessage, InboundMessage, UndeliverableAddress
from tests.communication.inbound import awkward
from tests.communication.inbound.awkward import MAILS, Awkward
from tests.communication.inbound.world import World, build, in_short, take_in

pytestmark = pytest.mark.django_db
MARKED = {"bounce: no such mailbox", "bounce: qmail", "bounce: Exchange in prose"}


@pytest.fixture
def world(db: None) -> World:
    return build()


@pytest.mark.parametrize("mail", MAILS, ids=lambda mail: mail.name)
def test_awkward_mail_becomes_what_the_table_says(mail: Awkward, world: World) -> None:
    letters = EmailMessage.objects.count()
    row = take_in(mail.raw)
    assert (row.kind, row.status, row.matched_by) == mail.becomes
    assert in_short(row.suggestion, world.codes) == mail.says
    assert EmailMessage.objects.count() == letters  # nothing is ever answered by itself
    assert row.history.count() == 1


@pytest.mark.parametrize("mail", MAILS, ids=lambda mail: mail.name)
def test_awkward_mail_taken_in_again_is_the_same_row(mail: Awkward, world: World) -> None:
    first = take_in(mail.raw)
    assert take_in(mail.raw).pk == first.pk
    assert InboundMessage.objects.count() == 1


@pytest.mark.parametrize(
    "mail",
    [mail for mail in MAILS if mail.becomes[0] == "bounce" and mail.becomes[2]],
    ids=lambda mail: mail.name,
)
def test_bounce_moves_the_letter_and_marks_only_dead_addresses(mail: Awkward, world: World) -> None:
    take_in(mail.raw)
    world.letters["one"].refresh_from_db()
    assert world.letters["one"].status == EmailStatus.BOUNCED
    assert UndeliverableAddress.objects.exists() == (mail.name in MARKED)


def test_documentation_has_the_table() -> None:
    text = (Path(settings.BASE_DIR) / "docs" / "inbound.md").read_text(encoding="utf-8")
    assert awkward.table() in text, "python -m tests.communication.inbound.awkward prints the table"


def test_there_are_sixty_awkward_mails() -> None:
    assert len(MAILS) >= 60
    assert len({mail.name for mail in MAILS}) == len(MAILS)
