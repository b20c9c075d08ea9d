"""How `devservices` starts, finds and ends a server process: locks, accounts, sockets, signals. Unix only."""

import hashlib
import logging
import os
import re
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

if os.name == "posix":
    import fcntl
    import pwd

logger = logging.getLogger(__name__)

START_SECONDS = 60.0
STOP_SECONDS = 20.0
POLL_SECONDS = 0.05
START_ATTEMPTS = 25  # after kill -9 the old server's children hold its shared memory for a moment
MAX_SOCKET_PATH = 100  # operating systems allow 104 to 108 characters
SAFE_PATH = re.compile(r"[A-Za-z0-9/._-]+")  # needs no quoting in a URL, a DSN or a configuration file


class DevServiceError(RuntimeError):
    """An embedded server cannot be had here; the message names the ways out."""


@dataclass(frozen=True)
class Server:
    """One server in its folder below `.local/`."""

    folder: Path
    socket: Path
    pid_file: Path
    stop_signals: tuple[signal.Signals, ...]  # the gentle one first
    answers: Callable[[], bool]

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def log_file(self) -> Path:
        return self.folder.with_name(f"{self.name}.log")

    @property
    def pid(self) -> int | None:
        """The running server's process, None when it is down; a number left by a crash does not count."""
        pid = first_number(self.pid_file)
        line = command_line(pid) if pid else ""
        return pid if str(self.folder) in line or str(self.socket) in line else None

    def is_ready(self) -> bool:
        """It lives and answers. A killed server's socket may accept for a moment when nobody is behind it."""
        return self.pid is not None and self.answers()


def ensure(server: Server, command: Callable[[], list[str]], account: "pwd.struct_passwd | None") -> None:
    """Have `server` answer, by starting `command()` where nobody else has. Raises DevServiceError."""
    if os.name != "posix":
        raise DevServiceError("The embedded servers need Linux or macOS; set DATABASE_URL instead.")
    try:
        if server.is_ready():
            return
        make_private(server.folder.parent, account)
        with _lock(server, account):
            _ensure_locked(server, command, account)
    except PermissionError as error:
        raise _foreign(server.folder.parent) from error


def stop(server: Server) -> bool:
    """End the server; False if it was not running. Raises DevServiceError if it cannot be ended."""
    pid = server.pid
    if pid is None:
        return False
    for number in server.stop_signals:
        _send(pid, number, server)
        if _wait(lambda: not command_line(pid), STOP_SECONDS):
            _remove_socket_folder(server)
            return True
    raise DevServiceError(f"{server.name} (process {pid}) does not end.")


def server_account(root: Path) -> "pwd.struct_passwd | None":
    """Whom the servers run as; None is ourselves.

    For root, which PostgreSQL refuses, it is the project folder's owner, else nobody.
    """
    if os.name != "posix" or os.geteuid() != 0:
        return None
    owner = root.stat().st_uid
    known = {entry.pw_uid: entry for entry in pwd.getpwall()}
    return known[owner] if owner and owner in known else pwd.getpwnam("nobody")


def let_in(account: "pwd.struct_passwd | None", path: Path) -> None:
    """Let `account` reach `path`: gives closed parent folders search permission, no more, and says so."""
    if account is None:
        return
    for folder in reversed(path.resolve().parents):
        details = folder.stat()
        if details.st_uid != account.pw_uid and not details.st_mode & stat.S_IXOTH:
            logger.warning("Opening %s for passing through: %s must reach %s.", folder, account.pw_name, path)
            folder.chmod(stat.S_IMODE(details.st_mode) | stat.S_IXOTH)


def let_in_package(account: "pwd.struct_passwd | None", program: Path) -> None:
    """Let `account` run a program inside an installed Python package, even one installed under umask 077."""
    let_in(account, program)
    if account is None or program.stat().st_mode & stat.S_IXOTH:
        return
    package = next((folder for folder in program.parents if folder.parent.name == "site-packages"), program)
    for path in (file for top in package.parent.glob(f"{package.name}*") for file in (top, *top.rglob("*"))):
        mode = stat.S_IMODE(path.stat().st_mode)
        path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))


