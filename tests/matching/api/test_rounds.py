import pytest

from apps.matching.models import Inquiry, Round
from apps.patients.models import Patient
from tests.factories.matching import RoundFactory, SearchFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import status_of
from tests.matching.api.conftest import seen

pytestmark = pytest.mark.django_db


@pytest.fixture
def round_(caller):
    for _count in range(2):
        SearchFactory()
        TherapistFactory()
    answer = caller.post("/rounds")
    assert answer.status_code == 201
    return Round.objects.get()


def test_plan_is_a_draft_and_sends_nothing(caller, round_):
    told = caller.get(f"/rounds/{round_.pk}").json()
    assert told["status"] == "draft"
    counts = ("inquiry_count", "draft_count", "request_count", "asked_search_count", "searches_count")
    assert [told[name] for name in counts] == [2, 2, 4, 2, 2]
    assert set(Inquiry.objects.values_list("status", flat=True)) == {"draft"}
    assert round_.created_by.username == "api:Website"


def test_plan_while_a_draft_waits_is_refused(caller, round_):
    assert caller.post("/rounds").status_code == 409


def test_list_of_rounds(caller):
    old, new = RoundFactory(status="released"), RoundFactory()
    rows = caller.get("/rounds", sort="-id").json()["items"]
    assert [row["id"] for row in rows] == [new.pk, old.pk]
    assert [row["id"] for row in caller.get("/rounds", status="draft").json()["items"]] == [new.pk]


def test_lines_tell_why_they_were_planned(caller, round_):
    first = caller.get(f"/rounds/{round_.pk}/lines", limit=3, sort="inquiry").json()
    second = caller.get(f"/rounds/{round_.pk}/lines", limit=3, sort="inquiry", cursor=first["next"]).json()
    rows = [*first["items"], *second["items"]]
    assert len({row["id"] for row in rows}) == 4
    assert {row["inquiry_status"] for row in rows} == {"draft"}
    assert all(row["plan"]["reasons"] for row in rows)
    assert all(row["plan"]["chance_after"] > row["plan"]["chance_before"] for row in rows)
    assert {purpose for _patient, purpose, _who in seen()} == {"API: list_round_lines"}
    assert {patient for patient, _purpose, _who in seen()} == {row["patient_id"] for row in rows}


def test_lines_cost_the_same_for_many(caller, django_assert_num_queries):
    for _count in range(12):
        SearchFactory()
    for _count in range(6):
        TherapistFactory()
    round_id = caller.post("/rounds").json()["id"]
    for limit in (3, 30):
        with django_assert_num_queries(5):
            answer = caller.get(f"/rounds/{round_id}/lines", limit=limit)
        assert len(answer.json()["items"]) == limit


def test_release_of_parts_leaves_the_rest(caller, round_):
    first, second = round_.inquiries.order_by("id")
    told = caller.post(f"/rounds/{round_.pk}/release", {"inquiry_ids": [first.pk]}).json()
    assert told == {"released": [first.pk], "refused": []}
    assert status_of(first, second, round_) == ["released", "draft", "draft"]
    caller.post(f"/rounds/{round_.pk}/release")
    assert status_of(first, second, round_) == ["released", "released", "released"]


def test_release_looks_at_every_line_again(caller, round_):
    search = SearchFactory._meta.model.objects.order_by("id").first()
    Patient.objects.filter(pk=search.patient_id).update(latitude=None, longitude=None)
    caller.post(f"/rounds/{round_.pk}/release")
    states = search.requests.values_list("status", flat=True)
    assert set(states) == {"dropped"}


def test_release_of_a_closed_round_is_stale(caller, round_):
    caller.post(f"/rounds/{round_.pk}/release")
    answer = caller.post(f"/rounds/{round_.pk}/release")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:problem:stale")


def test_one_refused_inquiry_does_not_stop_the_others(caller, round_):
    first, second = round_.inquiries.order_by("id")
    first.therapist.status = "inactive"
    first.therapist.save(update_fields=["status"])
    told = caller.post(f"/rounds/{round_.pk}/release").json()
    assert told["released"] == [second.pk]
    assert [row["inquiry_id"] for row in told["refused"]] == [first.pk]


def test_discard_throws_the_draft_away(caller, round_):
    assert caller.post(f"/rounds/{round_.pk}/discard").json()["status"] == "discarded"
    assert set(Inquiry.objects.values_list("status", flat=True)) == {"cancelled"}
    assert caller.post(f"/rounds/{round_.pk}/discard").status_code == 409


def test_unplanned_tells_what_blocks(caller):
    therapist = TherapistFactory(wished_diagnoses=["F32"])
    SearchFactory()
    blocked = SearchFactory(patient__diagnosis="F20.0")
    round_id = caller.post("/rounds").json()["id"]
    told = caller.get(f"/rounds/{round_id}/unplanned").json()
    (row,) = told["searches"]
    assert (told["count"], row["search_id"]) == (1, blocked.pk)
    assert row["reason"]["code"] == "no_candidate"
    assert row["blocked_by"]["code"] == "diagnosis_not_wished"
    assert row["blocked_by"]["sentence"] != ""
    assert seen() == [(blocked.patient_id, "API: list_unplanned", "api:Website")]
    assert therapist.inquiries.count() == 1


def test_unplanned_is_a_code_without_health(caller, plain_caller):
    TherapistFactory(wished_diagnoses=["F32"])
    SearchFactory()
    SearchFactory(patient__diagnosis="F20.0")
    round_id = caller.post("/rounds").json()["id"]
    (row,) = plain_caller.get(f"/rounds/{round_id}/unplanned").json()["searches"]
    assert row["blocked_by"] == {"code": "diagnosis_not_wished", "sentence": ""}
