from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from apps.communication.enums import CallOutcome, CallPurpose, CallStatus
from apps.communication.models import PhoneCall
from apps.matching.enums import InquiryStatus, RequestStatus
from apps.matching.models import InquiryContact, PlacementRequest
from tests.communication.rows import call_at, steps
from tests.factories.matching import InquiryFactory, RequestFactory
from tests.factories.therapists import TherapistFactory
from tests.gateway.asking import HEALTH, get, ids, looks, patch, paths, post

pytestmark = pytest.mark.django_db

READ, WRITE = "calls:read", "calls:write"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def monday(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    """The endpoints read the clock; phone hours and holidays depend on the day."""
    monkeypatch.setattr("apps.communication.api.calls.timezone", SimpleNamespace(now=lambda: at))


@pytest.fixture
def call(at: datetime) -> PhoneCall:
    return call_at(at + HOUR)


def moment(value: str) -> datetime:
    return datetime.fromisoformat(value)


def tag(client: Any, call: PhoneCall) -> str:
    return str(get(client, f"/calls/{call.pk}")["ETag"])


def test_list_shows_calls_without_notes(calling, call):
    PhoneCall.objects.update(note="sprach von Angst")
    response = get(calling(READ, HEALTH), "/calls")
    (item,) = response.json()["items"]
    assert (item["id"], item["status"], item["purpose"]) == (call.pk, "planned", "first_contact")
    assert (item["therapist_name"], item["phone"]) == (call.therapist.full_name, "+493410000001")
    assert (item["outcome"], item["inquiry_id"]) == ("", None)
    assert "note" not in item


def test_list_is_narrowed_down_by_each_filter(calling, at, coordinator):
    soon = call_at(at + HOUR, coordinator=coordinator)
    late = call_at(at + 3 * HOUR, purpose=CallPurpose.FOLLOW_UP)
    made = call_at(at - HOUR, status=CallStatus.DONE, outcome=CallOutcome.REACHED, done_at=at)
    client = calling(READ)
    assert ids(get(client, "/calls", status="planned")) == [soon.pk, late.pk]
    assert ids(get(client, "/calls", purpose="follow_up")) == [late.pk]
    assert ids(get(client, "/calls", coordinator_id=coordinator.pk)) == [soon.pk]
    assert ids(get(client, "/calls", therapist_id=late.therapist_id)) == [late.pk]
    assert ids(get(client, "/calls", due_before=(at + 2 * HOUR).isoformat())) == [soon.pk, made.pk]
    assert ids(get(client, "/calls", since=at.isoformat())) == [soon.pk, late.pk]
    assert ids(get(client, "/calls", sort="starts_at")) == [made.pk, soon.pk, late.pk]


def test_list_costs_the_same_for_3_and_for_30(
    calling, at, django_assert_num_queries, django_assert_max_num_queries
):
    client = calling(READ)
    for number in range(3):
        call_at(at + number * HOUR)
    get(client, "/calls")  # the first look notes that the token is used
    with django_assert_max_num_queries(10) as few:
        get(client, "/calls")
    for number in range(3, 30):
        call_at(at + number * HOUR)
    with django_assert_num_queries(len(few)):
        assert len(ids(get(client, "/calls"))) == 30


@pytest.mark.parametrize(("scopes", "note"), [((READ, HEALTH), "sprach von Angst"), ((READ,), None)])
def test_note_is_for_who_may_read_health_data(calling, call, scopes, note):
    PhoneCall.objects.update(note="sprach von Angst")
    assert get(calling(*scopes), f"/calls/{call.pk}").json()["note"] == note


def test_call_is_planned_in_the_phone_hours(calling, at, coordinator):
    therapist = TherapistFactory(phone_hours=[(2, 12 * 60, 13 * 60)])
    response = post(calling(WRITE), "/calls", {"therapist_id": therapist.pk, "purpose": "follow_up"})
    call = PhoneCall.objects.get()
    assert response.status_code == 201
    assert response["Location"] == f"/api/v1/calls/{call.pk}"
    assert moment(response.json()["starts_at"]) == at + timedelta(days=2, hours=3)
    assert response.json()["coordinator_id"] == coordinator.pk
    assert steps(call) == [("", "planned")]


def test_call_is_planned_at_an_agreed_moment(calling, at):
    data = {"therapist_id": TherapistFactory().pk, "purpose": "follow_up", "minutes": 10}
    response = post(calling(WRITE), "/calls", {**data, "starts_at": (at + HOUR).isoformat()})
    told = response.json()
    assert (moment(told["starts_at"]), moment(told["ends_at"])) == (
        at + HOUR,
        at + HOUR + timedelta(minutes=10),
    )


def test_repeated_planning_with_one_key_plans_once(calling):
    data = {"therapist_id": TherapistFactory().pk, "purpose": "follow_up"}
    client = calling(WRITE)
    first = post(client, "/calls", data, **{"Idempotency-Key": "call-1"})
    second = post(client, "/calls", data, **{"Idempotency-Key": "call-1"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert PhoneCall.objects.count() == 1


def test_therapist_who_objected_is_not_called(calling, at):
    therapist = TherapistFactory(do_not_contact_since=at)
    response = post(calling(WRITE), "/calls", {"therapist_id": therapist.pk, "purpose": "follow_up"})
    assert (response.status_code, PhoneCall.objects.count()) == (409, 0)


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"therapist_id": 999999}, ["therapist_id"]),
        ({"purpose": "chat"}, ["purpose"]),
        ({"coordinator_id": 999999}, ["coordinator_id"]),
        ({"minutes": 0}, ["minutes"]),
        ({"starts_at": "2026-11-23T10:00:00"}, ["starts_at"]),
        ({"starts_at": "0001-01-01T00:00:00+00:00"}, ["starts_at"]),
        ({"starts_at": "2026-11-24T10:00:00Z", "not_before": "2026-11-24T10:00:00Z"}, [""]),
    ],
)
def test_faulty_plan_is_refused_by_field(calling, wrong, where):
    data = {"therapist_id": TherapistFactory().pk, "purpose": "follow_up", **wrong}
    assert paths(post(calling(WRITE), "/calls", data)) == where


