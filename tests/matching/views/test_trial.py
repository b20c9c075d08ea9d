import pytest
from django.test import Client
from django.urls import reverse

from apps.matching.enums import SearchStatus
from apps.matching.models import PlacementRequest, TherapistExclusion, TrialSession
from apps.patients.enums import Purpose
from tests.factories.matching import RequestFactory, SearchFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def accepted() -> PlacementRequest:
    return RequestFactory(status="accepted", search__status="trial")


def url(name: str, row: PlacementRequest) -> str:
    return reverse(f"matching:{name}", args=[row.pk])


def reloaded(row: PlacementRequest) -> PlacementRequest:
    return PlacementRequest.objects.select_related("search__patient").get(pk=row.pk)


def test_identity_is_released_after_a_preview(coordinator_client: Client, accepted: PlacementRequest) -> None:
    coordinator_client.get(url("release_identity", accepted))
    assert reloaded(accepted).identity_released_at is None
    coordinator_client.post(url("release_identity", accepted))
    first = reloaded(accepted).identity_released_at
    assert first is not None
    coordinator_client.post(url("release_identity", accepted))
    assert reloaded(accepted).identity_released_at == first


def test_identity_stays_without_consent(coordinator_client: Client) -> None:
    search = SearchFactory(status="trial", patient__consents=[Purpose.HEALTH_DATA, Purpose.PSEUDONYMOUS])
    row = RequestFactory(status="accepted", search=search)
    page = coordinator_client.get(row.inquiry.get_absolute_url()).content.decode()
    assert url("release_identity", row) not in page
    assert coordinator_client.post(url("release_identity", row)).status_code == 409
    assert reloaded(row).identity_released_at is None


def test_session_is_noted_once(coordinator_client: Client, accepted: PlacementRequest) -> None:
    data = {f"session-{accepted.pk}-planned_at": "2026-11-30T10:00"}
    for _click in range(2):
        assert coordinator_client.post(url("plan_session", accepted), data).status_code == 302
    session = TrialSession.objects.get()
    assert session.planned_at.isoformat() == "2026-11-30T09:00:00+00:00"
    outcome = reverse("matching:record_session", args=[session.pk])
    coordinator_client.post(outcome, {"outcome": "no_show"})
    session.refresh_from_db()
    assert session.outcome == "no_show"
    assert coordinator_client.post(outcome, {"outcome": "nonsense"}).status_code == 409


def test_session_without_a_day_is_refused(coordinator_client: Client, accepted: PlacementRequest) -> None:
    assert coordinator_client.post(url("plan_session", accepted), {}).status_code == 409
    assert not TrialSession.objects.exists()


def test_confirmed_place_ends_the_search_and_can_be_undone(
    coordinator_client: Client, accepted: PlacementRequest
) -> None:
    assert coordinator_client.get(url("confirm", accepted)).status_code == 200
    coordinator_client.post(url("confirm", accepted))
    row = reloaded(accepted)
    assert (row.status, row.search.status, row.search.patient.status) == ("confirmed", "placed", "in_therapy")
    assert coordinator_client.post(url("confirm", accepted)).status_code == 409
    coordinator_client.post(url("undo_confirm", accepted), {"reason": "wrong patient"})
    row = reloaded(accepted)
    assert (row.status, row.search.status, row.search.patient.status) == ("accepted", "trial", "searching")


def test_did_not_fit_lets_the_search_go_on(coordinator_client: Client, accepted: PlacementRequest) -> None:
    empty = coordinator_client.post(url("did_not_fit", accepted), {"reason": ""})
    assert empty.context["form"].errors.keys() == {"reason"}
    coordinator_client.post(url("did_not_fit", accepted), {"reason": "no rapport"})
    row = reloaded(accepted)
    assert (row.status, row.search.status) == ("not_fitting", SearchStatus.ACTIVE)
    assert TherapistExclusion.objects.get().reason == "no rapport"
    assert coordinator_client.post(url("did_not_fit", accepted), {"reason": "again"}).status_code == 409
