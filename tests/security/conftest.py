from datetime import date, datetime

import pytest
import time_machine
from django.test import Client

from apps.accounts.models import User
from apps.workspace.demo.mailserver import CatchingHandler
from tests.security.world import World, build


@pytest.fixture
def world(mailbox: CatchingHandler, coordinator: User, manager: User, at: datetime, today: date) -> World:
    with time_machine.travel(at, tick=False):
        return build(coordinator=coordinator, manager=manager, at=at, today=today)


@pytest.fixture
def signed_in(world: World, at: datetime) -> Client:
    """The manager, with the password just confirmed: also the pages of the second factor open."""
    from tests.conftest import PASSWORD

    client = Client()
    with time_machine.travel(at, tick=False):
        client.post("/accounts/login/", {"login": "manager", "password": PASSWORD})
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client
