"""A file of facts from disk or from the network, unpacked; never more than a set size."""

import io
import zipfile
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, OpenerDirector, Request

from django.conf import settings

TIMEOUT_SECONDS = 60
MOST_BYTES = 64 * 2**20
MOST_BYTES_UNPACKED = 256 * 2**20
SCHEMES = ("http", "https")


class DownloadError(Exception):
    """The file could not be had; the message says what to look at."""


def read_text(source: str) -> str:
    """The text of a file, of a table in a ZIP, or of what an http(s) address sends. Raises DownloadError."""
    is_address = "://" in source
    content = _fetched(source) if is_address else _read(Path(source))
    if content.startswith(b"PK"):
        content = _unpacked(content, source)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DownloadError(f"{source}: not UTF-8 (byte {error.start})") from error


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES_UNPACKED:
            raise DownloadError(f"{path.name}: larger than {MOST_BYTES_UNPACKED // 2**20} MB")
        return path.read_bytes()
    except OSError as error:
        raise DownloadError(f"{path.name}: {error.strerror}") from error


def _fetched(url: str) -> bytes:
    if urlsplit(url).scheme not in SCHEMES:
        raise DownloadError("Only addresses that begin with http:// or https:// are fetched.")
    request = Request(url, headers={"User-Agent": f"psychotherapie-vermittlung ({settings.SITE_URL})"})  # noqa: S310  (checked above)
    try:
        with _opener().open(request, timeout=TIMEOUT_SECONDS) as answer:
            content: bytes = answer.read(MOST_BYTES + 1)
    except (URLError, OSError) as error:
        raise DownloadError(f"{url}: {getattr(error, 'reason', error)}") from error
    if len(content) > MOST_BYTES:
        raise DownloadError(f"{url}: larger than {MOST_BYTES // 2**20} MB")
    return content


class _WebOnly(HTTPRedirectHandler):
    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]
        if urlsplit(newurl).scheme not in SCHEMES:
            raise URLError("redirected to something that is no web address")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> OpenerDirector:
    """Knows no ftp: and file:, and no proxy of the environment but the usual ones."""
    from urllib.request import HTTPDefaultErrorHandler, HTTPErrorProcessor, ProxyHandler

    opener = OpenerDirector()
    for handler in (
        ProxyHandler(),
        HTTPHandler(),
        HTTPSHandler(),
        _WebOnly(),
        HTTPDefaultErrorHandler(),
        HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def _unpacked(content: bytes, source: str) -> bytes:
    """The largest table of a ZIP; GeoNames packs a readme beside it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            tables = [info for info in archive.infolist() if info.filename.lower().endswith((".txt", ".csv"))]
            tables = [info for info in tables if not info.filename.lower().startswith("readme")]
            if not tables:
                raise DownloadError(f"{source}: no .txt or .csv inside")
            largest = max(tables, key=lambda info: info.file_size)
            with archive.open(largest) as file:
                unpacked = file.read(MOST_BYTES_UNPACKED + 1)
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise DownloadError(f"{source}: damaged ZIP file") from error
    if len(unpacked) > MOST_BYTES_UNPACKED:
        raise DownloadError(f"{source}: larger than {MOST_BYTES_UNPACKED // 2**20} MB unpacked")
    return unpacked
