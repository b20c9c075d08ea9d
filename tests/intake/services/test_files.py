import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from apps.communication.models import EmailMessage
from apps.intake.models import Registration
from apps.intake.services import files
from tests.intake.samples import AT, form

pytestmark = pytest.mark.django_db


def lines(*rows: Any) -> bytes:
    return "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows).encode()


def taken(content: bytes, **changes: Any) -> files.Report:
    values = {"name": "forms.jsonl", "client": None, "actor": None, "at": AT} | changes
    return files.take_in(content=content, **values)


GOOD = form(external_reference="a"), form(external_reference="b")


def test_broken_lines_are_told_and_the_others_go_in() -> None:
    late = form(external_reference="d")
    late["consents"][0]["given_at"] = "2027-01-01T00:00:00+01:00"
    content = lines(
        GOOD[0],
        "{not json",
        "",
        form(external_reference="c", patient__first_name="", wishes__group_wish="maybe"),
        form(external_reference="a", patient__city="Halle"),
        late,
        "[" * 5000,
        GOOD[1],
    )
    report = taken(b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n"))
    assert (report.new, report.known) == (2, 0)
    told = {line.number: [path for path, _text in line.reasons] for line in report.broken}
    assert told == {
        2: [""],
        4: ["patient.first_name", "wishes.group_wish"],
        5: [""],
        6: ["consents.0.given_at"],
        7: [""],
    }
    assert {(row.file_name, row.line) for row in Registration.objects.all()} == {
        ("forms.jsonl", 1),
        ("forms.jsonl", 8),
    }


def test_same_file_again_does_nothing_new() -> None:
    taken(lines(*GOOD))
    report = taken(lines(*GOOD))
    assert (report.new, report.known, report.broken) == (0, 2, [])
    assert EmailMessage.objects.count() == 2


def test_dry_run_leaves_nothing() -> None:
    report = taken(lines(*GOOD, "{"), is_dry_run=True)
    assert (report.new, len(report.broken)) == (2, 1)
    assert (Registration.objects.count(), EmailMessage.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"\xff\xfe\x00", b"null\n", b'{"a": 1e999}\n', b"1" * 6000]
)
def test_no_file_breaks_the_reading(content: bytes) -> None:
    assert taken(content).new == 0


def test_command_tells_lines_and_exit_code(tmp_path: Path) -> None:
    path, out = tmp_path / "forms.jsonl", StringIO()
    path.write_bytes(lines(GOOD[0], {"external_reference": "x"}))
    with pytest.raises(CommandError) as failed:
        call_command("import_registrations", str(path), stdout=out)
    assert failed.value.returncode == 1
    assert "2 patient:" in out.getvalue()
    assert Registration.objects.count() == 1


def test_command_knows_its_client_and_file(tmp_path: Path, client_with: Any) -> None:
    website = client_with("registrations:write")
    path = tmp_path / "forms.jsonl"
    path.write_bytes(lines(GOOD[0]))
    call_command("import_registrations", str(path), "--client", "Website", stdout=StringIO())
    assert Registration.objects.get().client == website
    for arguments in ([str(path), "--client", "Nobody"], [str(tmp_path / "none.jsonl")]):
        with pytest.raises(CommandError) as failed:
            call_command("import_registrations", *arguments)
        assert failed.value.returncode == 2


def test_upload_page_reports_every_line(coordinator_client: Client) -> None:
    file = SimpleUploadedFile("forms.jsonl", lines(GOOD[0], "{"))
    page = coordinator_client.post("/registrierungen/upload/", {"file": file})
    assert (page.context["report"].new, len(page.context["report"].broken)) == (1, 1)
    assert Registration.objects.get().source == "forms.jsonl: 1"


def test_upload_refuses_large_files(coordinator_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.intake.forms.LARGEST_UPLOAD", 10)
    file = SimpleUploadedFile("forms.jsonl", lines(GOOD[0]))
    page = coordinator_client.post("/registrierungen/upload/", {"file": file})
    assert page.context["form"].errors.keys() == {"file"}
    assert Registration.objects.count() == 0
