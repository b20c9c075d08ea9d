"""Which addresses of receivers may be called: none by which somebody could look around in our own network.

An address is taken apart, its host is looked up once per attempt, every address found is judged, and the
connection is made to exactly these (`receivers`): a name that means something else a moment later is no help.
"""

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from apps.gateway.enums import Trouble

LONGEST_URL = 500
LOWEST_HIGH_PORT = 1024
PORTS = {"https": 443, "http": 80}
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
NUMBERS = re.compile(r"0x[0-9a-f]*|[0-9]+")
HOST_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Refused(Exception):
    """The address cannot or must not be called. Its words are for the log, `trouble` for people."""

    def __init__(self, trouble: Trouble, why: str) -> None:
        super().__init__(why)
        self.trouble = trouble


@dataclass(frozen=True)
class Target:
    """`host` in ASCII, `path` with its query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """As the Host header says it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def taken_apart(url: str) -> Target:
    """Raises Refused for what is no plain address of a web server. Asks nobody."""
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or {" ", "\\"} & set(url):
        raise Refused(Trouble.ADDRESS, "characters")
    try:
        parts, port = _split(url)
    except ValueError as error:
        raise Refused(Trouble.ADDRESS, "syntax") from error
    if parts.scheme not in PORTS or not parts.hostname or parts.fragment or "@" in parts.netloc:
        raise Refused(Trouble.ADDRESS, "parts")
    port = PORTS[parts.scheme] if port is None else port
    if port != PORTS[parts.scheme] and port < LOWEST_HIGH_PORT:
        raise Refused(Trouble.ADDRESS, "port")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, _host(parts.hostname), port, path)


def _split(url: str) -> tuple[SplitResult, int | None]:
    parts = urlsplit(url)
    return parts, parts.port


def _host(name: str) -> str:
    """A plain name, or a number in its usual notation: others mean what the resolver makes of them."""
    number = _number(name)
    if number is not None:
        return str(number)
    last = name.rstrip(".").rpartition(".")[2]
    if NUMBERS.fullmatch(last) or not HOST_NAME.fullmatch(name):
        raise Refused(Trouble.ADDRESS, "host")
    return name


def _number(name: str) -> Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def callable_addresses(target: Target) -> list[Address]:
    """Where the host lives right now. Raises Refused unless every one of its addresses may be called."""
    found = [_number(target.host)] if _number(target.host) else resolve(target.host)
    addresses = [address for address in found if address is not None]
    if not addresses:
        raise Refused(Trouble.HOST, "nowhere")
    is_plain = target.scheme == "http"
    if not all(_is_ours(address) or (not is_plain and is_public(address)) for address in addresses):
        raise Refused(Trouble.ADDRESS, "network")
    return addresses


def resolve(host: str) -> list[Address | None]:
    """Raises Refused where the host is unknown."""
    try:
        rows = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Refused(Trouble.HOST, type(error).__name__) from error
    return [_number(str(row[4][0])) for row in rows]


def is_public(address: Address) -> bool:
    """A place on the open internet that stands for nothing else: no private, shared, local, mapped, tunnelled
    or translated address, none for many."""
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return True
    is_tunnel = address.sixtofour is not None or address.teredo is not None
    return address in GLOBAL_UNICAST and not is_tunnel


def _is_ours(address: Address) -> bool:
    """In a network of our own that the operator has opened for receivers; there also without TLS."""
    return any(address in ipaddress.ip_network(network) for network in settings.WEBHOOK_ALLOWED_NETWORKS)
