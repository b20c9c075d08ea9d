from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine

from apps.accounts.models import User
from apps.matching.models import PlacementSearch, RefusalEvidence
from apps.matching.services import evidence as services
from apps.matching.services.evidence import Stated
from tests.factories.matching import SearchFactory
from tests.matching.evidence.histories import FIRST, LAST


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[None]:
    with time_machine.travel(at, tick=False):
        yield


@pytest.fixture
def search(db: None) -> PlacementSearch:
    return SearchFactory(patient__first_name="Łukasz", patient__last_name="Şahin-Özdemir")


@pytest.fixture
def draft(search: PlacementSearch, coordinator: User, at: datetime) -> RefusalEvidence:
    stated = Stated(period_from=FIRST, period_to=LAST)
    return services.create(patient=search.patient, stated=stated, actor=coordinator, at=at)
