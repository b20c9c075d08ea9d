"""What a provider reports, in the form Postmark and Mailgun send it."""

import base64
import hashlib
import hmac
from typing import Any

import pytest
from django.test import Client

from apps.communication.enums import EmailStatus, InboundSource
from apps.communication.models import EmailMessage, InboundMessage, UndeliverableAddress
from apps.communication.services import inbound
from apps.communication.services.reconciliation import BY_PROVIDER
from config import urls as own_urls  # read before a test sets the secret
from tests.communication.inbound.mails import LETTER_ONE, mail
from tests.communication.inbound.world import build
from tests.communication.rows import AT, email_in

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.communication.webhook_urls")]
SECRET = "postman:only-for-tests"
TRACKING, INBOUND = "/anymail/postmark/tracking/", "/anymail/postmark/inbound/"
NUMBER = "b7bc2f4a-e38e-4336-af7d-e6c392c2f817"


@pytest.fixture(autouse=True)
def secret(settings: Any) -> None:
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}


def post(path: str, payload: dict[str, Any], secret: str = SECRET, **values: Any) -> Any:
    authorisation = f"Basic {base64.b64encode(secret.encode()).decode()}"
    client = Client(enforce_csrf_checks=True, **values)
    headers = {"Authorization": authorisation}
    return client.post(path, payload, content_type="application/json", headers=headers)


def delivery() -> dict[str, Any]:
    times = {"DeliveredAt": "2026-11-23T08:00:00Z"}
    return {"RecordType": "Delivery", "MessageID": NUMBER, "Recipient": "p@example.org", "Tag": "", **times}


def bounced(**values: Any) -> dict[str, Any]:
    return {
        "RecordType": "Bounce",
        "ID": 42,
        "Type": "HardBounce",
        "TypeCode": 1,
        "MessageID": NUMBER,
        "Email": "p@example.org",
        "BouncedAt": "2026-11-23T08:00:00Z",
        "Description": "unknown user",
        "Details": "smtp;550 5.1.1 no such user",
        **values,
    }


def incoming(text: str = "Leider nein.") -> dict[str, Any]:
    headers = {"Message-ID": "<m1@practice.example>", "In-Reply-To": LETTER_ONE}
    return {
        "From": "praxis-eins@example.org",
        "To": "vermittlung@example.org",
        "Subject": "AW: Anfrage",
        "FromFull": {"Email": "praxis-eins@example.org", "Name": "Anna Linde"},
        "MessageID": NUMBER,
        "ToFull": [{"Email": "vermittlung@example.org", "Name": ""}],
        "CcFull": [],
        "BccFull": [],
        "Date": "Mon, 23 Nov 2026 08:55:00 +0100",
        "TextBody": text,
        "HtmlBody": "",
        "Attachments": [],
        "Headers": [{"Name": name, "Value": value} for name, value in headers.items()],
    }


def unclear(**fields: Any) -> EmailMessage:
    email = email_in(fields.pop("status", EmailStatus.UNCLEAR))
    EmailMessage.objects.filter(pk=email.pk).update(provider_id=NUMBER, **fields)
    return email


def test_without_a_secret_the_addresses_do_not_exist() -> None:
    assert [entry for entry in own_urls.urlpatterns if "anymail" in str(entry.pattern)] == []


@pytest.mark.parametrize("path", [TRACKING, INBOUND])
def test_wrong_secret_is_refused_and_changes_nothing(path: str) -> None:
    email = unclear()
    assert post(path, delivery(), secret="postman:guessed").status_code == 400
    assert Client().post(path, delivery(), content_type="application/json").status_code == 400
    email.refresh_from_db()
    assert (email.status, InboundMessage.objects.count()) == (EmailStatus.UNCLEAR, 0)


@pytest.mark.parametrize("status", [EmailStatus.UNCLEAR, EmailStatus.HANDING_OVER, EmailStatus.SENT])
def test_delivered_letter_is_sent_however_often_it_is_told(status: EmailStatus) -> None:
    email = unclear(status=status)
    assert [post(TRACKING, delivery()).status_code for _count in range(3)] == [200, 200, 200]
    email.refresh_from_db()
    assert email.status == EmailStatus.SENT
    told = email.history.filter(new=EmailStatus.SENT, reason=BY_PROVIDER).count()
    assert told == (0 if status == EmailStatus.SENT else 1)


@pytest.mark.parametrize(
    ("values", "is_marked"),
    [
        ({}, True),
        ({"Type": "SoftBounce", "TypeCode": 4096, "Details": "smtp;452 4.2.2 mailbox full"}, False),
        ({"Details": "smtp;554 5.7.1 spam", "Type": "Blocked", "TypeCode": 100006}, False),
    ],
)
def test_bounced_letter_came_back(values: dict[str, Any], is_marked: bool) -> None:
    email = unclear(status=EmailStatus.SENT)
    for _count in range(2):
        assert post(TRACKING, bounced(**values)).status_code == 200
    email.refresh_from_db()
    assert email.status == EmailStatus.BOUNCED
    assert UndeliverableAddress.objects.exists() == is_marked


def test_news_of_a_letter_that_is_not_ours_is_taken_quietly() -> None:
    email_in(EmailStatus.UNCLEAR)
    assert post(TRACKING, delivery()).status_code == 200
    assert EmailMessage.objects.get().status == EmailStatus.UNCLEAR


def test_letter_is_found_by_our_own_number_as_well() -> None:
    email = email_in(EmailStatus.UNCLEAR)
    payload = {**delivery(), "Metadata": {"outbox_id": str(email.outbox_id)}}
    post(TRACKING, payload)
    email.refresh_from_db()
    assert email.status == EmailStatus.SENT


def test_incoming_message_by_both_ways_is_one_row() -> None:
    build()
    assert post(INBOUND, incoming()).status_code == 200
    raw = mail("Leider nein.\n", message_id="<m1@practice.example>", answers=LETTER_ONE)
    inbound.ingest(raw=raw, source=InboundSource.IMAP, received_at=AT)
    row = InboundMessage.objects.get()
    assert (row.source, row.status, row.matched_by, row.text) == (
        "webhook",
        "waiting",
        "header",
        "Leider nein.",
    )


def test_incoming_message_with_odd_characters_is_kept() -> None:
    post(INBOUND, incoming("Für Ämter – 😀 leider nein"))
    assert InboundMessage.objects.get().text == "Für Ämter – 😀 leider nein"


def test_provider_that_passes_the_raw_message_on(settings: Any) -> None:
    build()
    fields = {"recipient": "vermittlung@example.org", "sender": "praxis-eins@example.org"}
    settings.ANYMAIL = {"MAILGUN_WEBHOOK_SIGNING_KEY": "key"}
    signature = hmac.new(b"key", b"1x", hashlib.sha256).hexdigest()
    raw = mail("Leider nein.", answers=LETTER_ONE).decode()
    answer = Client().post(
        "/anymail/mailgun/inbound_mime/",
        {**fields, "body-mime": raw, "timestamp": "1", "token": "x", "signature": signature},
    )
    assert answer.status_code == 200
    assert InboundMessage.objects.get().matched_by == "header"


def test_error_while_writing_is_told_the_provider(monkeypatch: Any) -> None:
    def dies(**kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(inbound, "ingest", dies)
    assert post(INBOUND, incoming(), raise_request_exception=False).status_code == 500
    assert InboundMessage.objects.count() == 0
