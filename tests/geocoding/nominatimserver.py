"""A stand-in for Nominatim over real HTTP: /search and /reverse in its JSON, every request noted."""

import json
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Asked:
    """One request as it came in: seconds of a steady clock, path, query, headers."""

    at: float
    path: str
    query: dict[str, str]
    user_agent: str
    line: str


@dataclass
class Reply:
    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def house(latitude: float, longitude: float, **changes: Any) -> dict[str, Any]:
    """One place as Nominatim writes it with addressdetails=1."""
    place = {
        "place_id": 128497332,
        "licence": "Data © OpenStreetMap contributors, ODbL 1.0. http://osm.org/copyright",
        "osm_type": "way",
        "osm_id": 90394480,
        "lat": f"{latitude}",
        "lon": f"{longitude}",
        "class": "building",
        "type": "yes",
        "place_rank": 30,
        "importance": 0.00000999,
        "addresstype": "building",
        "name": "",
        "display_name": "5, Lindenstraße, Zentrum-Ost, Leipzig, Sachsen, 04103, Deutschland",
        "address": {
            "house_number": "5",
            "road": "Lindenstraße",
            "suburb": "Mitte",
            "city": "Leipzig",
            "state": "Sachsen",
            "ISO3166-2-lvl4": "DE-SN",
            "postcode": "04103",
            "country": "Deutschland",
            "country_code": "de",
        },
        "boundingbox": ["51.33", "51.34", "12.38", "12.39"],
    }
    return place | changes


def street(latitude: float, longitude: float) -> dict[str, Any]:
    place = house(latitude, longitude, place_rank=26, addresstype="road", type="residential")
    place["address"] = {name: text for name, text in place["address"].items() if name != "house_number"}
    return place


def town(latitude: float, longitude: float) -> dict[str, Any]:
    address = {"city": "Leipzig", "ISO3166-2-lvl4": "DE-SN", "country_code": "de"}
    return house(
        latitude, longitude, place_rank=16, addresstype="city", type="administrative", address=address
    )


class StandIn:
    """`replies` are given out one after the other; after them `found` is the answer to everything."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.replies: deque[Reply] = deque()
        self.found: list[dict[str, Any]] = []
        self.reversed: dict[str, Any] = {"error": "Unable to geocode"}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "StandIn":
        self._thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, path: str) -> Reply:
        if self.replies:
            return self.replies.popleft()
        return Reply(body=self.reversed if path.endswith("/reverse") else self.found)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                url = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(url.query).items()}
                agent = self.headers.get("User-Agent", "")
                outer.asked.append(Asked(time.monotonic(), url.path, query, agent, self.path))
                self._send(outer._answer(url.path))

            def _send(self, reply: Reply) -> None:
                raw = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
                self.send_response(reply.status)
                for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *args: object) -> None:
                pass

        return Handler
