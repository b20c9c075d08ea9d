from collections.abc import Iterator

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def fresh_throttle() -> Iterator[None]:
    """Failed logins are counted in the cache: every test begins and ends without any."""
    cache.clear()
    yield
    cache.clear()
