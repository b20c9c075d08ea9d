"""The usual outbox, as a control: a lease, a mark after sending, and a second try when the lease is over.

It loses nothing and doubles whatever was sent and not yet marked. A suite that does not see this would not
see a double of the product either.
"""

import smtplib
from email.message import EmailMessage as MimeMessage
from email.utils import make_msgid

from django.conf import settings
from django.db import connection

from faults import processes
from faults.mail import MailServer
from faults.rows import DOMAIN

CREATE = """
    DROP TABLE IF EXISTS faults_outbox;
    CREATE TABLE faults_outbox (
        id bigserial PRIMARY KEY,
        message_id text NOT NULL,
        is_sent boolean NOT NULL DEFAULT false,
        leased_until timestamptz NOT NULL DEFAULT '-infinity'
    )
"""
LEASE = """
    UPDATE faults_outbox SET leased_until = now() + interval '5 minutes'
    WHERE id = (
        SELECT id FROM faults_outbox WHERE NOT is_sent AND leased_until < now()
        ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    RETURNING id, message_id
"""
OVER = "UPDATE faults_outbox SET leased_until = '-infinity' WHERE NOT is_sent AND leased_until > now()"


class Naive:
    parked = 0  # it never gives up

    def __init__(self, server: MailServer) -> None:
        _execute(CREATE)

    def top_up(self, count: int) -> None:
        [[waiting]] = _rows("SELECT count(*) FROM faults_outbox WHERE NOT is_sent")
        for _number in range(count - int(str(waiting))):
            _execute("INSERT INTO faults_outbox (message_id) VALUES (%s)", [make_msgid(domain=DOMAIN)])

    def send(self) -> None:
        with smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT, timeout=10) as smtp:
            while leased := _rows(LEASE):
                [[number, message_id]] = leased
                smtp.send_message(_mime(str(message_id)), f"us@{DOMAIN}", [f"naive.{number}@{DOMAIN}"])
                _execute("UPDATE faults_outbox SET is_sent = true WHERE id = %s", [number])

    def after_death(self) -> int:
        """Its lease runs out."""
        return _execute(OVER)

    def finish(self) -> None:
        processes.run(self.send)

    def message_ids(self) -> list[str]:
        return [str(message_id) for [message_id] in _rows("SELECT message_id FROM faults_outbox")]

    def unclear(self) -> int:
        return 0


def _mime(message_id: str) -> MimeMessage:
    message = MimeMessage()
    message["Message-ID"] = message_id
    message["Subject"] = "Ein Platz"
    message.set_content("Guten Tag")
    return message


def _execute(statement: str, values: list[int | str] | None = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def _rows(statement: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())
