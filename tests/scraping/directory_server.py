"""A directory of therapists over real HTTP on 127.0.0.1: the register's search, pages, faults.

It keeps every request with the moment it came and the moment it was answered, so that pace and manners can
be measured where they count.
"""

import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from math import cos, radians
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from apps.geocoding.distance import haversine_km

MOST_RESULTS = 100
ALLOW_ALL = "User-agent: *\nAllow: /\n"
TOWNS = [  # latitude, longitude, PLZ, town, share of therapists
    (51.3406, 12.3747, "04103", "Leipzig", 8),
    (51.4820, 11.9700, "06108", "Halle", 3),
    (51.0504, 13.7373, "01067", "Dresden", 6),
    (50.8278, 12.9214, "09111", "Chemnitz", 3),
    (51.1528, 14.9886, "02826", "Görlitz", 1),
    (50.7189, 12.4961, "08056", "Zwickau", 2),
]


@dataclass
class Reply:
    """`delay` seconds before the answer; a reply that `is_cut_off` closes the line instead."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    is_cut_off: bool = False


@dataclass
class Visit:
    path: str
    method: str
    agent: str
    headers: dict[str, str]
    began: float
    ended: float = 0.0


class DirectoryServer:
    """`faults`: number of the request (robots.txt not counted, from 1) → what it is answered instead.

    `pages` are fixed answers by path, with an ETag. `before` is called with every request's number.
    """

    def __init__(self, count: int = 300, *, robots: str = ALLOW_ALL, seed: int = 1) -> None:
        self.people = list(_people(count, random.Random(seed)))
        self.robots = Reply(body=robots.encode())
        self.faults: dict[int, Reply] = {}
        self.always: Reply | None = None
        self.pages: dict[str, bytes] = {}
        self.before: Callable[[int], None] = lambda number: None
        self.visits: list[Visit] = []
        self.asked = 0
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.directory = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def search_url(self) -> str:
        return f"{self.root}/api/data"

    @property
    def ids(self) -> set[str]:
        return {one["id"] for one in self.people if one["arzt"]}

    def number(self, path: str) -> int:
        """Counts the request, except for robots.txt (0)."""
        if path == "/robots.txt":
            return 0
        with self._lock:
            self.asked += 1
            return self.asked

    def answer(self, number: int, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Reply:
        if number == 0:
            return self.robots
        self.before(number)
        if (reply := self.faults.get(number, self.always)) is not None:
            return reply
        if path == "/api/data":
            return _as_json(self.search(json.loads(body)))
        if path == "/kv":
            return _as_json(self.kv_page(int(parse_qs(query)["page"][0])))
        return self._page(path, headers)

    def _page(self, path: str, headers: Mapping[str, str]) -> Reply:
        if path not in self.pages:
            return Reply(404, b"not here")
        etag = f'"{hash(self.pages[path])}"'
        if headers.get("if-none-match") == etag:
            return Reply(304, headers={"ETag": etag})
        return Reply(body=self.pages[path], headers={"ETag": etag, "Content-Type": "text/html"})

    def search(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The nearest within `r` metres, MOST_RESULTS at most, as the register answers."""
        assert [one["fieldName"] for one in asked["filterSelections"]] == ["fgg"]
        near = []
        for one in self.people:
            metres = 1000 * haversine_km(asked["lat"], asked["lon"], one["lat"], one["lon"])
            if metres <= asked["r"]:
                near.append((metres, one))
        near.sort(key=lambda pair: (pair[0], pair[1]["id"]))
        shown = [_shape(one, round(metres)) for metres, one in near[:MOST_RESULTS]]
        return {"moreResults": len(near) > MOST_RESULTS, "arztPraxisDatas": shown}

    def kv_page(self, page: int, size: int = 20) -> dict[str, Any]:
        people = [one for one in self.people if one["arzt"]][(page - 1) * size : page * size]
        return {"personList": [_kv_shape(one) for one in people]}

    def gaps(self) -> list[float]:
        """Seconds between the coming of each request and the next, robots.txt included."""
        moments = sorted(visit.began for visit in self.visits)
        return [later - earlier for earlier, later in pairwise(moments)]

    def most_at_once(self) -> int:
        """How many requests were open at the same moment, at most."""
        steps = [(visit.began, 1) for visit in self.visits] + [(visit.ended, -1) for visit in self.visits]
        most = now = 0
        for _moment, change in sorted(steps):
            now += change
            most = max(most, now)
        return most


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    directory: DirectoryServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed closes its connection: no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        began = time.monotonic()
        directory, parts = self.server.directory, urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        visit = Visit(self.path, self.command, headers.get("user-agent", ""), headers, began, began)
        directory.visits.append(visit)
        number = directory.number(parts.path)
        reply = directory.answer(number, parts.path, parts.query, headers, body)
        time.sleep(reply.delay)
        visit.ended = time.monotonic()
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        if reply.is_cut_off:
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 304:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if reply.status != 304:
            self.wfile.write(reply.body)

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""


