import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis

from config import devprocess, devservices
from config.devservices import DevServiceError

PROJECT = Path(__file__).resolve().parents[2]
needs_redis = pytest.mark.skipif(
    devservices.redis_program() is None, reason="no Redis program on this machine"
)


@contextmanager
def _project() -> Iterator[Path]:
    """A folder whose servers are gone afterwards.

    Not pytest's: every starting pytest closes the folder above it again, to servers run by `nobody` too.
    """
    folder = Path(tempfile.mkdtemp(prefix="devservices-"))
    yield folder
    devservices.stop(folder)
    shutil.rmtree(folder)


@pytest.fixture
def root() -> Iterator[Path]:
    """Nothing has been started here."""
    with _project() as folder:
        yield folder


@pytest.fixture(scope="module")
def shared() -> Iterator[Path]:
    """Servers may be up or down; filling a new cluster is what takes time."""
    with _project() as folder:
        yield folder


def _value(uri: str, query: str) -> object:
    with psycopg.connect(uri) as connection:
        row = connection.execute(query).fetchone()
    return row and row[0]


def _kill(root: Path, name: str) -> None:
    pid = devservices.status(root)[name]
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert devprocess._wait(lambda: not devprocess.command_line(pid), 20)


def test_ensure_postgres_called_twice_starts_one_durable_server(shared: Path) -> None:
    uri = devservices.ensure_postgres(shared)
    pid = devservices.status(shared)["pg"]
    assert devservices.ensure_postgres(shared) == uri
    assert devservices.status(shared)["pg"] == pid
    assert _value(uri, "SHOW fsync") == "on"
    assert _value(uri, "SHOW listen_addresses") == ""


def test_ensure_postgres_not_durable_and_named_runs_beside_the_first(root: Path) -> None:
    first = devservices.ensure_postgres(root)
    second = devservices.ensure_postgres(root, name="pg-fault", is_durable=False)
    assert (_value(first, "SHOW fsync"), _value(second, "SHOW fsync")) == ("on", "off")
    assert set(devservices.status(root)) == {"pg", "pg-fault"}


def test_ensure_postgres_called_by_many_processes_starts_one_server(root: Path) -> None:
    code = (
        "import sys, pathlib; from config import devservices as d; root = pathlib.Path(sys.argv[1]);"
        "d.ensure_postgres(root); print(d.status(root)['pg'])"
    )
    command = [sys.executable, "-c", code, str(root)]
    children = [
        subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) for _number in range(4)
    ]
    printed = {child.communicate()[0] for child in children}
    assert printed == {f"{devservices.status(root)['pg']}\n"}


def test_ensure_postgres_after_kill_keeps_what_was_committed(shared: Path) -> None:
    uri = devservices.ensure_postgres(shared)
    with psycopg.connect(uri) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
    _kill(shared, "pg")
    assert devservices.status(shared)["pg"] is None
    assert devservices.ensure_postgres(shared) == uri
    assert _value(uri, "SELECT value FROM kept") == 7


def test_ensure_postgres_with_stranger_in_the_pid_file_starts(shared: Path) -> None:
    uri = devservices.ensure_postgres(shared)
    _kill(shared, "pg")
    pid_file = shared / ".local" / "pg" / "postmaster.pid"
    _number, *rest = pid_file.read_text().splitlines(keepends=True)
    pid_file.write_text("".join([f"{os.getpid()}\n", *rest]))
    assert devservices.status(shared)["pg"] is None
    devservices.ensure_postgres(shared)
    assert _value(uri, "SELECT 1") == 1


def test_ensure_both_below_a_path_with_blanks_use_a_short_socket(root: Path) -> None:
    odd = root / "Ordner mit Leerzeichen & ä"
    odd.mkdir()
    try:
        uri = devservices.ensure_postgres(odd)
        assert _value(uri, "SELECT 1") == 1
        assert uri.split("host=")[1].startswith("/tmp/vermittlung-")
    finally:
        assert devservices.stop(odd) == ["pg"]
    assert not Path(uri.split("host=")[1]).exists()


def test_ensure_postgres_without_the_package_names_both_ways_out(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DevServiceError, match=r"not installed\. Either set DATABASE_URL .* `make setup`"):
        devservices.ensure_postgres(root)


def test_ensure_postgres_with_data_of_another_version_says_so(root: Path) -> None:
    folder = root / ".local" / "pg"
    folder.mkdir(parents=True)
    (folder / "PG_VERSION").write_text("12\n")
    with pytest.raises(DevServiceError, match="data of PostgreSQL 12"):
        devservices.ensure_postgres(root)


@needs_redis
def test_ensure_redis_called_twice_starts_one_server_that_keeps_and_never_evicts(shared: Path) -> None:
    url = devservices.ensure_redis(shared)
    assert url is not None
    pid = devservices.status(shared)["redis"]
    assert devservices.ensure_redis(shared) == url
    assert devservices.status(shared)["redis"] == pid
    with redis.Redis.from_url(url) as client:
        settings = client.config_get("append*", "maxmemory-policy", "port")
    assert {key: settings[key] for key in ("appendonly", "appendfsync", "maxmemory-policy", "port")} == {
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "port": "0",
    }


@needs_redis
def test_ensure_redis_after_kill_keeps_its_keys(shared: Path) -> None:
    url = str(devservices.ensure_redis(shared))
    with redis.Redis.from_url(url) as client:
        client.set("kept", "yes")
    _kill(shared, "redis")
    devservices.ensure_redis(shared)
    with redis.Redis.from_url(url) as client:
        assert client.get("kept") == b"yes"


def test_ensure_redis_without_a_program_is_none(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert devservices.ensure_redis(root) is None


def test_stop_ends_the_servers_once(shared: Path) -> None:
    devservices.ensure_postgres(shared)
    assert "pg" in devservices.stop(shared)
    assert devservices.status(shared)["pg"] is None
    assert devservices.stop(shared) == []


def test_ensure_postgres_without_access_to_its_log_says_so(root: Path) -> None:
    (root / ".local" / "pg.log").mkdir(parents=True)
    with pytest.raises(DevServiceError, match=r"(?s)postgres cannot be started: .*pg\.log"):
        devservices.ensure_postgres(root)


@pytest.mark.parametrize(
    ("folder", "is_kept"),
    [
        ("/srv/app/.local/pg", True),
        ("/srv/my app/.local/pg", False),
        ("/srv/" + "long" * 25 + "/.local/pg", False),
        ("/srv/a,b/.local/pg", False),
    ],
)
def test_socket_folder_is_short_and_needs_no_quoting(folder: str, is_kept: bool) -> None:
    chosen = devprocess.socket_folder(Path(folder))
    assert (chosen == Path(folder)) is is_kept
    assert len(str(chosen / ".s.PGSQL.5432.lock")) < devprocess.MAX_SOCKET_PATH


def test_make_private_of_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DevServiceError, match="belongs to another account"):
        devprocess.make_private(tmp_path / "link", None)


def test_server_account_of_root_is_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    account = devprocess.server_account(tmp_path)
    assert account is not None
    assert account.pw_uid != 0


def test_server_account_of_a_person_is_the_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert devprocess.server_account(tmp_path) is None
