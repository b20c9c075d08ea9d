"""`import_postal_codes` and `import_places`: files, ZIP files and addresses."""

import io
import zipfile
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.geocoding.clients import download
from apps.geocoding.models import Place, PostalCode
from tests.geocoding.nominatimserver import Reply, StandIn
from tests.geocoding.services.test_facts import code_line, town_line

pytestmark = pytest.mark.django_db

LINES = "\n".join([code_line("04103", "Leipzig", 51.3347, 12.3906), code_line("041", "Leipzig", 51.3, 12.3)])


def packed(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.txt", text)
    return buffer.getvalue()


def run(source: object, command: str = "import_postal_codes") -> tuple[str, str]:
    out, errors = StringIO(), StringIO()
    call_command(command, str(source), stdout=out, stderr=errors)
    return out.getvalue(), errors.getvalue()


def test_file_goes_in_and_the_source_is_named(tmp_path: Path) -> None:
    file = tmp_path / "DE.txt"
    file.write_text(LINES, encoding="utf-8")
    said, errors = run(file)
    assert said == (
        "postal codes: 2 lines: 1 added, 0 changed, 0 the same, 0 better known already, 0 twice, "
        "0 not of Germany or no town, 1 bad\n"
        "Data of GeoNames: name the source where you show it: GeoNames (geonames.org), CC BY 4.0\n"
    )
    assert errors.startswith("line 2: plz:")
    assert "1 the same" in run(file)[0]
    assert PostalCode.objects.count() == 1


def test_zip_of_the_network_goes_in() -> None:
    with StandIn() as server:
        server.replies.append(Reply(body=packed(readme="x" * 9000, DE=LINES)))
        assert "1 added" in run(f"{server.url}/export/zip/DE.zip")[0]


def test_places_go_in(tmp_path: Path) -> None:
    file = tmp_path / "cities500.txt"
    file.write_text(town_line("Leipzig", 51.34, 12.37, 600000), encoding="utf-8")
    assert "towns: 1 lines: 1 added" in run(file, "import_places")[0]
    assert Place.objects.get().name == "Leipzig"


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("file:///etc/hostname", "http:// or https://"),
        ("ftp://example.org/DE.zip", "http:// or https://"),
        ("absent.txt", r"absent\.txt: No such file"),
    ],
)
def test_source_that_is_none_is_refused(source: str, complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        run(source)


@pytest.mark.parametrize(
    ("reply", "complaint"),
    [
        (Reply(status=404, body=[]), "Not Found"),
        (Reply(status=302, body=[], headers={"Location": "file:///etc/hostname"}), "not allowed"),
        (Reply(status=302, body=[], headers={"Location": "ftp://127.0.0.1/x"}), "no web address"),
        (Reply(body=b"PK nonsense"), "damaged ZIP"),
        (Reply(body=b"\xff\xfe"), "not UTF-8"),
        (Reply(body=b"x" * 2000), "larger than"),
        (Reply(body=b"<html>\n<p>moved</p>"), "right file"),
    ],
    ids=["404", "redirect", "ftp", "zip", "utf-8", "large", "html"],
)
def test_download_that_is_no_table_is_refused(
    reply: Reply, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "MOST_BYTES", 1000)
    with StandIn() as server:
        server.replies.append(reply)
        with pytest.raises(CommandError, match=complaint):
            run(f"{server.url}/DE.txt")
    assert not PostalCode.objects.exists()


def test_zip_that_unpacks_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "DE.zip"
    file.write_bytes(packed(DE="0" * 5000))
    monkeypatch.setattr(download, "MOST_BYTES_UNPACKED", 1000)
    with pytest.raises(CommandError, match="unpacked"):
        run(file)
