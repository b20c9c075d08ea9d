"""Reads the word lists in this folder, each once."""

import csv
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import apps.geocoding

HERE = Path(__file__).parent
GEOCODING_DATA = Path(apps.geocoding.__file__).parent / "data"


@cache
def table(name: str, folder: Path = HERE) -> list[dict[str, str]]:
    """Rows of `<name>.csv` by column name."""
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def document(name: str) -> dict[str, Any]:
    """Content of `<name>.toml`."""
    return tomllib.loads((HERE / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def lines(name: str) -> list[str]:
    """Lines of `<name>.txt`."""
    return (HERE / f"{name}.txt").read_text(encoding="utf-8").splitlines()


@cache
def words(name: str, *path: str) -> list[str]:
    """A list kept as one string in `<name>.toml`, separated by commas or else by blanks."""
    value = document(name)
    for key in path:
        value = value[key]
    text = str(value)
    return text.split(",") if "," in text else text.split()
