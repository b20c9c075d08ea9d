"""How large the benchmark worlds are, and on which day they live."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

VERSION = 1  # of the generator: another number fills the databases anew
SEED = 7
TODAY = date(2026, 11, 23)  # a Monday
AT = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Europe/Berlin"))


@dataclass(frozen=True)
class Size:
    name: str
    therapists: int
    searches: int

    @property
    def database(self) -> str:
        return f"bench_matching_{self.name}"


SIZES = {
    size.name: size
    for size in (
        Size("tiny", 300, 80),
        Size("small", 2_000, 500),
        Size("mid", 10_000, 2_000),
        Size("full", 40_000, 10_000),
    )
}
