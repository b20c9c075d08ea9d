"""The page behind the link: what it shows, what it does, and what it does not."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from apps.communication.models import EmailMessage
from apps.communication.selectors import readable_text
from apps.communication.services import sending
from apps.events.models import DomainEvent
from apps.intake.models import Registration
from apps.intake.services import confirmation, review
from apps.patients.models import Consent, Insurer
from apps.workspace.demo.mailserver import CatchingHandler
from tests.intake.samples import AT, received
from tests.intake.services.test_review import accepted

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def test_letter_goes_out_and_names_nobody(registration: Registration, mailbox: CatchingHandler) -> None:
    assert sending.send_queue(at=AT) == 1
    (mail,) = mailbox.messages
    assert mail["To"] == "mira.sample@example.org"
    for word in ("Sample", "Mira ", "F32", "Depress"):
        assert word not in mail.as_string()
    assert "/confirm/" in registration.email.text


def test_only_the_digest_is_kept(registration: Registration, token: Callable[[], str]) -> None:
    assert len(token()) == 43
    assert registration.link_digest == confirmation.digest(token())
    assert token() not in readable_text(EmailMessage.objects.get())


def test_looking_changes_nothing_and_the_button_confirms(
    registration: Registration, token: Callable[[], str], client: Client
) -> None:
    with time_machine.travel(AT + DAY, tick=False):
        page = client.get(f"/confirm/{token()}/")
        registration.refresh_from_db()
        assert (page.status_code, registration.email_confirmed_at) == (200, None)
        assert "Mira" not in page.content.decode()
        assert (page["Referrer-Policy"], page["X-Robots-Tag"]) == (
            "no-referrer",
            "noindex, nofollow, noarchive",
        )
        for _click in range(2):
            assert client.post(f"/confirm/{token()}/").status_code == 200
    registration.refresh_from_db()
    assert (registration.status, registration.email_confirmed_at) == ("waiting", AT + DAY)
    assert DomainEvent.objects.filter(type="registration.confirmed").count() == 1


def test_link_of_fourteen_days_ago_opens_no_more(
    registration: Registration, token: Callable[[], str], client: Client
) -> None:
    with time_machine.travel(AT + 14 * DAY, tick=False):
        assert client.get(f"/confirm/{token()}/").status_code == 404
        assert client.post(f"/confirm/{token()}/").status_code == 404
    registration.refresh_from_db()
    assert registration.email_confirmed_at is None


def test_unknown_link_is_one_page_for_all(client: Client, db: None) -> None:
    assert client.get("/confirm/nothing/").status_code == 404
    assert client.post("/confirm/nothing/").status_code == 404


def test_too_many_tries_are_turned_away(client: Client, db: None) -> None:
    answers = [client.post("/confirm/nothing/").status_code for _try in range(21)]
    assert answers == [404] * 20 + [429]


def test_new_link_makes_the_one_before_worthless(
    registration: Registration, token: Callable[[], str], client: Client, mailbox: CatchingHandler
) -> None:
    first = token()
    sending.send_queue(at=AT)
    confirmation.resend(registration=registration, actor=None, at=AT + DAY)
    with time_machine.travel(AT + DAY, tick=False):
        assert client.get(f"/confirm/{first}/").status_code == 404
        assert client.get(f"/confirm/{token()}/").status_code == 200


def test_letter_before_must_be_gone_first(registration: Registration, coordinator_client: Client) -> None:
    coordinator_client.post(f"/registrierungen/{registration.pk}/resend/")
    assert EmailMessage.objects.count() == 1


def test_letter_is_held_where_the_link_no_longer_counts(
    registration: Registration, mailbox: CatchingHandler
) -> None:
    review.reject(registration=registration, actor=None, at=AT, reason="a test")
    assert sending.send_queue(at=AT) == 0
    assert EmailMessage.objects.get().refusal == "link"


def test_another_address_has_to_be_confirmed_anew(
    registration: Registration, token: Callable[[], str], client: Client
) -> None:
    confirmation.confirm(token=token(), at=AT)
    fresh = review.correct(
        registration=registration,
        fields={"email": "new@example.org"},
        hours=[],
        seen=0,
        actor=None,
        at=AT,
    )
    assert (fresh.status, fresh.email_confirmed_at) == ("waiting_for_confirmation", None)
    assert not confirmation.confirm(token=token(), at=AT)


def test_consent_to_mails_counts_once_the_address_is_confirmed(
    registration: Registration, token: Callable[[], str]
) -> None:
    patient = accepted(registration)
    assert not patient.consents.filter(purpose="email").exists()
    confirmation.confirm(token=token(), at=AT + DAY)
    assert patient.consents.filter(purpose="email", withdrawn_on=None).count() == 1


def test_consent_to_mails_counts_at_once_where_confirmed(
    registration: Registration, token: Callable[[], str]
) -> None:
    confirmation.confirm(token=token(), at=AT)
    assert accepted(registration).consents.filter(purpose="email").count() == 1


def test_late_confirmation_of_an_address_that_changed_gives_nothing(
    registration: Registration, token: Callable[[], str]
) -> None:
    patient = accepted(registration)
    patient.email = "other@example.org"
    patient.save(update_fields=["email"])
    confirmation.confirm(token=token(), at=AT)
    assert not Consent.objects.filter(purpose="email").exists()


def test_address_written_otherwise_is_the_same(insurer: Insurer, token: Callable[[], str]) -> None:
    registration = received(patient__email=" MIRA.sample@example.org ")
    confirmation.confirm(token=token(), at=AT)
    assert accepted(registration).consents.filter(purpose="email").count() == 1
