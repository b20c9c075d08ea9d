import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.events import catalogue, documents


@pytest.fixture
def elsewhere(tmp_path: Path, settings: Any) -> Path:
    settings.BASE_DIR = tmp_path
    (tmp_path / "docs").mkdir()
    return tmp_path / "docs"


def test_every_type_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("event_catalogue")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(documents.product_types())
    [line] = [line for line in lines if line.startswith("identity.opened ")]
    assert line.split()[1:6] == ["v2", "matching", "request_id,", "patient_id,", "therapist_id"]


def test_all_of_it_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("event_catalogue", "--json")
    assert json.loads(capsys.readouterr().out) == documents.document()


def test_committed_files_pass_the_check(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("event_catalogue", "--check")
    assert capsys.readouterr().out.endswith(" types, up to date\n")


def test_check_fails_until_the_files_are_written(elsewhere: Path) -> None:
    with pytest.raises(CommandError, match=r"Out of date: events\.json, events\.md"):
        call_command("event_catalogue", "--check")
    call_command("event_catalogue", "--write")
    call_command("event_catalogue", "--check")
    (elsewhere / "events.md").write_text("old", encoding="utf-8")
    with pytest.raises(CommandError, match=r"Out of date: events\.md"):
        call_command("event_catalogue", "--check")


def test_write_refuses_what_breaks_a_promise(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call_command("event_catalogue", "--write")
    before = (elsewhere / "events.json").read_text(encoding="utf-8")
    types = {name: row for name, row in catalogue.type_registry.items() if name != "patient.moved"}
    monkeypatch.setattr(documents, "type_registry", types)
    for option in ("--write", "--check"):
        with pytest.raises(CommandError, match=r"break those who read our events:\n  patient\.moved has"):
            call_command("event_catalogue", option)
    assert (elsewhere / "events.json").read_text(encoding="utf-8") == before
