"""Several connections of one worker, each in a thread of its own; the database stays with the worker.

A thread stops just before the final dot and says so. The worker then marks all messages that stand there
at that moment in one transaction and lets them go on: the busier, the more share a commit, and nobody
waits for anybody who is not ready. A thread never touches the database.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

from apps.communication.clients.delivery import Client, DeliveryError, Receipt


@dataclass(eq=False)
class Parcel:
    """One message on its way. `tag` is the sender's own; the message is written when its turn comes."""

    tag: Any
    write: Callable[[], bytes]
    sender: str
    recipient: str
    may_end: bool = False
    _decided: threading.Event = field(default_factory=threading.Event)

    def decide(self, *, may_end: bool) -> None:
        """The worker's word about the final dot."""
        self.may_end = may_end
        self._decided.set()

    def wait(self) -> None:
        self._decided.wait()
        if not self.may_end:
            raise CalledOff


class CalledOff(Exception):
    """The worker does not want this message delivered any more."""


@dataclass(frozen=True)
class AtTheDot:
    parcel: Parcel


@dataclass(frozen=True)
class Taken:
    parcel: Parcel
    receipt: Receipt


@dataclass(frozen=True)
class NotTaken:
    """`error` is a DeliveryError, CalledOff, or whatever went wrong while the message was written."""

    parcel: Parcel
    error: Exception


News = AtTheDot | Taken | NotTaken


class Post:
    """Use as `with post_office(connect, 4) as post:`; `hand` in parcels, take `news` until none is out."""

    def __init__(self, connect: Callable[[], Client], connections: int) -> None:
        self.out = 0  # parcels handed in of which the last news has not come
        self._connect = connect
        self._parcels: SimpleQueue[Parcel | None] = SimpleQueue()
        self._news: SimpleQueue[News] = SimpleQueue()
        self._at_the_dot: set[Parcel] = set()
        self._threads = [threading.Thread(target=self._carry, daemon=True) for _number in range(connections)]
        for thread in self._threads:
            thread.start()

    def hand(self, parcel: Parcel) -> None:
        self.out += 1
        self._parcels.put(parcel)

    def news(self) -> list[News]:
        """Waits for the first, then takes whatever else is there."""
        found = [self._news.get()]
        while True:
            try:
                found.append(self._news.get_nowait())
            except Empty:
                break
        for item in found:
            self._note(item)
        return found

    def close(self) -> None:
        """End the connections. What stands at the final dot is called off: nobody has marked it."""
        for parcel in self._at_the_dot:
            parcel.decide(may_end=False)
        for _thread in self._threads:
            self._parcels.put(None)
        for thread in self._threads:
            thread.join()

    def _note(self, item: News) -> None:
        if isinstance(item, AtTheDot):
            self._at_the_dot.add(item.parcel)
        else:
            self._at_the_dot.discard(item.parcel)
            self.out -= 1

    def _carry(self) -> None:
        client = self._connect()
        try:
            while (parcel := self._parcels.get()) is not None:
                self._news.put(self._carried(client, parcel))
        finally:
            client.close()

    def _carried(self, client: Client, parcel: Parcel) -> News:
        def at_the_dot() -> None:
            self._news.put(AtTheDot(parcel))
            parcel.wait()

        try:
            receipt = client.deliver(
                parcel.write(),
                sender=parcel.sender,
                recipient=parcel.recipient,
                before_final_dot=at_the_dot,
            )
        except Exception as error:  # a message that cannot be written must not stop the others
            return NotTaken(parcel, error)
        return Taken(parcel, receipt)


@contextmanager
def post_office(connect: Callable[[], Client], connections: int) -> Iterator[Post]:
    post = Post(connect, connections)
    try:
        yield post
    finally:
        post.close()


__all__ = ["AtTheDot", "CalledOff", "DeliveryError", "NotTaken", "Parcel", "Post", "Taken", "post_office"]
