"""The command, and what coordinators read about the columns."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import translation

from apps.patients.models import Patient
from apps.patients.services.imports import import_columns
from tests.core.imports.helpers import file_of

pytestmark = pytest.mark.django_db

DOCS = Path(__file__).parents[2] / "docs" / "imports.md"
PERSON = {"Vorname": "Mira", "Nachname": "Beispiel", "Geburtsdatum": "22.11.1980", "PLZ": "04103"}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Sentences are compared in the language of the source."""
    with translation.override("en"):
        yield


def test_command_reports_and_tells_by_its_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, errors = tmp_path / "people.csv", tmp_path / "errors.csv"
    path.write_text(file_of(PERSON, PERSON | {"PLZ": "4103"}), "utf-8")
    with pytest.raises(CommandError, match=r"^1 row was rejected\.$") as failure:
        call_command("import_patients", str(path), f"--errors={errors}")
    assert failure.value.returncode == 1
    output = capsys.readouterr()
    assert output.out.splitlines()[-1] == "Rows seen: 2 = 1 new + 0 changed + 0 unchanged + 1 rejected"
    assert output.err.splitlines() == ["1/2", "2/2"]
    assert Patient.objects.count() == 1
    assert len(errors.read_text("utf-8-sig").splitlines()) == 2


def test_command_without_rejections_ends_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, errors = tmp_path / "people.csv", tmp_path / "errors.csv"
    path.write_text(file_of(PERSON), "utf-8")
    call_command("import_patients", str(path), "--dry-run", f"--errors={errors}")
    assert capsys.readouterr().out.splitlines()[0] == "Trial run: nothing was saved."
    assert (Patient.objects.count(), errors.exists()) == (0, False)


@pytest.mark.parametrize("target", ["people.csv", "missing/errors.csv"])
def test_command_refuses_a_bad_place_for_rejected_rows(target: str, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(file_of(PERSON), "utf-8")
    with pytest.raises(CommandError) as failure:
        call_command("import_patients", str(path), f"--errors={tmp_path / target}")
    assert (failure.value.returncode, Patient.objects.count()) == (2, 0)


@pytest.mark.parametrize("content", [None, b"", b"Vorname\nMira\n", b"\x00\x01"])
def test_command_refuses_an_unusable_file(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CommandError) as failure:
        call_command("import_patients", str(path))
    assert failure.value.returncode == 2


def test_documentation_names_every_column(today: date) -> None:
    text = DOCS.read_text("utf-8")
    missing = [
        column.german
        for column in import_columns(today=today)
        if f"| {column.german} | {column.english} |" not in text
    ]
    assert missing == []


def test_examples_of_the_columns_can_be_read(today: date) -> None:
    for column in import_columns(today=today):
        assert column.read(column.example) is not None