def test_call_is_moved_to_another_moment(calling, call, at, coordinator):
    client = calling(READ, WRITE)
    data = {"starts_at": (at + 2 * HOUR).isoformat(), "coordinator_id": coordinator.pk, "reason": "asked for"}
    response = patch(client, f"/calls/{call.pk}", data, **{"If-Match": tag(client, call)})
    told = response.json()
    assert response.status_code == 200
    assert (moment(told["starts_at"]), told["coordinator_id"]) == (at + 2 * HOUR, coordinator.pk)
    assert moment(told["ends_at"]) == at + 2 * HOUR + timedelta(minutes=5)
    assert steps(call) == [("planned", "planned")]
    assert response["ETag"] == tag(client, call)


def test_what_is_left_out_of_a_change_stays(calling, at, coordinator):
    call, client = call_at(at + HOUR, coordinator=coordinator), calling(READ, WRITE)
    response = patch(client, f"/calls/{call.pk}", {"minutes": 15}, **{"If-Match": tag(client, call)})
    call.refresh_from_db()
    assert response.status_code == 200
    assert (call.starts_at, call.ends_at) == (at + HOUR, at + HOUR + timedelta(minutes=15))
    assert call.coordinator == coordinator
    patch(client, f"/calls/{call.pk}", {"coordinator_id": None}, **{"If-Match": tag(client, call)})
    call.refresh_from_db()
    assert call.coordinator is None


def test_change_needs_the_version_that_was_read(calling, call):
    client = calling(READ, WRITE)
    seen = tag(client, call)
    assert patch(client, f"/calls/{call.pk}", {"minutes": 9}).status_code == 428
    assert patch(client, f"/calls/{call.pk}", {"minutes": 9}, **{"If-Match": seen}).status_code == 200
    assert patch(client, f"/calls/{call.pk}", {"minutes": 8}, **{"If-Match": seen}).status_code == 412


@pytest.mark.parametrize("starts_at", ["2026-11-23T08:00:00+01:00", "2026-11-29T10:00:00+01:00"])
def test_call_is_not_moved_to_the_past_nor_to_a_sunday(calling, call, at, starts_at):
    client = calling(READ, WRITE)
    response = patch(client, f"/calls/{call.pk}", {"starts_at": starts_at}, **{"If-Match": tag(client, call)})
    call.refresh_from_db()
    assert (response.status_code, call.starts_at) == (409, at + HOUR)


def test_call_is_not_moved_onto_another_one(calling, call, at):
    call_at(at + 3 * HOUR, therapist=call.therapist)
    client = calling(READ, WRITE)
    data = {"starts_at": (at + 3 * HOUR).isoformat()}
    response = patch(client, f"/calls/{call.pk}", data, **{"If-Match": tag(client, call)})
    assert (response.status_code, response.json()["type"]) == (409, "urn:problem:refused")


def test_call_is_taken_and_given_back(calling, call, at):
    client, other = calling(WRITE, name="Telephones"), calling(WRITE, name="Other")
    told = post(client, f"/calls/{call.pk}/take").json()
    call.refresh_from_db()
    assert (told["taken_by_id"], moment(told["taken_at"])) == (call.taken_by_id, at)
    assert post(other, f"/calls/{call.pk}/take").status_code == 409
    assert post(other, f"/calls/{call.pk}/complete", {"outcome": "reached"}).status_code == 409
    assert post(client, f"/calls/{call.pk}/give-back").json()["taken_by_id"] is None
    assert post(client, f"/calls/{call.pk}/give-back").status_code == 409


