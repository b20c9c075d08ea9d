"""The worker of the queue: claiming, the state after every kind of answer, workers that die."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection, transaction

from apps.accounts.models import User
from apps.communication import gates
from apps.communication.clients.delivery import DeliveryError
from apps.communication.enums import EmailStatus, LetterKind, Refusal
from apps.communication.models import EmailMessage, MailCircuit, UndeliverableAddress
from apps.communication.services import addresses, queue, sending
from apps.core.errors import StaleState
from apps.core.transitions import move_many
from apps.events.models import DomainEvent
from apps.workspace.demo.mailserver import CatchingHandler
from tests.communication.mailservers import CLOSE, SILENCE, SLOW, ScriptedServer, scripted
from tests.communication.rows import email_in, letter, plain, queued, steps
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import change_parameter

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = timedelta(minutes=1)
SENT_WAY = [("", "queued"), ("queued", "sending"), ("sending", "handing_over"), ("handing_over", "sent")]


def _in_thread(work: Callable[[], Any]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def _sent_once(settings: Any, at: datetime, **script: list[str]) -> tuple[EmailMessage, int]:
    """One message after one run against a scripted server, and how often it arrived there."""
    email = queued()
    with scripted(settings, **script) as server:
        sending.send_queue(at=at)
        arrived = len(server.arrived)
    email.refresh_from_db()
    return email, arrived


def test_claim_takes_the_oldest_due_messages(at: datetime) -> None:
    late, first, second = queued(), queued(), queued()
    EmailMessage.objects.filter(pk=late.pk).update(next_attempt_at=at + MINUTE)
    assert [sending.claim(at=at) for _count in range(3)] == [[first], [second], []]
    assert sending.claim(at=at + MINUTE, limit=5) == [late]
    first.refresh_from_db()
    assert (first.status, first.claimed_at) == (EmailStatus.SENDING, at)


def test_claim_skips_a_message_that_a_click_holds(at: datetime) -> None:
    first, second = queued(), queued()
    is_locked, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            EmailMessage.objects.select_for_update().get(pk=first.pk)
            is_locked.set()
            may_end.wait(timeout=30)

    thread = _in_thread(hold)
    assert is_locked.wait(timeout=30)
    claimed = sending.claim(at=at, limit=2)  # neither waits nor takes the same
    may_end.set()
    thread.join(timeout=30)
    assert claimed == [second]


def test_claim_keeps_the_most_of_an_hour(at: datetime) -> None:
    change_parameter("emails_per_hour", 3)
    for _count in range(5):
        queued()
    assert len(sending.claim(at=at, limit=2)) == 2
    assert len(sending.claim(at=at, limit=2)) == 1
    assert sending.claim(at=at + 59 * MINUTE) == []
    assert len(sending.claim(at=at + 61 * MINUTE, limit=9)) == 2


def test_claim_takes_a_suspect_alone_and_last(at: datetime) -> None:
    suspect, first, second = queued(), queued(), queued()
    EmailMessage.objects.filter(pk=suspect.pk).update(deaths=1)
    assert sending.claim(at=at, limit=5, with_suspects=False) == [first, second]
    assert sending.claim(at=at, limit=5) == [suspect]


def test_two_workers_send_each_message_once(mailbox: CatchingHandler, at: datetime) -> None:
    emails = [queued(text=f"Nummer {number}") for number in range(12)]
    counts: list[int] = []
    barrier = threading.Barrier(2)

    def work() -> None:
        barrier.wait(timeout=30)
        counts.append(sending.send_queue(at=at))

    for thread in [_in_thread(work), _in_thread(work)]:
        thread.join(timeout=120)
    assert sum(counts) == 12
    assert sorted(message["Message-ID"] for message in mailbox.messages) == sorted(
        email.message_id for email in emails
    )
    assert set(EmailMessage.objects.values_list("status", flat=True)) == {EmailStatus.SENT}


def test_send_queue_accepted_is_sent_with_a_whole_history(
    mailbox: CatchingHandler, coordinator: User, at: datetime
) -> None:
    email = queued(actor=coordinator)
    later = at + 3 * MINUTE
    assert sending.send_queue(at=later) == 1
    email.refresh_from_db()
    assert (email.status, email.sent_at, email.server_reply) == (EmailStatus.SENT, later, "250 taken")
    assert email.attempts == 0
    assert steps(email) == SENT_WAY
    rows = list(email.history.values_list("at", "actor"))
    assert rows == [(at, coordinator.pk), (later, None), (later, None), (later, None)]
    types = DomainEvent.objects.filter(type__startswith="email.").order_by("id")
    assert list(types.values_list("type", "subject_id")) == [
        ("email.queued", str(email.pk)),
        ("email.sent", str(email.pk)),
    ]


def test_send_queue_message_carries_row_and_names(mailbox: CatchingHandler, at: datetime) -> None:
    text = "Grüße aus Köln.\n.\n..Ende: ß\n"
    email = queued(text=text, to_email="ute@example.org", to_name="Ute Müller-Lüdenscheidt")
    sending.send_queue(at=at)
    (message,) = mailbox.messages
    assert plain(message) == text
    assert message["To"] == "Ute Müller-Lüdenscheidt <ute@example.org>"
    assert message["From"] == "Psychotherapie-Vermittlung <vermittlung@example.org>"
    assert message["Subject"] == "Ein Platz"
    assert message["Message-ID"] == email.message_id
    assert message["X-Outbox-ID"] == str(email.outbox_id)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == at


def test_send_queue_with_html_sends_both(mailbox: CatchingHandler, at: datetime) -> None:
    email = queued(text="schlicht\n")
    EmailMessage.objects.filter(pk=email.pk).update(html="<p>schön</p>")
    sending.send_queue(at=at)
    parts = [plain(part) for part in mailbox.messages[0].iter_parts()]
    assert parts == ["schlicht\n", "<p>schön</p>\n"]


def test_send_queue_to_a_therapist_notes_the_contact(mailbox: CatchingHandler, at: datetime) -> None:
    therapist = TherapistFactory()
    gone = queue.Letter(kind=LetterKind.WITHDRAWAL, subject="Erledigt", text="Danke")
    fields = {"to_email": "x@example.org", "to_name": "X", "actor": None, "at": at}
    queue.enqueue(letter=gone, therapist=therapist, **fields)
    sending.send_queue(at=at)
    therapist.refresh_from_db()
    assert therapist.last_email_at == at


def test_send_queue_limit_leaves_the_rest(mailbox: CatchingHandler, at: datetime) -> None:
    for _count in range(3):
        queued()
    assert sending.send_queue(at=at, limit=2) == 2
    assert EmailMessage.objects.filter(status=EmailStatus.QUEUED).count() == 1


def test_send_queue_stops_taking_after_the_longest_run(
    mailbox: CatchingHandler, at: datetime, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMAIL_CONNECTIONS = 1
    monkeypatch.setattr(sending, "IN_HAND_PER_CONNECTION", 2)
    monkeypatch.setattr(sending, "LONGEST_RUN", timedelta(0))
    for _count in range(5):
        queued()
    assert sending.send_queue(at=at) == 2  # what it had in hand
    assert EmailMessage.objects.filter(status=EmailStatus.QUEUED).count() == 3


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("reply", ["421 going down", "451 later"])
def test_send_queue_temporary_no_before_the_dot_waits_again(
    settings: Any, at: datetime, step: str, reply: str
) -> None:
    email, arrived = _sent_once(settings, at, **{step: [reply]})
    assert arrived == 0
    assert (email.status, email.attempts, email.next_attempt_at) == ("queued", 1, at + MINUTE)
    assert email.server_reply == reply
    assert steps(email) == [("", "queued"), ("queued", "sending"), ("sending", "queued")]
    assert email.history.last().reason == reply


@pytest.mark.parametrize("reply", ["421 going down", "451 greylisted"])
def test_send_queue_temporary_no_to_the_dot_waits_again(settings: Any, at: datetime, reply: str) -> None:
    email, _arrived = _sent_once(settings, at, DOT=[reply])
    assert (email.status, email.attempts, email.next_attempt_at) == ("queued", 1, at + MINUTE)
    assert steps(email)[-2:] == [("sending", "handing_over"), ("handing_over", "queued")]


@pytest.mark.parametrize("step", ["RCPT", "DOT"])
def test_send_queue_permanent_no_fails_and_is_never_repeated(settings: Any, at: datetime, step: str) -> None:
    email, _arrived = _sent_once(settings, at, **{step: ["550 no such user"]})
    assert (email.status, email.attempts, email.server_reply) == ("failed", 1, "550 no such user")
    with scripted(settings) as server:
        assert sending.send_queue(at=at + timedelta(days=30)) == 0
    assert server.steps == []


def test_send_queue_one_refused_recipient_does_not_stop_the_next(
    mailbox: CatchingHandler, at: datetime
) -> None:
    bad, good = queued(to_email="bad@example.org"), queued()
    mailbox.rcpt_replies["bad@example.org"] = "550 no such user"
    assert sending.send_queue(at=at) == 1
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.status, good.status) == (EmailStatus.FAILED, EmailStatus.SENT)


def test_send_queue_after_a_hung_up_server_costs_the_next_no_attempt(settings: Any, at: datetime) -> None:
    settings.EMAIL_CONNECTIONS = 1
    first, second = queued(), queued()
    with scripted(settings, DATA=["421 too many"]):
        assert sending.send_queue(at=at) == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, first.attempts) == (EmailStatus.QUEUED, 1)
    assert (second.status, second.attempts) == (EmailStatus.SENT, 0)


def test_send_queue_unreachable_server_rests_and_costs_no_attempt(settings: Any, at: datetime) -> None:
    emails = [queued() for _count in range(6)]
    with scripted(settings):
        pass  # the port is closed now
    assert sending.send_queue(at=at) == 0
    for email in emails:
        email.refresh_from_db()
        assert (email.status, email.attempts) == (EmailStatus.QUEUED, 0)
    circuit = MailCircuit.objects.get()
    assert (circuit.failures, circuit.open_until) == (1, at + MINUTE)
    assert circuit.reply.startswith("ConnectionRefusedError")


def test_send_queue_rests_longer_and_longer_then_goes_on(settings: Any, at: datetime) -> None:
    email, moment, rests = queued(), at, []
    with scripted(settings):
        pass
    for _count in range(6):
        assert sending.send_queue(at=moment) == 0
        until = MailCircuit.objects.get().open_until
        assert until is not None
        rests.append((until - moment) // MINUTE)
        moment = until
    assert rests == [1, 2, 4, 8, 15, 15]
    with scripted(settings) as server:
        assert sending.send_queue(at=moment - timedelta(seconds=1)) == 0
        assert server.steps == []  # left in peace
        assert sending.send_queue(at=moment) == 1
    email.refresh_from_db()
    assert (email.status, email.attempts) == (EmailStatus.SENT, 0)
    assert (MailCircuit.objects.get().failures, MailCircuit.objects.get().open_until) == (0, None)


def test_send_queue_one_connection_too_many_is_no_outage(settings: Any, at: datetime) -> None:
    settings.EMAIL_CONNECTIONS = 2
    for _count in range(4):
        queued()
    with scripted(settings, CONNECT=["220 ready", "421 too many connections"]):
        assert sending.send_queue(at=at) >= 1
    assert not MailCircuit.objects.filter(failures__gt=0).exists()
    assert not EmailMessage.objects.filter(attempts__gt=0).exists()


@pytest.mark.parametrize("trouble", [CLOSE, SILENCE])
def test_send_queue_without_an_answer_to_the_dot_is_unclear_for_a_person(
    settings: Any, at: datetime, trouble: str
) -> None:
    email, arrived = _sent_once(settings, at, DOT=[trouble])
    assert (email.status, arrived) == (EmailStatus.UNCLEAR, 1)
    assert steps(email)[-1] == ("handing_over", "unclear")
    with scripted(settings) as server:
        sending.free_stuck(at=at + timedelta(days=30))
        assert sending.send_queue(at=at + timedelta(days=30)) == 0
    assert server.steps == []
    assert DomainEvent.objects.filter(type="email.unclear", subject_id=str(email.pk)).count() == 1


def test_send_queue_silence_before_the_dot_waits_again(settings: Any, at: datetime) -> None:
    email, arrived = _sent_once(settings, at, DATA=[SILENCE])
    assert (email.status, email.attempts, arrived) == (EmailStatus.QUEUED, 1, 0)


def test_send_queue_backs_off_up_to_an_hour_and_parks_after_a_day(settings: Any, at: datetime) -> None:
    email = queued()
    pauses, moment = [], at
    with scripted(settings, RCPT=["451 later"] * sending.MAX_ATTEMPTS) as server:
        while email.status == EmailStatus.QUEUED:
            sending.send_queue(at=moment)
            email.refresh_from_db()
            if email.status == EmailStatus.QUEUED:
                pauses.append((email.next_attempt_at - moment) // MINUTE)
                moment = email.next_attempt_at
        assert server.steps.count("RCPT") == sending.MAX_ATTEMPTS
        assert sending.send_queue(at=moment + timedelta(days=30)) == 0
    assert pauses[:8] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert timedelta(hours=18) < moment - at < timedelta(hours=24)
    assert (email.status, email.attempts) == (EmailStatus.FAILED, sending.MAX_ATTEMPTS)


def test_send_queue_waits_as_long_as_it_was_told(settings: Any, at: datetime) -> None:
    queued()
    with scripted(settings, RCPT=["451 later"]) as server:
        sending.send_queue(at=at)
        assert sending.send_queue(at=at + MINUTE - timedelta(seconds=1)) == 0
        assert server.steps.count("RCPT") == 1
        assert sending.send_queue(at=at + MINUTE) == 1


@pytest.mark.parametrize(
    ("reply", "is_marked"),
    [
        ("550 no such user", True),
        ("550 5.1.1 unknown", True),
        ("553 5.1.2 bad domain", True),
        ("550 5.7.1 spam", False),
        ("552 5.2.2 mailbox full", False),
        ("554 refused", False),
    ],
)
def test_send_queue_permanent_no_marks_an_address_nobody_reads(
    settings: Any, at: datetime, reply: str, is_marked: bool
) -> None:
    email, _arrived = _sent_once(settings, at, RCPT=[reply])
    assert email.status == EmailStatus.FAILED
    assert UndeliverableAddress.objects.filter(address=email.to_email.lower()).exists() is is_marked


def test_send_queue_to_a_marked_address_is_refused_until_cleared(
    mailbox: CatchingHandler, coordinator: User, at: datetime
) -> None:
    email = queued(to_email="Weg@example.org")
    row = addresses.mark_undeliverable(address="weg@example.org", reply="550", at=at)
    assert sending.send_queue(at=at) == 0
    email.refresh_from_db()
    assert (email.status, email.refusal) == (EmailStatus.REFUSED, Refusal.BOUNCED)
    addresses.clear(row=row, actor=coordinator, at=at, reason="called: works again")
    queue.requeue(email=email, actor=coordinator, at=at, reason="again")
    assert sending.send_queue(at=at) == 1


def test_send_queue_message_that_cannot_be_written_is_parked_and_the_others_go(
    mailbox: CatchingHandler, at: datetime
) -> None:
    broken, good = queued(), queued()
    EmailMessage.objects.filter(pk=broken.pk).update(subject="zwei\nZeilen")
    moment = at
    for _count in range(sending.MAX_DEATHS):
        sending.send_queue(at=moment)
        moment += timedelta(hours=1)
    broken.refresh_from_db()
    good.refresh_from_db()
    assert (broken.status, broken.attempts) == (EmailStatus.FAILED, sending.MAX_DEATHS)
    assert good.status == EmailStatus.SENT


def test_send_queue_gate_that_breaks_at_one_message_lets_the_others_pass(
    mailbox: CatchingHandler, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, good = queued(), queued()

    def breaks(emails: Any, look: gates.Look) -> gates.Found:
        if broken in emails:
            raise ValueError("no such thing")
        return []

    monkeypatch.setattr(gates, "_gates", [*gates._gates, (breaks, frozenset({broken.kind}))])
    assert sending.send_queue(at=at) == 1
    broken.refresh_from_db()
    good.refresh_from_db()
    assert (broken.status, broken.attempts, good.status) == (EmailStatus.QUEUED, 1, EmailStatus.SENT)


def test_send_queue_takes_files_along(mailbox: CatchingHandler, at: datetime) -> None:
    queued(attachments=[queue.Attachment("Merkblatt.pdf", "application/pdf", b"%PDF-1.7 \x00\xff")])
    sending.send_queue(at=at)
    (file,) = mailbox.messages[0].iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("Merkblatt.pdf", b"%PDF-1.7 \x00\xff")


def test_send_queue_keeps_the_message_id_across_retries(settings: Any, at: datetime) -> None:
    email = queued()
    with scripted(settings, DOT=["451 later", "451 later"]) as server:
        for minutes in (0, 1, 3):
            sending.send_queue(at=at + minutes * MINUTE)
    line = f"Message-ID: {email.message_id}".encode()
    assert [line in data for data in server.arrived] == [True, True, True]
    email.refresh_from_db()
    assert email.status == EmailStatus.SENT


def test_send_queue_asks_the_gates_once_for_all_and_keeps_the_reason(
    mailbox: CatchingHandler, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[list[EmailMessage], datetime]] = []

    def closed(emails: Any, look: gates.Look) -> gates.Found:
        asked.append((list(emails), look.at))
        return [(email.pk, Refusal.OUTDATED) for email in emails]

    emails = [queued(), queued()]
    monkeypatch.setattr(gates, "_gates", [(closed, frozenset({emails[0].kind}))])
    assert sending.send_queue(at=at) == 0
    assert asked == [(emails, at)]
    assert mailbox.messages == []
    for email in emails:
        email.refresh_from_db()
        assert (email.status, email.refusal) == (EmailStatus.REFUSED, Refusal.OUTDATED)
        assert steps(email)[-1] == ("sending", "refused")
    assert sending.send_queue(at=at + timedelta(days=1)) == 0


def test_send_queue_freed_and_cancelled_at_the_dot_is_called_off(settings: Any, at: datetime) -> None:
    """While the message stands at the final dot, a sweep frees it and a person cancels it."""
    email = queued()
    settled = threading.Event()

    def meddle() -> None:
        assert server.reached["DATA"].wait(timeout=30)
        with transaction.atomic():
            sending.free_stuck(at=at + 6 * MINUTE)
            queue.cancel(email=EmailMessage.objects.get(pk=email.pk), actor=None, at=at, reason="no")
        settled.set()

    with ScriptedServer(DATA=[SLOW]) as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        thread = _in_thread(meddle)
        assert sending.send_queue(at=at) == 0
        thread.join(timeout=30)
    assert settled.is_set()
    assert server.arrived == []
    email.refresh_from_db()
    assert email.status == EmailStatus.CANCELLED


def test_free_stuck_parks_a_message_that_kills_its_workers(mailbox: CatchingHandler, at: datetime) -> None:
    poison, good = queued(), queued()
    moment = at
    for _count in range(sending.MAX_DEATHS):
        assert poison in sending.claim(at=moment, limit=5)  # and dies
        moment += 6 * MINUTE
        sending.free_stuck(at=moment)
    poison.refresh_from_db()
    assert (poison.status, poison.deaths) == (EmailStatus.FAILED, sending.MAX_DEATHS)
    good.refresh_from_db()
    assert (good.status, good.deaths) == (EmailStatus.QUEUED, 1)  # died in its company once, never again
    assert sending.send_queue(at=moment) == 1


def test_free_stuck_sends_the_unsent_back_and_the_doubtful_to_a_person(at: datetime) -> None:
    sends, hands_over = email_in(EmailStatus.SENDING), email_in(EmailStatus.HANDING_OVER)
    others = [email_in(status) for status in EmailStatus if status not in (sends.status, hands_over.status)]
    before = [row.status for row in others]
    assert sending.free_stuck(at=at + 5 * MINUTE) == 0  # exactly five minutes are not over yet
    assert sending.free_stuck(at=at + 5 * MINUTE + timedelta(seconds=1)) == 2
    for row in (sends, hands_over, *others):
        row.refresh_from_db()
    assert (sends.status, hands_over.status) == (EmailStatus.QUEUED, EmailStatus.UNCLEAR)
    assert [row.status for row in others] == before
    assert sends.history.last().reason == "worker stopped"


def _worker(port: int) -> subprocess.Popen[bytes]:
    """`manage.py send_queue` in a process of its own, on the database of the test."""
    database = connection.settings_dict
    url = f"postgresql://{database['USER']}:{database['PASSWORD']}@{_host(database)}"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": url,
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        "EMAIL_CONNECTIONS": "1",
    }
    folder = Path(django_settings.BASE_DIR)
    return subprocess.Popen(
        [sys.executable, "manage.py", "send_queue"],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _host(database: dict[str, Any]) -> str:
    host, port, name = database["HOST"], database["PORT"], database["NAME"]
    if not host or str(host).startswith("/"):
        return f"/{name}?host={host or database['OPTIONS']['host']}"
    return f"{host}:{port or 5432}/{name}"


def _killed_at(step: str) -> ScriptedServer:
    """A worker is killed while a silent server lets it wait at that step."""
    with ScriptedServer(**{step: [SILENCE]}) as server:
        worker = _worker(server.port)
        try:
            assert server.reached[step].wait(timeout=120)
        finally:
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait(timeout=30)
    return server


def _after_the_crash(settings: Any, at: datetime) -> list[bytes]:
    """What arrives when the next worker cleans up and goes on."""
    with scripted(settings) as server:
        sending.free_stuck(at=at)
        sending.send_queue(at=at)
    return server.arrived


def test_worker_killed_before_the_dot_loses_and_doubles_nothing(settings: Any, at: datetime) -> None:
    hit, next_one = queued(), queued()
    assert _killed_at("DATA").arrived == []
    hit.refresh_from_db()
    assert hit.status == EmailStatus.SENDING
    arrived = _after_the_crash(settings, hit.claimed_at + 6 * MINUTE)
    ids = [email.message_id.encode() in data for email, data in zip((hit, next_one), arrived, strict=True)]
    assert ids == [True, True]
    assert set(EmailMessage.objects.values_list("status", flat=True)) == {EmailStatus.SENT}


def test_worker_killed_after_the_dot_leaves_it_to_a_person(settings: Any, at: datetime) -> None:
    hit, next_one = queued(), queued()
    arrived = _killed_at("DOT").arrived
    assert [hit.message_id.encode() in data for data in arrived] == [True]
    hit.refresh_from_db()
    assert hit.status == EmailStatus.HANDING_OVER
    arrived = _after_the_crash(settings, hit.claimed_at + 6 * MINUTE)
    assert [next_one.message_id.encode() in data for data in arrived] == [True]
    hit.refresh_from_db()
    assert hit.status == EmailStatus.UNCLEAR
    assert steps(hit)[-1] == ("handing_over", "unclear")


def test_send_queue_command_frees_and_sends(mailbox: CatchingHandler, at: datetime) -> None:
    stuck, doubtful = email_in(EmailStatus.SENDING), email_in(EmailStatus.HANDING_OVER)
    EmailMessage.objects.update(claimed_at=datetime(2020, 1, 6, 9, 0, tzinfo=at.tzinfo))
    queued()
    out = StringIO()
    call_command("send_queue", limit=1, stdout=out)
    assert out.getvalue() == "sent=1 freed=2\n"
    stuck.refresh_from_db()
    doubtful.refresh_from_db()
    assert (stuck.status, doubtful.status) == (EmailStatus.QUEUED, EmailStatus.UNCLEAR)
    out = StringIO()
    call_command("send_queue", stdout=out)
    assert out.getvalue() == "sent=1 freed=0\n"
    stuck.refresh_from_db()
    assert stuck.status == EmailStatus.SENT


def test_rewrite_of_a_claimed_message_is_stale(at: datetime) -> None:
    email = queued()
    sending.claim(at=at)
    with pytest.raises(StaleState):
        queue.rewrite(email=email, letter=letter("neu"))


@pytest.mark.parametrize(
    "error",
    [
        DeliveryError(reply="451 later"),
        DeliveryError(reply="550 no", permanent=True),
        DeliveryError(reply="gone", is_unclear=True),
        DeliveryError(reply="refused", is_connection=True),
        ValueError("broken"),
    ],
)
def test_worker_whose_claim_went_to_another_speaks_for_the_message_no_more(
    at: datetime, error: Exception
) -> None:
    """It was so slow that its message was freed; another worker has just handed it over."""
    email = queued()
    [slow] = sending.claim(at=at)
    later = at + 6 * MINUTE
    sending.free_stuck(at=later)
    [quick] = sending.claim(at=later)
    assert move_many([quick], to=EmailStatus.HANDING_OVER, actor=None, at=later) == [quick]
    with pytest.raises(StaleState):
        sending.record_failure(email=slow, error=error, at=at)
    email.refresh_from_db()
    assert (email.status, email.attempts, email.claimed_at) == (EmailStatus.HANDING_OVER, 0, later)
