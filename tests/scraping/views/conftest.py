from collections.abc import Callable
from datetime import datetime

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.factories.import_world import Imported, imported

Show = Callable[..., str]


@pytest.fixture
def world(db: None, at: datetime) -> Imported:
    return imported(at=at)


@pytest.fixture
def show() -> Show:
    """The text of a page in English, blanks joined."""

    def text(client: Client, url: str, **query: str) -> str:
        response = client.get(url, query, headers={"Accept-Language": "en"})
        assert response.status_code == 200
        return words(response)

    return text


def words(response: HttpResponse) -> str:
    return " ".join(response.content.decode().split())
