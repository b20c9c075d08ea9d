"""A file of JSON lines that takes every event once, whatever happens to the process that writes it."""

import os
from collections import deque
from collections.abc import Iterable
from io import BufferedRandom
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

from apps.events.relay.errors import RelayError
from apps.events.relay.reading import event_id_of

REMEMBERED = 1_000_000  # ids in memory, about 100 MB
CUT_BYTES = 64 * 1024


class Ledger:
    """Opened by one process at a time. What `append` has returned from is on the disk.

    Knows the ids of the last `remembered` lines and passes over an event that is one of them. Repetitions
    come from a relay or a reader that died, and soon: an event that comes again after so many others would be
    written again.
    """

    def __init__(self, path: Path, *, remembered: int = REMEMBERED) -> None:
        self._path = path
        self._order: deque[bytes] = deque()
        self._known: set[bytes] = set()
        self._remembered = remembered
        self._file: BufferedRandom

    def __enter__(self) -> Self:
        self._file = self._open()
        try:
            _hold(self._file, self._path)
            _cut_torn_line(self._file)
            self._read_ids()
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, events: Iterable[tuple[UUID, bytes]]) -> int:
        """Write those that are new, in their order, one line each; returns how many."""
        lines = [line for event_id, line in events if self._is_new(event_id.bytes)]
        if lines:
            self._file.write(b"".join(line + b"\n" for line in lines))
            self._file.flush()
            os.fsync(self._file.fileno())
        return len(lines)

    def _is_new(self, event_id: bytes) -> bool:
        if event_id in self._known:
            return False
        self._known.add(event_id)
        self._order.append(event_id)
        if len(self._order) > self._remembered:
            self._known.discard(self._order.popleft())
        return True

    def _read_ids(self) -> None:
        self._file.seek(0)
        for line in self._file:
            event_id = event_id_of(line)
            if event_id is None:
                raise RelayError(f"{self._path} has a line that is no event: it was not written here.")
            self._is_new(event_id.bytes)

    def _open(self) -> BufferedRandom:
        """The name of a new file is on the disk as well."""
        is_new = not self._path.exists()
        file = self._path.open("a+b")
        if is_new:
            folder = os.open(self._path.parent, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)
        return file


def _hold(file: BufferedRandom, path: Path) -> None:
    """Two writers of one file would not know of each other's lines. The lock falls with the process."""
    import fcntl  # not on every platform that runs the rest

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as failure:
        raise RelayError(f"Another process is writing {path}.") from failure


def _cut_torn_line(file: BufferedRandom) -> None:
    """A process that was killed while it wrote leaves part of a line; that event comes again."""
    end = whole = file.seek(0, os.SEEK_END)
    while whole:
        start = max(0, whole - CUT_BYTES)
        file.seek(start)
        found = file.read(whole - start).rfind(b"\n")
        if found >= 0:
            whole = start + found + 1
            break
        whole = start
    if whole < end:
        file.truncate(whole)
        os.fsync(file.fileno())
