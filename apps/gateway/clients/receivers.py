"""Handing a body to a receiver: one POST, to an address that was judged, within seconds, nothing followed.

Plain `http.client` over a socket of our own: no proxy out of the environment, no redirect, no second look-up
of the name, while certificate and Host header are those of the name.
"""

import http.client
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Timer

from apps.gateway.clients.addresses import Address, Refused, Target, callable_addresses, taken_apart
from apps.gateway.enums import Trouble

CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0  # between two pieces of the answer
WHOLE_SECONDS = 15.0  # of one attempt, however slowly the answer drips
ADDRESSES_TRIED = 2
READ_AT_MOST = 64 * 1024
AGENT = "PsychotherapieVermittlung/1.0 (webhooks)"


@dataclass(frozen=True)
class Outcome:
    """What became of one attempt: the answer's status, or the class of trouble where there was no answer."""

    status: int | None
    trouble: Trouble | None

    @property
    def is_delivered(self) -> bool:
        return self.trouble is None

    @property
    def is_gone(self) -> bool:
        return self.status == http.client.GONE


def check(url: str) -> None:
    """Raises Refused where an attempt would not even begin."""
    callable_addresses(taken_apart(url))


def post(url: str, *, body: bytes, headers: Mapping[str, str]) -> Outcome:
    """One attempt. Never raises for what the receiver or the line between does."""
    try:
        target = taken_apart(url)
        status = _post(target, callable_addresses(target), body, headers)
    except Refused as refused:
        return Outcome(None, refused.trouble)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Outcome(None, _trouble(error))
    is_fine = 200 <= status < 300
    return Outcome(status, None if is_fine else Trouble.STATUS)


def _trouble(error: Exception) -> Trouble:
    if isinstance(error, TimeoutError):
        return Trouble.TIMEOUT
    if isinstance(error, ssl.SSLError):
        return Trouble.TLS
    return Trouble.CONNECTION if isinstance(error, OSError) else Trouble.PROTOCOL


def _post(target: Target, addresses: list[Address], body: bytes, headers: Mapping[str, str]) -> int:
    with _connected(target, addresses) as plain, _watched(plain):
        line = _secured(plain, target)
        try:
            return _exchange(line, target, body, headers)
        finally:
            line.close()


@contextmanager
def _connected(target: Target, addresses: list[Address]) -> Iterator[socket.socket]:
    line = _connect(target, addresses)
    try:
        yield line
    finally:
        line.close()


def _connect(target: Target, addresses: list[Address]) -> socket.socket:
    """To one of the judged addresses themselves. The second is for hosts of which one line is down."""
    *others, last = addresses[:ADDRESSES_TRIED]
    for address in others:
        try:
            return socket.create_connection((str(address), target.port), CONNECT_SECONDS)
        except OSError:
            continue
    return socket.create_connection((str(last), target.port), CONNECT_SECONDS)


@contextmanager
def _watched(line: socket.socket) -> Iterator[None]:
    """Ends the connection after WHOLE_SECONDS: time-outs of a socket begin anew with every byte.

    Through a second handle, as wrapping in TLS takes the first one away.
    """
    handle, is_late = line.dup(), []

    def end() -> None:
        is_late.append(True)
        _shut(handle)

    timer = Timer(WHOLE_SECONDS, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        if is_late:
            raise TimeoutError from error
        raise
    finally:
        timer.cancel()
        handle.close()


def _shut(handle: socket.socket) -> None:
    try:
        handle.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the other side was faster


def _secured(line: socket.socket, target: Target) -> socket.socket:
    line.settimeout(READ_SECONDS)
    if target.scheme == "http":
        return line
    return trusted().wrap_socket(line, server_hostname=target.host.rstrip("."))


def trusted() -> ssl.SSLContext:
    """Certificates as the system trusts them, names checked."""
    return ssl.create_default_context()


def _exchange(line: socket.socket, target: Target, body: bytes, headers: Mapping[str, str]) -> int:
    """The status. What else the answer holds is read so far as is polite, and thrown away."""
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.sock = line
    own = {"Host": target.authority, "User-Agent": AGENT, "Accept-Encoding": "identity"}
    connection.request("POST", target.path, body=body, headers={**own, **headers, "Connection": "close"})
    answer = connection.getresponse()
    try:
        answer.read(READ_AT_MOST)
    except (OSError, http.client.HTTPException):
        pass  # the status stands already
    finally:
        answer.close()
    return answer.status
