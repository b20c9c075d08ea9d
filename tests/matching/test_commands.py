"""The main job on the command line: match, plan_round, release_round, send_queue."""

import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.accounts.models import User
from apps.communication.models import EmailMessage, PhoneCall
from apps.core.weekly import Interval
from apps.matching.enums import RoundStatus
from apps.matching.models import Inquiry, PlacementRequest, Round
from apps.matching.services import searches
from apps.patients.enums import Purpose
from apps.patients.models import Insurer
from apps.patients.services import registration
from apps.therapists.models import Therapist
from apps.therapists.services import records, status
from apps.workspace.demo.mailserver import CatchingHandler
from tests.matching.acts import AT, TODAY, status_of

pytestmark = pytest.mark.django_db

LEIPZIG = {"latitude": 51.3406, "longitude": 12.3747, "precision": "street"}
VT = ("VT", "adults", "individual")


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


def _run(command: str, *args: Any) -> str:
    out = StringIO()
    call_command(command, *args, stdout=out)
    return out.getvalue()


def _therapist(number: int, **practice: Any) -> Therapist:
    """As an import leaves it: hours unknown, unreviewed; then a person has looked at it."""
    address = {"plz": "04109", "city": "Leipzig", "street": f"Lindenstraße {number}", "state": "SN"}
    row = records.create(
        data={"last_name": f"Linde {number}", "seat": "full"},
        practices=[{**address, **LEIPZIG, **practice}],
        approvals=[VT],
        actor=None,
        at=AT,
    )
    return status.verify(therapist=row, actor=None, at=AT)


def _patient(number: int) -> Any:
    return registration.register(
        data={
            "first_name": "Clara",
            "last_name": f"Ahorn {number}",
            "email": f"clara-{number}@example.org",
            "birth_date": TODAY.replace(year=1990),
            "plz": "04103",
            "city": "Leipzig",
            "latitude": 51.3397,
            "longitude": 12.3913,
            "insurance_kind": "gkv",
            "insurer": Insurer.objects.filter(kind="gkv").first(),
            "kvnr": "A123456780" if number == 1 else "",
            "diagnosis": "F32.1",
            "symptoms": ["depressed-mood"],
            "contracts_signed_on": TODAY,
            "sprechstunde_on": TODAY,
            "ptv11_on": TODAY,
            "payment_received_on": TODAY,
        },
        availability=[Interval(day, 480, 780) for day in range(5)],
        consents=list(Purpose),
        proof="contract",
        actor=None,
        at=AT,
    )


@pytest.fixture
def imported() -> list[Any]:
    """Two patients with searches; three therapists, one of them without an address, one not reviewed."""
    _therapist(1, email="linde-1@example.org")
    _therapist(2, phone="+493415550002")
    unseen = _therapist(3, email="linde-3@example.org")
    status.unverify(therapist=unseen, actor=None, at=AT)
    patients = [_patient(1), _patient(2)]
    return [searches.open_search(patient=patient, actor=None, at=AT, today=TODAY) for patient in patients]


def test_commands_bring_imported_people_to_the_mail_server(
    imported: list[Any], mailbox: CatchingHandler, coordinator: User
) -> None:
    text = _run("match")
    assert text.splitlines()[-1] == "searches=2 therapists=3 candidates=4 without=0"
    for search in imported:
        assert f"{search.patient.case_code}  candidates=2\n" in text

    text = _run("plan_round")
    assert re.fullmatch(r"round=\d+ searches=2 candidates=4 inquiries=2 requests=4\n", text)
    assert EmailMessage.objects.count() == 0

    assert _run("release_round", "--user", "coordinator") == "released=2 refused=0\n"
    round_ = Round.objects.get()
    assert round_.status == RoundStatus.RELEASED
    assert set(Inquiry.objects.values_list("released_by", flat=True)) == {coordinator.pk}
    assert PhoneCall.objects.get().phone == "+493415550002"

    assert _run("send_queue") == "sent=1 freed=0\n"
    (message,) = mailbox.messages
    assert message["To"] == "Linde 1 <linde-1@example.org>"
    assert _run("send_queue") == "sent=0 freed=0\n"


def test_match_without_top_prints_one_line_per_search(imported: list[Any]) -> None:
    lines = _run("match", "--top", "0").splitlines()
    assert len(lines) == 3
    assert len(_run("match", "--top", "1").splitlines()) == 5


def test_match_names_what_blocks(imported: list[Any]) -> None:
    Therapist.objects.update(review_status="unreviewed")
    lines = _run("match").splitlines()
    assert [("candidates=0  blocked by: " in line) for line in lines] == [True, True, False]
    assert lines[-1] == "searches=2 therapists=3 candidates=0 without=2"


def test_match_of_nothing_prints_zeros() -> None:
    assert _run("match") == "searches=0 therapists=0 candidates=0 without=0\n"


def test_plan_round_twice_says_that_one_waits(imported: list[Any]) -> None:
    _run("plan_round")
    with pytest.raises(CommandError):
        _run("plan_round")
    assert Round.objects.count() == 1


def test_release_round_names_what_stayed_behind(imported: list[Any], coordinator: User) -> None:
    _run("plan_round")
    inquiry = Inquiry.objects.earliest("id")
    status.block(therapist=inquiry.therapist, reason="ill", until=None, actor=None, at=AT)
    lines = _run("release_round", "--user", "coordinator").splitlines()
    assert lines[0].startswith(f"{inquiry.reference}  not released: ")
    assert lines[1:] == ["released=1 refused=1"]
    assert status_of(inquiry) == ["cancelled"]


def test_release_round_by_its_number(imported: list[Any], coordinator: User) -> None:
    _run("plan_round")
    number = Round.objects.get().pk
    with pytest.raises(CommandError, match="no draft round"):
        _run("release_round", number + 1, "--user", "coordinator")
    assert _run("release_round", number, "--user", "coordinator") == "released=2 refused=0\n"


def test_release_round_without_a_draft_says_so(coordinator: User) -> None:
    with pytest.raises(CommandError, match="Run plan_round first"):
        _run("release_round", "--user", "coordinator")


@pytest.mark.parametrize("name", ["viewer", "nobody"])
def test_release_round_needs_somebody_who_may(imported: list[Any], viewer: User, name: str) -> None:
    _run("plan_round")
    with pytest.raises(CommandError, match="not a member of staff who may release"):
        _run("release_round", "--user", name)
    assert set(PlacementRequest.objects.values_list("status", flat=True)) == {"planned"}
