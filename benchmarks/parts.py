"""The parts of the benchmarks by name. Each returns flat figures: name → number."""

from collections.abc import Callable
from importlib import import_module

from benchmarks import fill, importing, interactive, mailing, matching, pages
from benchmarks.sizes import SIZES

Figures = dict[str, float]
MEASURED_SIZES = ("small", "mid", "full")


def run_matching(sizes: tuple[str, ...]) -> Figures:
    """All sizes; a single search and the page at the largest one, beside that size's full run."""
    figures: Figures = {}
    for size in sizes:
        figures |= matching.run(size)
    fill.ensure(SIZES[sizes[-1]])
    return figures | interactive.run(figures[f"matching.{sizes[-1]}.seconds"])


def run_pages(sizes: tuple[str, ...]) -> Figures:
    return pages.run(SIZES[sizes[-1]])


def _module(name: str) -> Callable[[tuple[str, ...]], Figures]:
    """A module of this package with `run(size)`, at the largest of the sizes."""
    return lambda sizes: import_module(f"benchmarks.{name}").run(sizes[-1])


PARTS: dict[str, Callable[[tuple[str, ...]], Figures]] = {
    "matching": run_matching,
    "pages": run_pages,
    "import": lambda _sizes: importing.run(),
    "mail": lambda _sizes: mailing.run(),
    "planning": _module("planning"),
    "acceptance": _module("acceptance"),
    "simulation": _module("simulation"),
    "api": _module("api"),
}
