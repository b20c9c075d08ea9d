"""Processes that may be killed: forked from this one, so that Django is ready in them at once."""

import gc
import multiprocessing
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from multiprocessing.context import ForkProcess
from typing import Any

PATIENCE_SECONDS = 120.0
HEAD_START_SECONDS = 0.1
DOUBTFUL_SECONDS = 0.05

_fork = multiprocessing.get_context("fork")


def start(work: Callable[[], object], *, is_leader: bool = False) -> ForkProcess:
    """A child at work, as `leader` of a process group of its own where it has children itself."""
    _let_go()
    gc.freeze()  # a collection in the child would copy all that this process knows
    process = _fork.Process(target=_run, args=(work, is_leader))
    process.start()
    return process


def run(work: Callable[[], object]) -> int:
    """Work in a child to its end; returns its exit code, negative for a signal."""
    return _collected(start(work))


def together(works: Iterable[Callable[[], object]]) -> list[int]:
    """Work in children that begin at the same moment; returns their exit codes."""
    at = time.monotonic() + HEAD_START_SECONDS
    children = [start(lambda work=work: _begin(work, at)) for work in works]  # type: ignore[misc]
    return [_collected(child) for child in children]


def kill(process: ForkProcess) -> None:
    """kill -9"""
    process.kill()
    process.join()


def kill_group(process: ForkProcess) -> None:
    """kill -9 of a leader and everything it has started."""
    assert process.pid is not None
    everybody = [process.pid, *children_of(process.pid)]
    for pid in everybody:
        kill_pid(pid)
    process.join()


def kill_pid(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def kill_self() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def slow_down(owner: object, name: str, seconds: float = DOUBTFUL_SECONDS) -> None:
    """In this process alone: a doubtful moment is made long enough to be hit."""
    usual = getattr(owner, name)

    def slowly(*args: Any, **options: Any) -> Any:
        time.sleep(seconds)
        return usual(*args, **options)

    setattr(owner, name, slowly)


def children_of(pid: int) -> list[int]:
    """Children and their children."""
    listed = subprocess.run(
        ["/bin/ps", "-A", "-o", "pid=,ppid="], stdout=subprocess.PIPE, text=True, check=True
    )
    parents = {int(child): int(parent) for child, parent in map(str.split, listed.stdout.splitlines())}
    found = [child for child, parent in parents.items() if parent == pid]
    return found + [grandchild for child in found for grandchild in children_of(child)]


def _run(work: Callable[[], object], is_leader: bool) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if is_leader:
        os.setsid()
    work()


def _begin(work: Callable[[], object], at: float) -> None:
    from django.db import connection

    connection.ensure_connection()
    time.sleep(max(0.0, at - time.monotonic()))
    work()


def _collected(process: ForkProcess) -> int:
    process.join(PATIENCE_SECONDS)
    if process.exitcode is None:
        kill(process)
        raise TimeoutError("A process of the suite did not come to an end.")
    return process.exitcode


def _let_go() -> None:
    """A child must not inherit connections: two would talk over one."""
    from celery import current_app
    from django.db import connections
    from kombu import pools

    connections.close_all()
    pools.reset()
    current_app._after_fork()
