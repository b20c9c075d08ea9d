from datetime import date, datetime

import pytest

from apps.core.parameters import Parameters, current
from apps.matching import facts
from tests.factories.matching import RequestFactory, SearchFactory
from tests.factories.patients import PatientFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def parameters(at: datetime) -> Parameters:
    return current(at=at)


def test_wishes_name_nobody(parameters: Parameters, today: date) -> None:
    search = SearchFactory(patient__last_name="Geheimname")
    told = dict(facts.wishes(search=search, today=today, parameters=parameters))
    assert "Geheimname" not in str(told)
    assert next(iter(told.values())) == "36 Jahre"


def test_previous_therapy_within_the_window_is_flagged(parameters: Parameters, today: date) -> None:
    def previous(last: date) -> str:
        search = SearchFactory(
            patient__has_previous_therapy=True, patient__previous_therapy_last_session_on=last
        )
        return facts.wishes(search=search, today=today, parameters=parameters)[-1][1]

    assert previous(date(2025, 6, 1)) != previous(date(2020, 6, 1)) == "ja"


def test_score_parts_keep_their_order() -> None:
    row = RequestFactory()
    row.refresh_from_db()
    assert list(facts.score_parts(row)) == ["acceptance", "distance", "hours", "email"]


@pytest.mark.parametrize(
    ("distance", "minutes", "limit"), [(20, None, 20.0), (None, None, 25.0), (None, 44, 20.0), (10, 44, 10.0)]
)
def test_limit_is_the_tighter_of_both(
    parameters: Parameters, distance: int | None, minutes: int | None, limit: float
) -> None:
    patient = PatientFactory(max_distance_km=distance, max_travel_minutes=minutes)
    assert facts.limit_km(patient=patient, parameters=parameters) == limit
