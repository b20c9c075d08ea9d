import pytest

from apps.core.errors import StaleState
from apps.matching.enums import ExclusionSource
from apps.matching.models import TherapistExclusion
from apps.matching.services import searches
from tests.factories.matching import RequestFactory, SearchFactory, SessionFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import AT, fresh, status_of
from tests.matching.api.conftest import seen

pytestmark = pytest.mark.django_db


def test_pause_takes_unsent_requests_out(caller):
    request = RequestFactory(status="planned")
    answer = caller.post(f"/searches/{request.search_id}/pause", {"reason": "holiday", "until": "2026-12-01"})
    told = answer.json()
    assert (told["status"], told["paused_from"], told["paused_until"], told["pause_reason"]) == (
        *("paused", "2026-11-23", "2026-12-01", "holiday"),
    )
    assert status_of(request) == ["dropped"]
    assert seen() == [(request.patient_id, "API: pause_search", "api:Website")]


def test_pause_of_the_future_is_noted(caller):
    search = SearchFactory()
    body = {"reason": "holiday", "paused_from": "2026-12-01", "until": "2026-12-10"}
    told = caller.post(f"/searches/{search.pk}/pause", body).json()
    assert (told["status"], told["paused_from"]) == ("active", "2026-12-01")


@pytest.mark.parametrize(
    ("body", "status", "paths"),
    [
        ({}, 422, ["reason"]),
        ({"reason": ""}, 422, ["reason"]),
        ({"reason": "  "}, 409, []),
        ({"reason": "x", "until": "2026-11-22"}, 409, []),
        ({"reason": "x", "until": "9999-12-31"}, 422, ["until"]),
        ({"reason": "x", "until": 5}, 422, ["until"]),
        ({"reason": "a\x00"}, 422, ["reason"]),
    ],
)
def test_pause_refuses_nonsense(caller, body, status, paths):
    search = SearchFactory()
    answer = caller.post(f"/searches/{search.pk}/pause", body)
    assert answer.status_code == status
    assert [error["path"] for error in answer.json()["errors"]] == paths
    assert status_of(search) == ["active"]


def test_resume_ends_a_pause(caller):
    search = SearchFactory(paused=True)
    assert caller.post(f"/searches/{search.pk}/resume").json()["status"] == "active"
    assert caller.post(f"/searches/{search.pk}/resume").status_code == 409


def test_resume_does_not_end_trial_sessions(caller):
    search = SessionFactory().request.search
    assert caller.post(f"/searches/{search.pk}/resume").status_code == 409
    with pytest.raises(StaleState):
        searches.resume(search=search, actor=None, at=AT)
    assert status_of(search) == ["trial"]


def test_cancel_and_undo(caller):
    request = RequestFactory()
    search = request.search
    assert caller.post(f"/searches/{search.pk}/cancel", {"reason": "moved"}).json()["status"] == "cancelled"
    assert status_of(request, search.patient) == ["withdrawn", "search_cancelled"]
    assert caller.post(f"/searches/{search.pk}/undo-cancel").json()["status"] == "active"
    assert caller.post(f"/searches/{search.pk}/undo-cancel").status_code == 409


def test_exclude_and_include_again(caller):
    search, therapist = SearchFactory(), TherapistFactory()
    body = {"therapist_id": therapist.pk, "source": "patient", "reason": "knows them"}
    path = f"/searches/{search.pk}/exclusions"
    (told,) = caller.post(path, body).json()["exclusions"]
    assert (told["therapist_id"], told["source"], told["reason"]) == (therapist.pk, "patient", "knows them")
    assert caller.get(path).json()["exclusions"] == [told]
    assert caller.delete(f"{path}/{therapist.pk}").json() == {"exclusions": []}
    assert caller.delete(f"{path}/{therapist.pk}").json() == {"exclusions": []}


def test_exclusion_that_follows_from_an_answer_stays(caller):
    search, therapist = SearchFactory(), TherapistFactory()
    TherapistExclusion.objects.create(
        patient=search.patient, therapist=therapist, source=ExclusionSource.NOT_SUITABLE
    )
    assert caller.delete(f"/searches/{search.pk}/exclusions/{therapist.pk}").status_code == 409
    assert TherapistExclusion.objects.count() == 1


def test_exclusion_names_wrong_fields(caller):
    search = SearchFactory()
    body = {"therapist_id": 999_999, "source": "patient", "reason": "x"}
    answer = caller.post(f"/searches/{search.pk}/exclusions", body)
    assert [error["path"] for error in answer.json()["errors"]] == ["therapist_id"]
    body["source"] = "not_suitable"
    answer = caller.post(f"/searches/{search.pk}/exclusions", body)
    assert [error["path"] for error in answer.json()["errors"]] == ["source"]


def test_reason_of_an_exclusion_is_empty_without_health(plain_caller):
    search, therapist = SearchFactory(), TherapistFactory()
    TherapistExclusion.objects.create(
        patient=search.patient, therapist=therapist, source="patient", reason="was there for anxiety"
    )
    (told,) = plain_caller.get(f"/searches/{search.pk}/exclusions").json()["exclusions"]
    assert (told["source"], told["reason"]) == ("patient", "")


def test_refused_act_leaves_no_trace(caller):
    search = SessionFactory().request.search
    caller.post(f"/searches/{search.pk}/cancel", {"reason": "moved"})
    assert fresh(search).history.count() == 0
    assert seen() == []
