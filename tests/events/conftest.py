from collections.abc import Iterator

import pytest

from apps.events import catalogue
from apps.events.catalogue import EventType
from apps.events.schema import one_of

PAYLOAD = {"from": one_of("ac", "The state before"), "to": one_of("b", "The state from now on")}


@pytest.fixture
def registries(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One declared type nobody listens to, and room for subscribers of the test alone."""
    types = {"test.happened": EventType("test.happened", "tests", "Something", "a thing", PAYLOAD, 3)}
    monkeypatch.setattr(catalogue, "type_registry", types)
    catalogue_of_subscribers = dict(catalogue.subscriber_registry)
    catalogue.subscriber_registry.clear()
    yield
    catalogue.subscriber_registry.clear()
    catalogue.subscriber_registry.update(catalogue_of_subscribers)
