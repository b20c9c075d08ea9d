"""The relay's loop: take what waits, send it, put away what was confirmed."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog
from django.db import Error, connection

from apps.events.models import Outgoing, Outlet
from apps.events.relay import outlets, turns
from apps.events.relay.errors import NotDelivered, RelayError, SwitchedOff
from apps.events.relay.kafka import Line, Reports
from apps.events.relay.messages import Message, message

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 60.0  # with one batch; then a new line is tried
IDLE_SECONDS = 0.5
FIRST_BACK_OFF_SECONDS, LONGEST_BACK_OFF_SECONDS = 1.0, 30.0


@dataclass
class Relay:
    """Works for one outlet until `stopping` is set. `sent` counts confirmed events."""

    outlet: Outlet
    stopping: threading.Event
    batch_rows: int = 500
    patience_seconds: float = PATIENCE_SECONDS
    sent: int = 0
    _line: Line | None = field(default=None, init=False)

    def run(self) -> None:
        """Until it is stopped. Trouble with Kafka or the database is logged and tried again, later and later.

        Raises SwitchedOff where somebody has switched the outlet off, TurnLost behind a pooler of
        transactions, and NotInstalled or NotConfigured.
        """
        back_off = FIRST_BACK_OFF_SECONDS
        while not self.stopping.is_set():
            before = self.sent
            try:
                with turns.turn(self.outlet, wait=self.stopping.wait) as is_ours:
                    while is_ours and not self.stopping.is_set():
                        self._work()
            except (NotDelivered, Error) as failure:
                back_off = FIRST_BACK_OFF_SECONDS if self.sent > before else back_off
                self._rest(failure, back_off)
                back_off = min(back_off * 2, LONGEST_BACK_OFF_SECONDS)
            finally:
                self._close()

    def run_once(self) -> None:
        """Until nothing waits. Raises RelayError where another relay is at work or Kafka does not take it."""
        with turns.turn(self.outlet) as is_ours:
            if not is_ours:
                raise RelayError("Another relay is at work.")
            try:
                while not self.stopping.is_set() and self._round():
                    pass
            finally:
                self._close()

    def _work(self) -> None:
        if not self._round():
            if self._line is not None:
                self._line.look()
            self.stopping.wait(IDLE_SECONDS)

    def _round(self) -> bool:
        """One batch; False where nothing waits. Raises NotDelivered after putting away what was confirmed."""
        self._make_sure()
        while outlets.queue_past(self.outlet) and not self.stopping.is_set():
            log.info("relay_past_queued", outlet=self.outlet.name)
        rows = outlets.waiting_rows(self.outlet, self.batch_rows)
        if rows:
            self._send(rows)
        return bool(rows)

    def _make_sure(self) -> None:
        turns.make_sure(self.outlet)
        self.outlet.refresh_from_db()
        if not self.outlet.is_on:
            raise SwitchedOff

    def _send(self, rows: Sequence[Outgoing]) -> None:
        messages = [message(row.event) for row in rows]
        self._line = self._line or Line()
        reports = self._line.deliver(
            messages, patience_seconds=self.patience_seconds, goes_on=lambda: not self.stopping.is_set()
        )
        confirmed = settled(messages, reports)
        outlets.put_away([rows[number].pk for number in confirmed])
        self.sent += len(confirmed)
        if len(confirmed) < len(rows) and not self.stopping.is_set():
            raise NotDelivered(reason(reports))

    def _rest(self, failure: Exception, seconds: float) -> None:
        reason = failure.reason if isinstance(failure, NotDelivered) else type(failure).__name__
        log.warning("relay_rests", outlet=self.outlet.name, reason=reason, seconds=seconds)
        if isinstance(failure, Error):
            connection.close()  # the next question opens another
        self.stopping.wait(seconds)

    def _close(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


def reason(reports: Reports) -> str:
    """The server's own word where there is one; a name with an underscore is what the client made of it."""
    errors = sorted({report for report in reports if report}, key=lambda name: name.startswith("_"))
    return errors[0] if errors else "_TIMED_OUT"


def settled(messages: Sequence[Message], reports: Reports) -> list[int]:
    """Numbers of the messages that are done with: confirmed, and none before them of the same key is not.

    The others come again, so that the events of a subject make their first appearance in order.
    """
    done: list[int] = []
    held_back: set[tuple[str, bytes]] = set()
    for number, (sent, report) in enumerate(zip(messages, reports, strict=True)):
        subject = (sent.topic, sent.key)
        if report == "" and subject not in held_back:
            done.append(number)
        else:
            held_back.add(subject)
    return done
