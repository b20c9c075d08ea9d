from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[None]:
    """The Monday morning of `at`: views read the clock."""
    with time_machine.travel(at, tick=False):
        yield
