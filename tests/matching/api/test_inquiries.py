import pytest

from apps.communication.models import EmailMessage, PhoneCall
from apps.gateway import versions
from apps.patients.models import Patient
from tests.factories.matching import InquiryFactory, RequestFactory, RoundFactory, SearchFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import ask, by_phone, let_out, plan, status_of
from tests.matching.api.conftest import seen

pytestmark = pytest.mark.django_db


def ids(answer):
    return [row["id"] for row in answer.json()["items"]]


def test_list_filters_and_sorts(caller):
    first = InquiryFactory(round=RoundFactory())
    second = InquiryFactory(status="draft", channel="phone")
    assert ids(caller.get("/inquiries")) == [first.pk, second.pk]
    assert ids(caller.get("/inquiries", sort="-id", limit=1)) == [second.pk]
    assert ids(caller.get("/inquiries", sort="updated_at")) == [first.pk, second.pk]
    assert ids(caller.get("/inquiries", status="draft")) == [second.pk]
    assert ids(caller.get("/inquiries", channel="phone")) == [second.pk]
    assert ids(caller.get("/inquiries", therapist_id=first.therapist_id)) == [first.pk]
    assert ids(caller.get("/inquiries", round_id=first.round_id)) == [first.pk]


def test_list_counts_requests_and_tells_of_nobody(caller):
    inquiry = InquiryFactory(status="answered")
    for status in ("accepted", "rejected", "withdrawn", "dropped"):
        RequestFactory(inquiry=inquiry, status=status)
    (told,) = caller.get("/inquiries").json()["items"]
    counts = (told["request_count"], told["answered_count"], told["accepted_count"])
    assert counts == (3, 2, 1)
    assert seen() == []


def test_list_costs_the_same_for_many_rows(caller, django_assert_num_queries):
    for count in (3, 27):
        for _count in range(count):
            RequestFactory()
        caller.get("/inquiries")
        with django_assert_num_queries(3):
            caller.get("/inquiries")


def test_read_tells_requests_and_contacts(caller):
    inquiry = ask(SearchFactory(), SearchFactory())
    answer = caller.get(f"/inquiries/{inquiry.pk}")
    told = answer.json()
    assert answer["ETag"] == versions.etag(inquiry)
    assert [row["status"] for row in told["requests"]] == ["sent", "sent"]
    email = EmailMessage.objects.get(kind="inquiry")
    requests = [row["id"] for row in told["requests"]]
    assert told["contacts"] == [{"email_id": email.pk, "call_id": None, "request_ids": requests}]
    assert {patient for patient, _purpose, _who in seen()} == {row["patient_id"] for row in told["requests"]}


def test_read_names_no_patient(caller):
    inquiry = plan(SearchFactory())
    text = caller.get(f"/inquiries/{inquiry.pk}").text
    patient = Patient.objects.get()
    assert patient.case_code in text
    for secret in (patient.first_name, patient.last_name, patient.diagnosis, patient.kvnr):
        assert secret not in text


def test_release_queues_the_letter(caller):
    inquiry = plan(SearchFactory())
    told = caller.post(f"/inquiries/{inquiry.pk}/release").json()
    assert told == {"released": [inquiry.pk], "refused": []}
    assert EmailMessage.objects.filter(kind="inquiry", status="queued").count() == 1
    assert caller.get(f"/inquiries/{inquiry.pk}").json()["released_by"] == "Website"


def test_release_twice_is_stale(caller):
    inquiry = let_out(SearchFactory())
    answer = caller.post(f"/inquiries/{inquiry.pk}/release")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:problem:stale")


def test_release_drops_what_no_longer_fits(caller):
    search, other = SearchFactory(), SearchFactory()
    inquiry = plan(search, other)
    Patient.objects.filter(pk=search.patient_id).update(diagnosis="", latitude=None, longitude=None)
    told = caller.post(f"/inquiries/{inquiry.pk}/release").json()
    assert told["released"] == [inquiry.pk]
    assert status_of(*inquiry.requests.order_by("id")) == ["dropped", "released"]


def test_release_of_nothing_that_fits_is_told_and_kept(caller):
    search = SearchFactory()
    inquiry = plan(search)
    Patient.objects.filter(pk=search.patient_id).update(latitude=None, longitude=None)
    told = caller.post(f"/inquiries/{inquiry.pk}/release").json()
    (refused,) = told["refused"]
    assert (told["released"], refused["inquiry_id"], refused["reference"]) == (
        *([], inquiry.pk, inquiry.reference),
    )
    assert status_of(inquiry) == ["cancelled"]


def test_cancel_takes_letter_and_requests_back(caller):
    inquiry = let_out(SearchFactory())
    told = caller.post(f"/inquiries/{inquiry.pk}/cancel", {"reason": "called already"}).json()
    assert (told["status"], [row["status"] for row in told["requests"]]) == ("cancelled", ["withdrawn"])
    assert [email.status for email in EmailMessage.objects.all()] == ["cancelled"]


def test_cancel_takes_a_planned_call_back(caller):
    inquiry = let_out(SearchFactory(), therapist=by_phone())
    caller.post(f"/inquiries/{inquiry.pk}/cancel", {"reason": "called already"})
    assert [call.status for call in PhoneCall.objects.all()] == ["cancelled"]


def test_cancel_of_the_last_draft_ends_the_round(caller):
    SearchFactory()
    TherapistFactory()
    round_id = caller.post("/rounds").json()["id"]
    (inquiry_id,) = ids(caller.get("/inquiries", round_id=round_id))
    caller.post(f"/inquiries/{inquiry_id}/cancel", {"reason": "not this week"})
    assert caller.get(f"/rounds/{round_id}").json()["status"] == "discarded"


def test_cancel_after_the_letter_went_out_is_too_late(caller):
    inquiry = ask(SearchFactory())
    assert caller.post(f"/inquiries/{inquiry.pk}/cancel", {"reason": "x"}).status_code == 409
    assert status_of(inquiry) == ["sent"]
