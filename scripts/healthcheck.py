"""Health of one container: exit code 0 is well. Runs inside the image, for docker-compose.yml.

python scripts/healthcheck.py web|beat
"""

import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

BEAT_SCHEDULE = Path("/tmp")  # noqa: S108  (the container's own)
BEAT_SILENCE_SECONDS = 10 * 60  # beat writes its timetable every three minutes


def main(arguments: list[str]) -> int:
    is_well = is_beat_writing() if arguments == ["beat"] else is_web_ready()
    return 0 if is_well else 1


def is_web_ready() -> bool:
    """The web server answers and reaches the database."""
    host = urlsplit(os.environ.get("SITE_URL", "")).netloc or "localhost"  # Django refuses any other
    request = urllib.request.Request("http://127.0.0.1:8000/readyz", headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310  (our own address)
            return bool(response.status == 200)
    except urllib.error.URLError:
        return False


def is_beat_writing() -> bool:
    files = BEAT_SCHEDULE.glob("celerybeat-schedule*")
    return any(time.time() - file.stat().st_mtime < BEAT_SILENCE_SECONDS for file in files)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
