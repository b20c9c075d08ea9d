"""Which addresses are called, and how one attempt ends. Real sockets; names mean what the test wants."""

import socket
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from apps.gateway.clients import addresses, receivers
from apps.gateway.clients.addresses import Refused, taken_apart
from apps.gateway.clients.receivers import Outcome
from apps.gateway.enums import Trouble
from tests.gateway.receiver import certificate, listening

Resolving = Callable[..., None]

FORBIDDEN_ADDRESSES = [
    *("127.0.0.1", "127.8.9.10", "0.0.0.0", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254"),
    *("100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "fe80::1", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::"),
]
PUBLIC_ADDRESSES = ["8.8.8.8", "93.184.216.34", "2606:2800:220:1::1"]


@pytest.fixture
def resolving(monkeypatch: pytest.MonkeyPatch) -> Resolving:
    """Names mean these addresses; each look-up takes the next list, the last one stays."""

    def set_up(**names: Any) -> None:
        left = {name.replace("_", "."): list(found) for name, found in names.items()}
        of_system = socket.getaddrinfo

        def look_up(host: str, *args: Any, **kwargs: Any) -> list[Any]:
            if host.replace(".", "").isdigit():  # what a connection makes of a plain number
                return of_system(host, *args, **kwargs)
            if host not in left:
                raise socket.gaierror("unknown")
            lists = left[host]
            found = lists.pop(0) if len(lists) > 1 else lists[0]
            return [(0, socket.SOCK_STREAM, 6, "", (address, 0)) for address in found]

        monkeypatch.setattr(addresses.socket, "getaddrinfo", look_up)

    return set_up


@pytest.fixture
def unconnected(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is connected to; the line is always dead."""
    tried: list[Any] = []

    def refuse(address: Any, timeout: float) -> socket.socket:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(receivers.socket, "create_connection", refuse)
    return tried


def trouble_of(url: str) -> Trouble | None:
    try:
        receivers.check(url)
    except Refused as refused:
        return refused.trouble
    return None


@pytest.mark.parametrize("address", FORBIDDEN_ADDRESSES)
def test_address_of_an_inner_network_is_refused(address, resolving):
    resolving(hook_example_org=[[address]])
    literal = f"[{address}]" if ":" in address else address
    assert trouble_of(f"https://{literal}/hook") == Trouble.ADDRESS
    assert trouble_of("https://hook.example.org/hook") == Trouble.ADDRESS


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES)
def test_public_address_is_called(address, resolving):
    resolving(hook_example_org=[[address]])
    assert trouble_of("https://hook.example.org/hook") is None


@pytest.mark.parametrize(
    "url",
    [
        *(
            "",
            "hook.example.org",
            "//hook.example.org",
            "/hook",
            "ftp://hook.example.org",
            "file:///etc/passwd",
        ),
        *("https://", "https:///hook", "https://user@hook.example.org", "https://u:p@hook.example.org"),
        *("https://@hook.example.org", "https://hook.example.org#part", "https://hook.example.org:22/"),
        *("https://hook.example.org:0/", "https://hook.example.org:99999/", "https://hook.example.org:x/"),
        *("https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://127.1/", "https://0/"),
        *("https://017700000001/", "https://0177.0.0.1/", "https://127.0.0.1./", "https://8.8.8.8.9/"),
        *("https://[::1%25eth0]/", "https://[::1/", "https://①②⑦.0.0.1/", "https://hook.example.org\\@a/"),
        *(
            "https://hook.example.org/a b",
            "https://hook.example.org/\r\nX: y",
            "https://hook.example.org/\x00",
        ),
        *("https://hook_.example..org/", "https://-hook.example.org/", "https://" + "a" * 600 + ".org"),
    ],
)
def test_what_is_no_plain_address_is_refused(url, resolving):
    resolving(hook_example_org=[["8.8.8.8"]])
    assert trouble_of(url) == Trouble.ADDRESS


def test_plain_http_is_refused_outside_of_own_networks(resolving, settings):
    resolving(
        hook_example_org=[["8.8.8.8"]],
        inner_example_org=[["10.1.2.3"]],
        mixed_example_org=[["10.1.2.3", "8.8.8.8"]],
    )
    assert trouble_of("http://hook.example.org/") == Trouble.ADDRESS
    settings.WEBHOOK_ALLOWED_NETWORKS = ["10.1.2.0/24"]
    assert trouble_of("http://inner.example.org/") is None
    assert trouble_of("http://hook.example.org/") == Trouble.ADDRESS
    assert trouble_of("http://mixed.example.org/") == Trouble.ADDRESS
    assert trouble_of("https://mixed.example.org/") is None


def test_one_inner_address_among_public_ones_is_enough_to_refuse(resolving):
    resolving(hook_example_org=[["8.8.8.8", "127.0.0.1"]])
    assert trouble_of("https://hook.example.org/") == Trouble.ADDRESS


def test_unknown_host_is_said_to_be_unknown(resolving):
    resolving()
    assert trouble_of("https://hook.example.org/") == Trouble.HOST


def test_connection_is_made_to_the_address_that_was_judged(resolving, unconnected):
    """A name that means something else a moment later (rebinding) is not asked again."""
    resolving(hook_example_org=[["8.8.8.8"], ["127.0.0.1"]])
    outcome = receivers.post("https://hook.example.org:8443/", body=b"{}", headers={})
    assert (outcome, unconnected) == (Outcome(None, Trouble.CONNECTION), [("8.8.8.8", 8443)])
    assert receivers.post("https://hook.example.org/", body=b"{}", headers={}).trouble == Trouble.ADDRESS
    assert len(unconnected) == 1


def test_second_address_is_tried_where_the_first_is_dead(resolving, unconnected):
    resolving(hook_example_org=[["8.8.8.8", "2606:2800:220:1::1", "9.9.9.9"]])
    receivers.post("https://hook.example.org/", body=b"{}", headers={})
    assert unconnected == [("8.8.8.8", 443), ("2606:2800:220:1::1", 443)]


def test_proxies_of_the_environment_are_not_asked(resolving, unconnected, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    resolving(hook_example_org=[["8.8.8.8"]])
    receivers.post("https://hook.example.org/", body=b"{}", headers={})
    assert unconnected == [("8.8.8.8", 443)]


def test_parts_of_an_address():
    target = taken_apart("https://Hook.Example.org:8443/a/b?c=d&e")
    assert (target.host, target.port, target.path) == ("hook.example.org", 8443, "/a/b?c=d&e")
    assert target.authority == "hook.example.org:8443"
    assert taken_apart("https://[2606:2800:220:1::1]/").authority == "[2606:2800:220:1::1]"


# Attempts over real lines


@pytest.fixture
def own(settings: Any) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    return lambda context: monkeypatch.setattr(receivers, "trusted", lambda: context)


def port_of(url: str) -> str:
    return url.rpartition(":")[2]


def test_certificate_is_that_of_the_name_not_of_the_address(own, resolving, trusting, tmp_path: Path):
    server, trusted = certificate(tmp_path, "hook.example.org")
    resolving(hook_example_org=[["127.0.0.1"]], other_example_org=[["127.0.0.1"]])
    trusting(trusted)
    with listening(tls=server) as receiver:
        port = port_of(receiver.url)
        post = receivers.post(f"https://hook.example.org:{port}/a?b", body=b"{}", headers={"X-Own": "1"})
        assert post == Outcome(204, None)
        [(headers, body)] = receiver.seen
        assert (headers["Host"], headers["X-Own"], body) == (f"hook.example.org:{port}", "1", b"{}")
        wrong = receivers.post(f"https://other.example.org:{port}/", body=b"{}", headers={})
        assert (wrong, len(receiver.seen)) == (Outcome(None, Trouble.TLS), 1)


def test_certificate_that_nobody_trusts_is_refused(own, tmp_path: Path):
    server, _trusted = certificate(tmp_path, "127.0.0.1")
    with listening(tls=server) as receiver:
        assert receivers.post(receiver.url, body=b"{}", headers={}) == Outcome(None, Trouble.TLS)
        assert receiver.seen == []


@pytest.mark.parametrize("status", [200, 202, 204, 299])
def test_every_2xx_is_a_delivery(own, status):
    with listening(lambda told: status) as receiver:
        assert receivers.post(receiver.url, body=b"{}", headers={}) == Outcome(status, None)


@pytest.mark.parametrize("status", [300, 301, 307, 400, 404, 410, 429, 500, 503])
def test_every_other_status_is_a_failure(own, status):
    with listening(lambda told: status) as receiver:
        outcome = receivers.post(receiver.url, body=b"{}", headers={})
        assert outcome == Outcome(status, Trouble.STATUS)
        assert (len(receiver.seen), outcome.is_gone) == (1, status == 410)


def answering(handle: Callable[[socket.socket], None]) -> str:
    """A server that knows no HTTP: the address of one connection's answer."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        line, _address = server.accept()
        with server, line:
            try:
                handle(line)
            except OSError:
                return

    Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{server.getsockname()[1]}/"


def test_nobody_listens(own):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert receivers.post(f"http://127.0.0.1:{port}/", body=b"{}", headers={}).trouble == Trouble.CONNECTION


def test_silence_ends_in_time(own, monkeypatch):
    monkeypatch.setattr(receivers, "READ_SECONDS", 0.2)
    url = answering(lambda line: time.sleep(2))
    assert receivers.post(url, body=b"{}", headers={}) == Outcome(None, Trouble.TIMEOUT)


def test_answer_that_drips_ends_in_time(own, monkeypatch):
    monkeypatch.setattr(receivers, "WHOLE_SECONDS", 0.5)

    def drip(line: socket.socket) -> None:
        for letter in b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"a" * 1000:
            line.send(bytes([letter]))
            time.sleep(0.05)

    began = time.monotonic()
    assert receivers.post(answering(drip), body=b"{}", headers={}) == Outcome(None, Trouble.TIMEOUT)
    assert time.monotonic() - began < 2


def test_answer_without_end_is_not_read_to_its_end(own):
    def flood(line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            line.sendall(b"1000\r\n" + b"a" * 4096 + b"\r\n")

    began = time.monotonic()
    assert receivers.post(answering(flood), body=b"{}", headers={}) == Outcome(200, None)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH\r\n", b"", b"HTTP/1.1 x\r\n\r\n"])
def test_what_is_no_http_is_a_failure(own, answer):
    outcome = receivers.post(answering(lambda line: line.sendall(answer)), body=b"{}", headers={})
    assert outcome.trouble in (Trouble.PROTOCOL, Trouble.CONNECTION)
