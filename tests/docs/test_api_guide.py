"""docs/api.md runs as it stands: every block in a shell, the work of people and workers in between."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from apps.communication.services import sending
from apps.events.services import dispatch
from apps.gateway.enums import Scope
from apps.gateway.services import clients
from apps.intake.models import Registration
from apps.matching.models import PlacementSearch
from apps.patients.models import Patient
from tests.communication.mailservers import scripted
from tests.factories.patients import InsurerFactory, PatientFactory
from tests.factories.therapists import TherapistFactory
from tests.intake.views.test_review import post

pytestmark = pytest.mark.django_db(transaction=True)

DOCS = Path(project.BASE_DIR) / "docs"
STEP = re.compile(r"```bash\n(?P<block>.*?)```|<!-- meanwhile: (?P<meanwhile>\w+) -->", re.DOTALL)
SCOPES = (
    *(Scope.REGISTRATIONS_READ, Scope.REGISTRATIONS_WRITE, Scope.PATIENTS_READ, Scope.PATIENTS_WRITE),
    *(Scope.SEARCHES_READ, Scope.SEARCHES_WRITE, Scope.INQUIRIES_READ, Scope.INQUIRIES_WRITE),
    *(Scope.EMAILS_READ, Scope.EVENTS_READ),
)


@pytest.fixture
def outside(live_server: Any, tmp_path: Path) -> dict[str, str]:
    """The environment of somebody who calls the interface, with therapists about."""
    call_command("load_places", verbosity=0)
    InsurerFactory()
    for _each in range(3):
        TherapistFactory()
    at = timezone.now()
    client = clients.create(name="Website", scopes=SCOPES, requests_per_minute=600)
    _token, secret = clients.issue_token(client=client, actor=None, at=at, expires_at=at + timedelta(days=1))
    told = {"BASE": f"{live_server.url}/api/v1", "TOKEN": secret, "STATE": str(tmp_path / "state")}
    return {"PATH": os.environ["PATH"], "LC_ALL": "C", **told}


def send(settings: Any) -> None:
    """What the worker does: dispatch, send, and tell that it was sent."""
    with scripted(settings):
        for _step in range(3):
            sending.send_queue(at=timezone.now())
            dispatch(at=timezone.now())


def run_block(block: str, environment: dict[str, str]) -> str:
    """One block of the guide; what it sets is there in the next one."""
    script = (
        f'set -euo pipefail; set -a; [ -f "$STATE" ] && . "$STATE"\n{block}\n'
        'eval "export -f $(compgen -A function | tr "\\n" " ")"; { export -p; export -f; } > "$STATE"'
    )
    done = subprocess.run(
        ["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def meanwhile(settings: Any, coordinator_client: Client) -> dict[str, Callable[[], object]]:
    return {
        "review": lambda: post(coordinator_client, Registration.objects.get(), "accept"),
        "send": lambda: send(settings),
    }


def test_journey_with_curl(outside: dict[str, str], meanwhile: dict[str, Callable[[], object]]) -> None:
    for program in ("bash", "curl", "jq"):
        if shutil.which(program) is None:
            assert not os.environ.get("E2E_REQUIRED"), f"{program} is missing"
            pytest.skip(f"{program} is not installed")
    said = ""
    for step in STEP.finditer((DOCS / "api.md").read_text(encoding="utf-8")):
        if name := step["meanwhile"]:
            meanwhile[name]()
        else:
            said = run_block(step["block"], outside)
    told = said.split()
    order = ("patient.created", "search.active", "request.accepted", "search.trial", "search.placed")
    assert [one for one in told if one in order] == list(order)
    assert PlacementSearch.objects.get().status == "placed"
    assert Patient.objects.get().status == "in_therapy"


def test_journey_in_python(outside: dict[str, str], settings: Any) -> None:
    patient = PatientFactory(contracts_signed_on=None, payment_received_on=None)
    program = subprocess.Popen(
        [sys.executable, DOCS / "examples" / "journey.py", str(patient.pk)],
        env=outside,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    while program.poll() is None:
        send(settings)
    said = program.communicate()[0]
    assert said.splitlines() == [
        "candidates: 3",
        "answer: accepted",
        "confirmed: confirmed",
        "search: placed",
    ]
    assert len((DOCS / "examples" / "journey.py").read_text(encoding="utf-8").splitlines()) <= 60
