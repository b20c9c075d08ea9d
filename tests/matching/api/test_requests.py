import pytest

from apps.gateway import versions
from apps.matching.models import PlacementRequest
from tests.factories.matching import InquiryFactory, RequestFactory, SearchFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import plan, status_of
from tests.matching.api.conftest import seen

pytestmark = pytest.mark.django_db


def ids(answer):
    return [row["id"] for row in answer.json()["items"]]


def test_list_filters(caller):
    sent, rejected = RequestFactory(), RequestFactory(status="rejected")
    assert ids(caller.get("/requests")) == [sent.pk, rejected.pk]
    assert ids(caller.get("/requests", sort="-updated_at")) == [rejected.pk, sent.pk]
    for name, value in {
        "status": "rejected",
        "search_id": rejected.search_id,
        "patient_id": rejected.patient_id,
        "therapist_id": rejected.therapist_id,
        "inquiry_id": rejected.inquiry_id,
    }.items():
        assert ids(caller.get("/requests", **{name: value})) == [rejected.pk], name


def test_list_tells_answers_and_notes_the_access(caller):
    row = RequestFactory(status="rejected")
    (told,) = caller.get("/requests").json()["items"]
    assert (told["answer_source"], told["rejection_reason"], told["waitlist_until"]) == (
        *("phone", "capacity", None),
    )
    assert seen() == [(row.patient_id, "API: list_requests", "api:Website")]


def test_list_costs_the_same_for_many_rows(caller, django_assert_num_queries):
    for count in (3, 27):
        for _count in range(count):
            RequestFactory()
        caller.get("/requests")
        with django_assert_num_queries(3):
            caller.get("/requests")


def test_read_tells_why_it_was_planned(caller):
    facts = {"rank": 2, "option_count": 7, "waiting_days": 21, "gain": 0.1, "reasons": ["only_option"]}
    row = RequestFactory(plan_facts={**facts, "chance_before": 0.1, "chance_after": 0.3})
    answer = caller.get(f"/requests/{row.pk}")
    told = answer.json()
    assert answer["ETag"] == versions.etag(row)
    assert (told["plan"]["rank"], told["plan"]["chance_after"]) == (2, 0.3)
    assert [reason["code"] for reason in told["plan"]["reasons"]] == ["only_option"]
    assert {part["code"]: part["value"] for part in told["parts"]} == row.score_parts
    assert seen() == [(row.patient_id, "API: read_request", "api:Website")]


def test_note_on_an_answer_is_health(caller, plain_caller):
    row = RequestFactory(status="rejected", answer_note="too ill for group therapy")
    assert caller.get(f"/requests/{row.pk}").json()["answer_note"] == "too ill for group therapy"
    assert plain_caller.get(f"/requests/{row.pk}").json()["answer_note"] == ""


def test_add_fills_the_therapists_draft(caller):
    therapist = TherapistFactory()
    inquiry = plan(SearchFactory(), therapist=therapist)
    search = SearchFactory()
    added = caller.post("/requests", {"search_id": search.pk, "therapist_id": therapist.pk})
    assert added.status_code == 201
    assert added["Location"] == f"/api/v1/requests/{added.json()['id']}"
    assert (added.json()["inquiry_id"], added.json()["status"], added.json()["is_manual"]) == (
        *(inquiry.pk, "planned", True),
    )


def test_add_is_refused_with_reasons(caller):
    search, therapist = SearchFactory(), TherapistFactory(wished_diagnoses=["F20"])
    answer = caller.post("/requests", {"search_id": search.pk, "therapist_id": therapist.pk})
    assert (answer.status_code, answer.json()["detail"] != "") == (409, True)
    assert not PlacementRequest.objects.exists()


@pytest.mark.parametrize("field", ["search_id", "therapist_id"])
def test_add_names_what_is_unknown(caller, field):
    body = {"search_id": SearchFactory().pk, "therapist_id": TherapistFactory().pk} | {field: 999_999}
    answer = caller.post("/requests", body)
    assert (answer.status_code, [error["path"] for error in answer.json()["errors"]]) == (422, [field])


def test_drop_takes_one_line_out(caller):
    therapist = TherapistFactory()
    inquiry = plan(SearchFactory(), SearchFactory(), therapist=therapist)
    first, second = inquiry.requests.order_by("id")
    assert caller.post(f"/requests/{first.pk}/drop").json()["status"] == "dropped"
    assert status_of(second, inquiry) == ["planned", "draft"]
    caller.post(f"/requests/{second.pk}/drop")
    assert status_of(inquiry) == ["cancelled"]


def test_drop_after_the_release_is_too_late(caller):
    row = RequestFactory(status="released", inquiry=InquiryFactory(status="released"))
    answer = caller.post(f"/requests/{row.pk}/drop")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:problem:stale")
