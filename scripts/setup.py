"""Install requirements/dev.txt into .venv. Runs on any Python 3.11 or newer, before anything is installed.

uv does it in seconds; pip steps in where uv cannot be had or fails. Either way every file must have the hash
that the requirements name, so it may be downloaded from wherever the person's own pip or uv settings say.
"""

import ast
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV_FOLDER = VENV / "uv"  # outside site-packages, where `uv pip sync` would remove it again
REQUIREMENTS = ROOT / "requirements" / "dev.txt"
PIP_INSTALL = [
    "-m",
    "pip",
    "install",
    "--disable-pip-version-check",
    "--require-hashes",
    "--only-binary",
    ":all:",
]
# What pip calls it, what uv calls it. Values with blanks are lists for both.
PIP_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
}


def main(arguments: list[str]) -> int:
    started_at = time.monotonic()
    if arguments == ["--bench"]:
        return add_rivals()
    ensure_venv()
    uv = install_uv()
    if not (uv and sync_with_uv(uv)):
        say("Installing with pip (a minute or two) …")
        run([PYTHON, *PIP_INSTALL, "-r", REQUIREMENTS])
    say(f"Installed into .venv in {time.monotonic() - started_at:.0f} s.")
    return 0


def add_rivals() -> int:
    """What `make bench` measures beside the product, on top of what is installed."""
    wanted = ROOT / "requirements" / "bench.txt"
    uv = UV_FOLDER / "bin" / "uv"
    command: list[str | Path] = [uv, "pip", "install", "--quiet", "--require-hashes", "--python", PYTHON]
    with_uv = uv.exists() and subprocess.run([*command, "-r", wanted], env=uv_environment(), check=False)
    if not with_uv or with_uv.returncode:
        run([PYTHON, *PIP_INSTALL, "--quiet", "-r", wanted])
    return 0


def ensure_venv() -> None:
    """A virtual environment whose Python works; one of a Python that has gone is made anew."""
    if succeeds([PYTHON, "-c", "import pip"]):
        return
    say(f"Creating .venv with Python {sys.version.split()[0]} …")
    shutil.rmtree(VENV, ignore_errors=True)
    if not succeeds([sys.executable, "-m", "venv", VENV]):
        shutil.rmtree(VENV, ignore_errors=True)
        sys.exit(
            "Python's venv module does not work here. On Debian and Ubuntu: apt-get install python3-venv\n"
            "Or name another Python: make setup PYTHON=/path/to/python3"
        )


def install_uv() -> Path | None:
    """The hash-pinned uv, None where there is none for this platform."""
    uv = UV_FOLDER / "bin" / "uv"
    command = [PYTHON, *PIP_INSTALL, "--quiet", "--upgrade", "--target", UV_FOLDER]
    return uv if succeeds([*command, "-r", ROOT / "requirements" / "uv.txt"]) and uv.exists() else None


def sync_with_uv(uv: Path) -> bool:
    say("Installing with uv …")
    command = [uv, "pip", "sync", "--quiet", "--require-hashes", "--python", PYTHON, REQUIREMENTS]
    return subprocess.run(command, env=uv_environment(), check=False).returncode == 0


def uv_environment(leave_out: tuple[str, ...] = ()) -> dict[str, str]:
    """Our environment, plus pip's settings in uv's words (it reads none) unless uv has its own.

    `leave_out` names settings of pip that are not to be passed on.
    """
    environment = dict(os.environ)
    if not any(environment.get(name) for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX")):
        for key, value in pip_settings().items():
            if key in PIP_TO_UV and key not in leave_out:
                environment.setdefault(PIP_TO_UV[key], value.replace("\n", " "))
        # The hashes decide what is installed, so it does no harm to look for it in every index, as pip does.
        environment.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    return environment | {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}


def pip_settings() -> dict[str, str]:
    """Lines such as `global.index-url='…'` of `pip config list`, later (nearer) ones winning."""
    command = [PYTHON, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    pairs = (line.split("=", 1) for line in listed.stdout.splitlines() if "=" in line)
    return {key.rsplit(".", 1)[-1]: str(ast.literal_eval(value)).strip() for key, value in pairs}


def succeeds(command: list[str | Path]) -> bool:
    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0
    except OSError:
        return False


def run(command: list[str | Path]) -> None:
    code = subprocess.run(command, check=False).returncode
    if code:
        sys.exit(f"Set-up failed: {' '.join(map(str, command))}")


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