def _as_json(value: object) -> Reply:
    return Reply(body=json.dumps(value).encode(), headers={"Content-Type": "application/json"})


def _people(count: int, chance: random.Random) -> Any:
    """Crowded around towns, as in life; every fourth in the older shape, every fiftieth an institution."""
    weights = [town[4] for town in TOWNS]
    for number in range(count):
        latitude, longitude, plz, city, _weight = chance.choices(TOWNS, weights)[0]
        spread = 12 / 111.2
        yield {
            "id": str(900_001 + number),
            "arzt": number % 50 != 49,
            "is_old": number % 4 == 3,
            "lat": round(latitude + chance.uniform(-spread, spread), 5),
            "lon": round(longitude + chance.uniform(-spread, spread) / cos(radians(latitude)), 5),
            "plz": plz,
            "city": city,
            "number": number,
        }


def _shape(one: Mapping[str, Any], metres: int) -> dict[str, Any]:
    return _older(one, metres) if one["is_old"] else _newer(one, metres)


def _name(number: int) -> str:
    letters = "abcdefghij"
    return "Beispiel" + "".join(letters[int(digit)] for digit in f"{number:05}")


def _newer(one: Mapping[str, Any], metres: int) -> dict[str, Any]:
    return {
        "id": one["id"],
        "arzt": one["arzt"],
        "kv": "KVS",
        "anrede": "Frau",
        "geschlecht": "W",
        "titel": "Dr. phil.",
        "vorname": "Mira",
        "name": _name(one["number"]),
        "strasse": "Musterweg",
        "hausnummer": str(one["number"] % 90 + 1),
        "plz": one["plz"],
        "ort": one["city"],
        "lat": one["lat"],
        "lon": one["lon"],
        "distance": metres,
        "tel": f"0341/{5_000_000 + one['number']}",
        "handy": "",
        "fax": "",
        "email": "",
        "web": "",
        "ag": [{"key": "12", "value": "Psychotherapie"}],
        "fg": ["Psychologische Psychotherapeutin"],
        "psy": [{"heading": "Verhaltenstherapie", "values": ["Erwachsene, Einzeltherapie"]}],
        "fs": ["Englisch"],
        "bf": [],
        "keineSprechzeiten": False,
        "tsz": [
            {"d": "2026-11-23", "typTsz": [{"typ": "07", "sprechzeiten": [{"z": "12:00 - 12:50"}]}]},
            {"d": "2026-11-24", "typTsz": []},
        ],
    }


def _older(one: Mapping[str, Any], metres: int) -> dict[str, Any]:
    return {
        "id": one["id"],
        "arzt": one["arzt"],
        "anrede": "Herr",
        "geschlecht": "M",
        "name": f"Dipl.-Psych. Jonas {_name(one['number'])}",
        "tel": f"0341/{5_000_000 + one['number']}",
        "plz": one["plz"],
        "ort": one["city"],
        "distance": metres,
        "keineSprechzeiten": False,
        "psy": ["Tiefenpsychologisch fundierte Psychotherapie für Erwachsene in Einzeltherapie"],
        "tsz": [],
    }


def _kv_shape(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": one["id"],
        "vortitel": "Dr.",
        "vorname": "Mira",
        "nachname": _name(one["number"]),
        "geschlect": "w",
        "phone": [{"telefonvorwahl": "0211", "telefonnummer": str(500_000 + one["number"])}],
        "email": [],
        "homePage": [],
        "strasse": "Musterweg",
        "hausnummer": str(one["number"] % 90 + 1),
        "plz": one["plz"],
        "ort": one["city"],
        "place": {"longitute": one["lon"], "latitude": one["lat"]},
        "isPrivatarzt": False,
        "bereiche": ["Verhaltenstherapie Erwachsene"],
    }
