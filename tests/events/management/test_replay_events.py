from datetime import datetime

import pytest
from django.core.management import CommandError, call_command

from apps.events.models import DomainEvent
from apps.events.services import dispatch
from tests.events.services.acts import fail, happen, listen

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registries")]


@pytest.fixture
def seen(registries: None, at: datetime) -> list[str]:
    """What a subscriber hears of two events it has handled before."""
    heard: list[str] = []
    listen(lambda event: heard.append(event.subject_id), "a")
    happen(at, 2)
    dispatch(at=at)
    heard.clear()
    return heard


def test_counts_are_printed(seen: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    first = DomainEvent.objects.earliest("pk").pk
    call_command("replay_events", "--from", str(first), "--to", str(first), "--to-subscriber", "a")
    assert capsys.readouterr().out == "a: delivered=1 skipped=0 failed=0\nevents=1\n"
    assert seen == ["0"]


def test_days_are_days_of_berlin(seen: list[str]) -> None:
    call_command("replay_events", "--since", "2026-11-23", "--until", "2026-11-23T09:00", "--to-subscriber=a")
    assert seen == []  # they happened at nine
    call_command("replay_events", "--since", "2026-11-23", "--until", "2026-11-24", "--to-subscriber=a")
    assert seen == ["0", "1"]


def test_dry_run_and_only_missing_are_passed_on(seen: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    call_command("replay_events", "--from=1", "--to-subscriber=a", "--dry-run")
    call_command("replay_events", "--from=1", "--to-subscriber=a", "--only-missing")
    assert capsys.readouterr().out.splitlines() == [
        "a: delivered=2 skipped=0 failed=0",
        "events=2 (dry run, nothing was handed over)",
        "a: delivered=0 skipped=2 failed=0",
        "events=2",
    ]
    assert seen == []


def test_failures_end_with_an_error(seen: list[str]) -> None:
    listen(fail, "c")
    ids = ", ".join(str(pk) for pk in DomainEvent.objects.order_by("pk").values_list("pk", flat=True))
    with pytest.raises(CommandError, match=f"2 deliveries failed; events: {ids}"):
        call_command("replay_events", "--from=1", "--to-subscriber=c")


@pytest.mark.usefixtures("seen")
def test_mistakes_are_told() -> None:
    with pytest.raises(CommandError, match="No such subscriber: x"):
        call_command("replay_events", "--from=1", "--to-subscriber=x")
    with pytest.raises(CommandError, match="from where or to where"):
        call_command("replay_events", "--to-subscriber=a")
    with pytest.raises(CommandError, match="invalid moment value: 'soon'"):
        call_command("replay_events", "--since=soon", "--to-subscriber=a")
