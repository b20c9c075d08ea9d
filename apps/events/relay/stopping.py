"""Ending in good order: SIGTERM and Ctrl-C let the work in hand be finished."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def stopped_by_signals(stopping: threading.Event) -> Iterator[threading.Event]:
    """Set the event at the first signal; the second one ends the process as usual."""
    usual = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def stop(number: int, _frame: object) -> None:
        stopping.set()
        signal.signal(number, usual[signal.Signals(number)])

    for number in usual:
        signal.signal(number, stop)
    try:
        yield stopping
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)