def make_private(folder: Path, account: "pwd.struct_passwd | None") -> None:
    """Create `folder` for one account only. Raises DevServiceError if a stranger has taken the name."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = account.pw_uid if account else os.geteuid()
    details = folder.lstat()
    if details.st_uid not in (owner, os.geteuid()) or not stat.S_ISDIR(details.st_mode):
        raise _foreign(folder)
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
        let_in(account, folder)


def run(
    command: list[str], folder: Path, account: "pwd.struct_passwd | None"
) -> subprocess.CompletedProcess[str]:
    """Run in `folder` as `account`, away from our terminal and environment; collects what it prints."""
    return subprocess.run(  # noqa: S603  (a list, read by no shell)
        command,
        cwd=folder,
        env={"PATH": os.defpath, "LC_ALL": "C"},
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def socket_folder(folder: Path) -> Path:
    """`folder` itself, or a short one in /tmp where the path is too long or needs quoting."""
    if len(str(folder)) + len("/.s.PGSQL.5432.lock") < MAX_SOCKET_PATH and SAFE_PATH.fullmatch(str(folder)):
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(f"/tmp/vermittlung-{digest}")  # noqa: S108  (make_private checks whose it is)


def answer(path: Path, question: bytes = b"") -> bytes | None:
    """What the server behind the socket says to `question`; None if nobody listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(5)
        try:
            connection.connect(str(path))
            connection.sendall(question)
            return connection.recv(100) if question else b""
        except PermissionError:
            raise
        except OSError:
            return None


def first_number(file: Path) -> int | None:
    try:
        return int(file.read_text().split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None


def command_line(pid: int) -> str:
    """The live process's command line; empty for none, and for one that has ended but is not collected."""
    if Path("/proc/self/cmdline").exists():
        try:
            return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" "))
        except OSError:
            return ""
    found = run(["/bin/ps", "-o", "stat=,command=", "-p", str(pid)], Path("/"), None).stdout
    return "" if found.startswith("Z") else found


def ended_process() -> int:
    """Number of a process that has certainly ended."""
    return int(run(["/bin/sh", "-c", "echo $$"], Path("/"), None).stdout)


def _ensure_locked(
    server: Server, command: Callable[[], list[str]], account: "pwd.struct_passwd | None"
) -> None:
    _wait(lambda: server.is_ready() or server.pid is None, START_SECONDS)  # it may be starting, or ending
    if server.is_ready():
        return
    arguments = command()
    make_private(server.socket.parent, account)
    for _attempt in range(START_ATTEMPTS):
        child = _spawn(arguments, server.log_file, account)
        _wait(lambda: server.is_ready() or not command_line(child), START_SECONDS)  # noqa: B023  (used at once)
        if server.is_ready():
            return
        time.sleep(0.2)
    tail = "\n".join(server.log_file.read_text(errors="replace").splitlines()[-15:])
    raise DevServiceError(f"{arguments[0]} does not start. The end of {server.log_file}:\n{tail}")


def _spawn(command: list[str], log_file: Path, account: "pwd.struct_passwd | None") -> int:
    """Start a process that is nobody's child: it survives us and leaves us no zombie. Returns its number."""
    shell = ["/bin/sh", "-c", '"$@" >>"$0" 2>&1 & echo $!', str(log_file), *command]
    printed = run(shell, log_file.parent, account).stdout.strip()
    if not printed.isdigit():  # the shell complains before the server has a log
        raise DevServiceError(f"{command[0]} cannot be started: {printed}")
    return int(printed)


def _send(pid: int, number: signal.Signals, server: Server) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise _foreign(server.folder) from error


def _remove_socket_folder(server: Server) -> None:
    if server.socket.parent != server.folder:
        with suppress(OSError):
            server.socket.parent.rmdir()


def _foreign(folder: Path) -> DevServiceError:
    return DevServiceError(
        f"{folder} belongs to another account of this machine. Work as that account, or remove the folder."
    )


@contextmanager
def _lock(server: Server, account: "pwd.struct_passwd | None") -> Iterator[None]:
    """One process at a time; the system frees the lock of a process that dies."""
    path = server.folder.with_name(f"{server.name}.lock")
    with path.open("a") as file:
        if account:
            os.chown(path, account.pw_uid, account.pw_gid)
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _wait(condition: Callable[[], bool], seconds: float) -> bool:
    """Poll until `condition()` holds; False when `seconds` have passed."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(POLL_SECONDS)
    return True
