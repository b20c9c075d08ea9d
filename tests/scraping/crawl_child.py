"""What a crawl's process runs; loaded once by the fork server, so that each of them starts quickly."""

import os
import sys
from pathlib import Path

import django
from django.core.management import execute_from_command_line

django.setup()


def run(arguments: list[str], folder: str) -> None:
    """`manage.py scrape …`, what it prints and complains about in two files."""
    for number, name in ((1, "out"), (2, "err")):
        descriptor = os.open(Path(folder) / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(descriptor, number)
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115  (pytest may have put others in their place)
    sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
    try:
        execute_from_command_line(["manage.py", "scrape", *arguments])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
