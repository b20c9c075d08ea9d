"""The fault suite in small: every kind, on a database of its own, in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

pytestmark = pytest.mark.timeout(600)

SCALE, SEED = "0.03", "11"
KINDS = ("F1", "F2", "F4", "F5", "F6", "F7", "F9", "F10", "F16", "F21", "F22")


def _faults(*arguments: str) -> tuple[int, list[str]]:
    """Exit code and the lines it printed."""
    name = settings.DATABASES["default"]["TEST"]["NAME"]
    command = [sys.executable, "-m", "faults", "--scale", SCALE, "--seed", SEED]
    result = subprocess.run(
        [*command, "--database", f"{name}_faults", *arguments],
        cwd=Path(settings.BASE_DIR),
        stdout=subprocess.PIPE,
        text=True,
    )
    return result.returncode, result.stdout.splitlines()


@pytest.fixture(scope="module")
def small_run() -> tuple[int, list[str]]:
    return _faults(*(word for kind in KINDS for word in ("--only", kind)))


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_lost_or_doubled(kind: str, small_run: tuple[int, list[str]]) -> None:
    [line] = [line for line in small_run[1] if line.startswith(f"{kind} ")]
    words = line.split()
    if "verdict=skipped" in words:
        pytest.skip(line)
    assert words[2:4] == ["lost=0", "double=0"], line
    assert "verdict=ok" in words, line


def test_run_names_its_seed_and_ends_with_the_total(small_run: tuple[int, list[str]]) -> None:
    code, lines = small_run
    assert lines[0] == f"seed={SEED} scale={SCALE}"
    assert tuple(line.split()[0] for line in lines[1:-1]) == KINDS
    assert lines[-1].startswith("total faults=")
    assert lines[-1].endswith("verdict=ok")
    assert code == 0


def test_control_sees_the_doubles_of_the_naive_policy() -> None:
    code, lines = _faults("--control")
    figures = dict(word.split("=") for word in lines[-1].split()[1:6])
    assert figures["lost"] == "0"
    assert int(figures["double"]) > 0
    assert code == 0
