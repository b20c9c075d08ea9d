"""Sending through a provider's HTTP interface (django-anymail) instead of SMTP.

There is no final dot: the whole call is the doubtful time, so it is marked before the call. What the
provider answers tells; a call that broke off or a 5xx leaves the message unclear.
"""

from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage as MimeMessage
from typing import Any

from anymail.exceptions import AnymailAPIError, AnymailError
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from apps.communication.clients.delivery import DeliveryError, Receipt

TRY_LATER = 429
TAKEN = {"sent", "queued", "delivered"}
OURS = ("Message-ID", "X-Outbox-ID", "Auto-Submitted", "In-Reply-To", "References", "Date")


class ProviderClient:
    """Settings: EMAIL_PROVIDER (a backend of anymail), ANYMAIL. One HTTP session, reused."""

    def __init__(self) -> None:
        self._backend = get_connection(settings.EMAIL_PROVIDER)

    def close(self) -> None:
        self._backend.close()

    def deliver(
        self, message: bytes, *, sender: str, recipient: str, before_final_dot: Callable[[], None]
    ) -> Receipt:
        """Send one message to one recipient. Raises DeliveryError, or what `before_final_dot` raises."""
        mail = as_django(message_from_bytes(message, policy=policy.default), recipient)  # type: ignore[arg-type]
        before_final_dot()
        try:
            self._backend.send_messages([mail])
        except AnymailAPIError as error:
            raise _judged(error) from error
        except AnymailError as error:  # refused before it left: wrong settings, an address it does not take
            raise DeliveryError(reply=type(error).__name__, permanent=True) from error
        return _receipt(mail)


def as_django(message: MimeMessage, recipient: str) -> EmailMultiAlternatives:
    """The same message as anymail takes it."""
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    mail = EmailMultiAlternatives(
        subject=message["Subject"],
        body=text.get_content() if text is not None else "",
        from_email=message["From"],
        to=[message["To"] or recipient],
        headers={name: message[name] for name in OURS if message[name]},
    )
    if html is not None:
        mail.attach_alternative(html.get_content(), "text/html")
    for part in message.iter_attachments():
        mail.attach(part.get_filename(), part.get_payload(decode=True), part.get_content_type())  # type: ignore[arg-type]
    return mail


def _judged(error: AnymailAPIError) -> DeliveryError:
    """A 4xx says for certain that it was not taken; without an answer, or with a 5xx, nobody knows."""
    code = error.status_code
    reply = f"{code or type(error).__name__}"
    if code is None or code >= 500:
        return DeliveryError(reply=reply, is_unclear=True)
    return DeliveryError(reply=reply, permanent=code != TRY_LATER)


def _receipt(mail: Any) -> Receipt:
    status = mail.anymail_status
    states = status.status or set()
    reply = ", ".join(sorted(str(state) for state in states))
    if not states & TAKEN:
        raise DeliveryError(reply=reply or "no answer", permanent=bool(states), is_unclear=not states)
    return Receipt(reply=reply, provider_id=_number(status.message_id))


def _number(given: Any) -> str:
    """anymail gives one number, or a set where the provider names the recipients in another spelling."""
    numbers = given if isinstance(given, set) else {given}
    return next((str(number) for number in numbers if number), "")
