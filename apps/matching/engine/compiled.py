"""Functions compiled to machine code by numba, and where the compiled code is kept.

The folder is named after the engine's sources: numba itself notices a change of the function's own file
only, not of another file it calls or takes a constant from. NUMBA_CACHE_DIR moves it elsewhere (the
container does).
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import config

Function = TypeVar("Function", bound=Callable[..., Any])

HERE = Path(__file__).parent


def compiled(function: Function) -> Function:
    """Compile at the first call and keep the result on disk. The interpreter's lock is let go meanwhile."""
    return cast(Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def inlined(function: Function) -> Function:
    """A part of compiled functions; callable from Python as well."""
    return cast(Function, numba.njit(nogil=True, error_model="numpy", forceinline=True)(function))


def folder() -> Path:
    digest = hashlib.sha256()
    for source in sorted(HERE.glob("**/*.py")):
        digest.update(source.read_bytes())
    named = getattr(config, "CACHE_DIR", "")
    base = Path(named) if named else HERE / "__pycache__"
    if not os.access(base if base.exists() else base.parent, os.W_OK):
        base = Path(tempfile.gettempdir()) / "matching-engine"
    return base / digest.hexdigest()[:16]


setattr(config, "CACHE_DIR", str(folder()))  # noqa: B010  (numba makes its settings at run time)
