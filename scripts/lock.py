"""Pin requirements/*.in with hashes, for every platform and without naming any package index.

uv.lock and pylock.toml are not used: both carry download addresses.

    scripts/lock.py            take the newest versions that fit
    scripts/lock.py --check    only look whether the present files keep the rules
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from setup import ROOT, UV_FOLDER, uv_environment

REQUIREMENTS = Path("requirements")  # relative, because uv writes it into its comments
OPTIONS = [
    "--universal",
    "--python-version",
    "3.11",
    "--generate-hashes",
    "--no-header",
    "--upgrade",
    "--quiet",
]


def main(arguments: list[str]) -> int:
    if arguments != ["--check"]:
        lock_all()
    problems = lock_problems()
    print("".join(f"{problem}\n" for problem in problems), end="")
    return 1 if problems else 0


def lock_all() -> None:
    lock(REQUIREMENTS / "prod.in", "prod")
    lock(REQUIREMENTS / "kafka.in", "kafka")
    lock(REQUIREMENTS / "dev.in", "dev")
    lock(REQUIREMENTS / "bench.in", "bench")
    with tempfile.NamedTemporaryFile("w", suffix=".in") as source:
        source.write("uv\n")
        source.flush()
        lock(Path(source.name), "uv", "--no-annotate")


def lock(source: Path, name: str, *more: str) -> None:
    target = REQUIREMENTS / f"{name}.txt"
    # pip's side indexes and wheel folders may hold one platform's files; their hashes lock out the others.
    environment = uv_environment(leave_out=("extra-index-url", "find-links"))
    command = [UV_FOLDER / "bin" / "uv", "pip", "compile", *OPTIONS, *more, "--output-file", target, source]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    print(f"Wrote {target}")


def lock_problems() -> list[str]:
    """What is wrong with requirements/*.txt, one sentence each."""
    names = ("prod", "kafka", "dev", "bench", "uv")
    texts = {name: (ROOT / REQUIREMENTS / f"{name}.txt").read_text() for name in names}
    missing = _pins(texts["prod"]) - _pins(texts["dev"])
    problems = [
        f"dev.txt lacks prod.txt's {pin}: tests would not run what is shipped." for pin in sorted(missing)
    ]
    for name, text in texts.items():
        if "://" in text:
            problems.append(f"{name}.txt names an address.")
        if any("--hash=" not in entry for entry in _entries(text)):
            problems.append(f"{name}.txt has a line without a hash.")
    return problems


def _entries(text: str) -> list[str]:
    """One logical line per package: `name==version ; marker --hash=… --hash=…`."""
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    return "\n".join(lines).replace("\\\n", " ").splitlines()


def _pins(text: str) -> set[str]:
    return {entry.split()[0] for entry in _entries(text)}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
