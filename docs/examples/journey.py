"""From a registration to a place over the interface: `BASE=… TOKEN=… python journey.py`."""

import json
import os
import sys
import time
import urllib.request
import uuid
from datetime import UTC, date, datetime, timedelta


class Agency:
    """What had no answer is sent again with the same key: it happens once."""

    def __init__(self, base: str, token: str) -> None:
        self.base, self.token = base, token

    def get(self, path: str) -> dict:
        return self._ask("GET", path)[0]

    def post(self, path: str, data: dict | None = None) -> dict:
        return self._ask("POST", path, data or {}, {"Idempotency-Key": str(uuid.uuid4())})[0]

    def patch(self, path: str, data: dict) -> dict:
        etag = self._ask("GET", path)[1]
        return self._ask("PATCH", path, data, {"If-Match": etag})[0]

    def _ask(self, method: str, path: str, data: dict | None = None, more: dict | None = None) -> tuple:
        own = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        body = None if data is None else json.dumps(data).encode()
        pauses = iter((1, 2, 4, 8))
        while True:
            request = urllib.request.Request(self.base + path, body, own | (more or {}), method=method)
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return json.load(answer), answer.headers["ETag"]
            except urllib.error.HTTPError as error:
                if error.code not in (429, 502, 503, 504):
                    sys.exit(f"{method} {path}: {error.read().decode()}")
            except OSError as error:
                print(error, file=sys.stderr)
            time.sleep(next(pauses, 0) or sys.exit(f"{method} {path}: no answer"))


agency = Agency(os.environ["BASE"], os.environ["TOKEN"])
patient = int(sys.argv[1])  # of an accepted registration
today = date.today().isoformat()
agency.patch(f"/patients/{patient}", {"contracts_signed_on": today, "payment_received_on": today})
search = agency.post("/searches", {"patient_id": patient})["id"]
print("candidates:", agency.get(f"/searches/{search}/candidates")["candidate_count"])
agency.post(f"/rounds/{agency.post('/rounds')['id']}/release")
while not (sent := agency.get(f"/requests?search_id={search}&status=sent")["items"]):
    time.sleep(1)  # the worker sends
request = f"/requests/{sent[0]['id']}"
print("answer:", agency.post(f"{request}/answer", {"outcome": "accepted", "source": "phone"})["status"])
tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
session = agency.post(f"{request}/trial-sessions", {"planned_at": tomorrow})["trial_sessions"][0]["id"]
agency.post(f"{request}/trial-sessions/{session}/outcome", {"outcome": "held"})
print("confirmed:", agency.post(f"{request}/confirm")["status"])
print("search:", agency.get(f"/searches/{search}")["status"])