def test_most_urgent_call_is_taken(calling, at):
    waiting = call_at(at - HOUR, therapist=TherapistFactory(phone_hours=[(0, 8 * 60, 12 * 60)]))
    client = calling(WRITE, name="Telephones")
    assert post(client, "/calls/take-next").json()["call"]["id"] == waiting.pk
    assert post(calling(WRITE, name="Other"), "/calls/take-next").json() == {"call": None}


def test_next_call_may_be_that_of_a_coordinator(calling, at, coordinator):
    hours = [(0, 8 * 60, 12 * 60)]
    call_at(at - HOUR, therapist=TherapistFactory(phone_hours=hours))
    theirs = call_at(at, therapist=TherapistFactory(phone_hours=hours), coordinator=coordinator)
    told = post(calling(WRITE), "/calls/take-next", {"coordinator_id": coordinator.pk}).json()
    assert told["call"]["id"] == theirs.pk


def test_outcome_is_recorded(calling, call, at):
    client = calling(WRITE, HEALTH, name="Telephones")
    response = post(client, f"/calls/{call.pk}/complete", {"outcome": "reached", "note": "sprach von Angst"})
    told = response.json()
    assert (told["status"], told["outcome"], moment(told["done_at"])) == ("done", "reached", at)
    assert told["note"] == "sprach von Angst"
    assert told["history"][-1]["actor"] == "Telephones"
    assert post(client, f"/calls/{call.pk}/complete", {"outcome": "reached"}).status_code == 409


def test_call_back_needs_its_moment_and_nothing_else_has_one(calling, call, at):
    client, later = calling(WRITE), (at + HOUR).isoformat()
    path = f"/calls/{call.pk}/complete"
    assert paths(post(client, path, {"outcome": "call_back"})) == ["call_back_at"]
    assert paths(post(client, path, {"outcome": "reached", "call_back_at": later})) == ["call_back_at"]
    call.refresh_from_db()
    assert call.status == CallStatus.PLANNED


def test_call_is_cancelled_with_a_reason(calling, call):
    client = calling(WRITE)
    assert paths(post(client, f"/calls/{call.pk}/cancel")) == ["reason"]
    assert post(client, f"/calls/{call.pk}/cancel", {"reason": "wrong"}).json()["status"] == "cancelled"
    assert post(client, f"/calls/{call.pk}/cancel", {"reason": "wrong"}).status_code == 409
    assert looks() == []


def about_an_inquiry(call: PhoneCall) -> PlacementRequest:
    inquiry = InquiryFactory(therapist=call.therapist, status=InquiryStatus.RELEASED, channel="phone")
    request = RequestFactory(inquiry=inquiry, status=RequestStatus.RELEASED)
    InquiryContact.objects.create(inquiry=inquiry, call=call, request_ids=[request.pk])
    return request


def test_call_about_an_inquiry_in_vain_is_tried_again(calling, call, at):
    request = about_an_inquiry(call)
    response = post(calling(WRITE), f"/calls/{call.pk}/complete", {"outcome": "not_reached"})
    again = PhoneCall.objects.get(status=CallStatus.PLANNED)
    assert response.json()["inquiry_id"] == request.inquiry_id
    assert (again.attempt, again.inquiry_contact.inquiry_id) == (2, request.inquiry_id)
    assert again.starts_at > at + timedelta(hours=12)


def test_call_back_about_an_inquiry_is_planned_at_its_moment(calling, call, at):
    about_an_inquiry(call)
    later = at + timedelta(days=1, hours=5)
    data = {"outcome": "call_back", "call_back_at": later.isoformat()}
    assert post(calling(WRITE), f"/calls/{call.pk}/complete", data).status_code == 200
    assert PhoneCall.objects.get(status=CallStatus.PLANNED).starts_at == later


def test_inquiry_whose_therapist_was_reached_counts_as_asked(calling, call):
    request = about_an_inquiry(call)
    post(calling(WRITE), f"/calls/{call.pk}/complete", {"outcome": "reached"})
    request.refresh_from_db()
    assert request.status == RequestStatus.SENT


def test_note_about_an_inquiry_notes_whom_it_speaks_of(calling, call):
    request = about_an_inquiry(call)
    PhoneCall.objects.update(note="sprach von Angst")
    get(calling(READ), f"/calls/{call.pk}")
    assert looks() == []
    get(calling(READ, HEALTH, name="Telephones"), f"/calls/{call.pk}")
    assert looks() == [("Telephones", request.search.patient_id, "API: read_call")]


@pytest.mark.parametrize("not_before", ["1900-01-01T00:00:00Z", "2199-12-31T00:00:00Z"])
def test_call_far_from_now_is_planned_without_an_error(calling, at, not_before):
    data = {"therapist_id": TherapistFactory().pk, "purpose": "follow_up", "not_before": not_before}
    response = post(calling(WRITE), "/calls", data)
    assert response.status_code == 201
    assert moment(response.json()["starts_at"]) >= max(at, moment(not_before))
