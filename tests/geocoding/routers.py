"""Route planners on the own machine: OSRM's table service and OpenTripPlanner's planConnection, over HTTP.

They answer as the real ones do, with figures that are easy to work out: a way takes one second per 20 metres
as the crow flies (72 km/h) by OSRM, twice as long by public transport.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from apps.geocoding.distance import haversine_km

Point = tuple[float, float]


class StandIn:
    """One server. What the test sets here is what the next answers follow."""

    def __init__(self) -> None:
        self.asked: list[list[Point]] = []  # per request: origin, then destinations
        self.paths: list[str] = []
        self.most_coordinates = 100
        self.unplaced: set[Point] = set()
        self.cut_off: set[Point] = set()  # no way leads there
        self.failures: list[int] = []  # statuses of the next answers instead of an answer
        self.says: Any = None  # the whole answer, instead of a true one
        self.routing_error = ""

    @property
    def requests(self) -> int:
        return len(self.paths)

    def seconds(self, origin: Point, place: Point) -> int | None:
        return None if place in self.cut_off else round(haversine_km(*origin, *place) * 1000 / 20)


class _Handler(BaseHTTPRequestHandler):
    stand_in: StandIn

    def log_message(self, *args: Any) -> None:
        pass

    def answer(self, status: int, body: Any) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def is_failing(self) -> bool:
        self.stand_in.paths.append(self.path)
        if self.stand_in.failures:
            self.answer(self.stand_in.failures.pop(0), b"<html>not well</html>")
            return True
        return False


class _Osrm(_Handler):
    def do_GET(self) -> None:
        if self.is_failing():
            return
        parts = urlsplit(self.path)
        match = re.fullmatch(r"/table/v1/(car|bike|foot)/([-0-9.,;]+)", parts.path)
        if match is None:
            self.answer(400, {"code": "InvalidUrl", "message": "URL string malformed"})
            return
        points = [(float(lat), float(lon)) for lon, lat in (p.split(",") for p in match[2].split(";"))]
        self.stand_in.asked.append(points)
        self.answer(*self.table(points, parse_qs(parts.query)))

    def table(self, points: list[Point], options: dict[str, list[str]]) -> tuple[int, Any]:
        server = self.stand_in
        if server.says is not None:
            return 200, server.says
        if len(points) > server.most_coordinates:
            return 400, {"code": "TooBig", "message": "Too many table coordinates"}
        for number, point in enumerate(points):
            if point in server.unplaced:
                message = f"Could not find a matching segment for coordinate {number}"
                return 400, {"code": "NoSegment", "message": message}
        (source,) = (int(number) for number in options["sources"][0].split(";"))
        wanted = [points[int(number)] for number in options["destinations"][0].split(";")]
        seconds = [server.seconds(points[source], place) for place in wanted]
        metres = [None if value is None else value * 20.0 for value in seconds]
        assert options["annotations"] == ["duration,distance"]
        return 200, {"code": "Ok", "durations": [seconds], "distances": [metres]}


class _Otp(_Handler):
    PLAN = re.compile(
        r"(\w+): planConnection\(origin: .*?latitude: ([-0-9.]+), longitude: ([-0-9.]+).*?"
        r"destination: .*?latitude: ([-0-9.]+), longitude: ([-0-9.]+)"
    )

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.is_failing():
            return
        server = self.stand_in
        if server.says is not None:
            self.answer(200, server.says)
            return
        plans = self.PLAN.findall(body["query"])
        points = [(float(plan[3]), float(plan[4])) for plan in plans]
        self.stand_in.asked.append([(float(plans[0][1]), float(plans[0][2])), *points])
        self.answer(200, {"data": {plan[0]: self.plan(plan) for plan in plans}})

    def plan(self, plan: tuple[str, ...]) -> dict[str, Any]:
        origin, place = (float(plan[1]), float(plan[2])), (float(plan[3]), float(plan[4]))
        seconds = self.stand_in.seconds(origin, place)
        if place in self.stand_in.unplaced:
            return {"edges": [], "routingErrors": [{"code": "LOCATION_NOT_FOUND"}]}
        if self.stand_in.routing_error:
            return {"edges": [], "routingErrors": [{"code": self.stand_in.routing_error}]}
        if seconds is None:
            return {"edges": [], "routingErrors": [{"code": "NO_TRANSIT_CONNECTION"}]}
        edges = [{"node": {"duration": seconds * 2 + later}} for later in (600, 0)]
        return {"edges": edges, "routingErrors": []}


@contextmanager
def osrm() -> Iterator[tuple[StandIn, str]]:
    yield from _served(_Osrm, "")


@contextmanager
def otp() -> Iterator[tuple[StandIn, str]]:
    yield from _served(_Otp, "/otp/gtfs/v1")


def _served(handler: type[_Handler], path: str) -> Iterator[tuple[StandIn, str]]:
    stand_in = StandIn()
    bound = type(handler.__name__, (handler,), {"stand_in": stand_in})
    server = ThreadingHTTPServer(("127.0.0.1", 0), bound)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield stand_in, f"http://127.0.0.1:{server.server_port}{path}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
